"""Whether Redis can be spoken to just now, and whether it is still the one that we wrote to.

While it is away, or cannot write (a full disk), everybody is told so at once instead of waiting for a timeout; one task
tries it until a write succeeds. A server that was started anew, or another one that took its place, may have lost its
tail: each new connection asks who it speaks to. Then, before anybody here reads or writes anything new, what this
process wrote in the last seconds is written again (journal.py), and the others get the time to do the same: GRACE_S
from when the first of them saw the new server.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

from streaming.errors import BusDown
from streaming.journal import Arg, Call, Journal, calls

log = logging.getLogger(__name__)

GRACE_S: Final = 2.0
PROBE_S: Final = 0.1
TOGETHER: Final = 16
"""Calls of half a megabyte that are sent at once."""
KNOWN_MS: Final = 600_000
"""How long it is remembered when a new server was first seen."""


class Server(Protocol):
    """Redis without these checks. Each raises BusDown."""

    async def identities(self) -> frozenset[str]:
        """Who it is, another one after every start: one for each node that takes writes."""
        ...

    async def probe(self) -> None:
        """Write something wherever sessions are kept."""
        ...

    async def call(self, *command: Arg) -> Any:
        """One plain command."""
        ...

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        """One run of a script."""
        ...

    async def run_many(self, script: str, calls: Sequence[Call]) -> list[Any]:
        """Many runs of a script; a run's own error stands in its place."""
        ...


Returned = Callable[["Server", bool], Awaitable[None]]


class Standing:
    """How a process stands with its server. `why`: what keeps it away, "" while it is there; `since` (monotonic): when
    it went, or came back. `incarnation`: short name of the server as we know it."""

    def __init__(self, server: Server, journal: Journal) -> None:
        self._server = server
        self._journal = journal
        journal.short = _short
        self._known: frozenset[str] = frozenset()
        self._up = asyncio.Event()
        self._up.set()
        self._probing: asyncio.Task[None] | None = None
        self._listeners: list[Returned] = []
        self.why = ""
        self.since = float("-inf")
        self.incarnation = ""

    def check(self) -> None:
        """Raises BusDown while it is away."""
        if self.why:
            raise BusDown(self.why)

    async def up(self) -> None:
        """Wait until it is there."""
        await self._up.wait()

    def tell(self, returned: Returned) -> None:
        """Call this whenever the server is back, with the way to it and whether it may have lost something: by then
        all was written again that was written by us, and nobody else here may use it yet. It may raise BusDown."""
        self._listeners.append(returned)

    def untell(self, returned: Returned) -> None:
        """Call it no more."""
        self._listeners.remove(returned)

    def lost(self, why: str) -> None:
        """Something failed that says the server is away: it is tried until it is back."""
        if self.why:
            return
        log.warning("the message bus is away (%s)", why)
        self.why, self.since = why, time.monotonic()
        self._up.clear()
        self._probing = asyncio.create_task(self._probe(), name="bus-probe")

    async def met(self, identity: str) -> bool:
        """A new connection was made to the node `identity`; False: not to be used yet, its server is another one.

        Raises BusDown.
        """
        if not self._known:
            self._know(await self._server.identities())
        if identity in self._known:
            return True
        self.lost("it was started anew")
        return False

    async def close(self) -> None:
        """Try no more."""
        if self._probing:
            self._probing.cancel()
            await asyncio.gather(self._probing, return_exceptions=True)

    # ---- while it is away --------------------------------------------------------------------------------------------

    async def _probe(self) -> None:
        while not await self._back():  # noqa: ASYNC110 - a server becomes reachable
            await asyncio.sleep(PROBE_S)
        log.warning("the message bus is back after %.1f s", time.monotonic() - self.since)
        self.why, self.since = "", time.monotonic()
        self._up.set()

    async def _back(self) -> bool:
        try:
            nodes = await self._server.identities()
            await self._server.probe()
            changed = bool(self._known) and not nodes <= self._known
            if changed:
                await self._restore(named(nodes))
            self._know(nodes)
            for returned in self._listeners:
                await returned(self._server, changed)
        except BusDown as down:
            self.why = down.why
            return False
        except Exception:
            log.exception("what was written could not be written again; it is tried again")
            return False
        return True

    def _know(self, nodes: frozenset[str]) -> None:
        self._known, self.incarnation = nodes, named(nodes)

    async def _restore(self, incarnation: str) -> None:
        """Write again what we wrote, and leave the others their time to do so."""
        until = await self._graced(incarnation)
        whose = [(page, call) for page in self._journal.pages for call in calls(page, incarnation)]
        missing = 0
        for at in range(0, len(whose), TOGETHER):
            some = whose[at : at + TOGETHER]
            replies = await self._server.run_many("restore", [call for _, call in some])
            for (page, _), reply in zip(some, replies, strict=True):
                if isinstance(reply, Exception):
                    log.warning("not written again: %s", reply, extra={"key": page.hash})
                    page.refused = str(reply)
                else:
                    missing += int(reply)
        for page in self._journal.pages:
            for command in page.again:
                await self._server.call(*command)
        log.warning("another server: %d entries of %d were missing", missing, len(self._journal))
        await asyncio.sleep(until - await self._clock())

    async def _graced(self, incarnation: str) -> float:
        """Until when (the server's clock, s) nobody may write anything new."""
        key, now = f"incarnation:{incarnation}", await self._clock()
        await self._server.call("SET", key, f"{now:.3f}", "NX", "PX", KNOWN_MS)
        return float(await self._server.call("GET", key)) + GRACE_S

    async def _clock(self) -> float:
        seconds, micros = await self._server.call("TIME")
        return int(seconds) + int(micros) / 1e6


def _short(reach_s: float) -> None:
    told = "of what is written only the last %.1f s are kept, to be written again should Redis lose them: raise %s"
    log.warning(told, reach_s, "redis.journal.most_mb, where there is memory for it")


def named(nodes: frozenset[str]) -> str:
    """A short name of these nodes, as they are now."""
    return hashlib.sha256(" ".join(sorted(nodes)).encode()).hexdigest()[:16]


def identity(info: bytes) -> str:
    """Who answered INFO: it changes when a server is started, and when a replica takes its primary's place."""
    found = dict(line.split(b":", 1) for line in info.splitlines() if b":" in line)
    return (found[b"run_id"] + b":" + found.get(b"master_replid", b"")).decode()
