"""Which worker works on which sessions: leases in job streams.

An entry of `jobs:<role>` is one role's work on one session. XREADGROUP hands it out; its holder renews it every second
(XCLAIM with JUSTID leaves the delivery count alone); when a holder is silent for three seconds somebody else takes it
with XAUTOCLAIM. Work that kills its workers again and again is put aside, and what its role owed the session is written
in its place, so that the session ends and says so. When a session's keys are gone, so is the work on it.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from streaming import keys
from streaming.bus import Bus, BusDown, Refused
from streaming.errors import first_of
from streaming.events import SessionEnded
from streaming.facts import RepliesEnded, SoundEnded
from streaming.lease import Lease, LeaseLost

log = logging.getLogger(__name__)

GROUP: Final = "workers"
DEAD: Final = "dead"
POLL_S: Final = 0.5
BRISK: Final = 10
"""Once nobody wanted a session, a busy worker takes those that wait behind it so many times as fast, and not all at
once: another one that is as busy gets its part."""
Where = Callable[[str], str]
OWED: Final[dict[str, tuple[Where, Struct]]] = {
    "asr": (keys.heard, SoundEnded([], "failed")),
    "responder": (keys.draft, RepliesEnded()),
    "moderator": (keys.events, SessionEnded("failed", [])),
}
"""What a role that is given up would have written last."""


class LeasePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How leases are kept: renewed every `renew_s`, taken over after `silent_s`, given up after `deliveries` tries.

    A lease held for `healthy_s` begins to count its tries anew. Whether its session is there still is looked up every
    `look_s`. `capacity`: sessions that one worker serves at once. A worker that is busy leaves a new one to others for
    `yield_s`, and takes it when none of them wants it, and soon those behind it.
    """

    renew_s: float = 1.0
    silent_s: float = 3.0
    deliveries: int = 3
    healthy_s: float = 30.0
    look_s: float = 10.0
    capacity: int = 64
    yield_s: float = 1.0


class Held(Struct):
    """A lease that is being served."""

    session_id: str
    since: float
    task: asyncio.Task[None]


Serve = Callable[[Lease], Awaitable[None]]


class Leases:
    """Takes leases of a role, as many as there is room for, and serves each in a task of its own."""

    def __init__(self, bus: Bus, role: str, worker: str, policy: LeasePolicy) -> None:
        self._bus = bus
        self._role = role
        self._jobs = keys.jobs(role)
        self._worker = worker
        self._policy = policy
        self._held: dict[str, Held] = {}
        self._dropped: list[str] = []
        self._grouped = False
        self._cursor: bytes | str = "0-0"

    @property
    def held(self) -> int:
        """Sessions being served now."""
        return len(self._held)

    async def run(self, serve: Serve, busy: Callable[[], bool] = lambda: False) -> None:
        """Until cancelled; then what is held is handed back at once, for others to take. `busy`: see `yield_s`."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._renew(), name=f"{self._role}-renew")
                group.create_task(self._look(), name=f"{self._role}-look")
                left = False
                while True:
                    try:
                        if busy():
                            await asyncio.sleep(self._policy.yield_s / (BRISK if left else 1))
                        left = await self._take(group, serve, 1 if busy() else int(POLL_S * 1000))
                    except BusDown as down:
                        log.warning("%s: %s", self._role, down.message)
                        self._grouped = False  # a Redis that comes back empty knows no group
                        await asyncio.sleep(POLL_S)
        finally:
            await asyncio.shield(self._hand_back())

    # ---- taking ------------------------------------------------------------------------------------------------------

    async def _take(self, group: asyncio.TaskGroup, serve: Serve, block_ms: int) -> bool:
        """One round: silent holders' leases first, then a new one, for which it is waited so long. Whether it came."""
        if not self._grouped:
            with contextlib.suppress(Refused):  # BUSYGROUP: there is one
                await self._bus.call("XGROUP", "CREATE", self._jobs, GROUP, "0", "MKSTREAM")
            self._grouped = True
        for name, fields in await self._silent():
            await self._begin(group, serve, name.decode(), fields[1].decode())
        if len(self._held) >= self._policy.capacity:
            await asyncio.sleep(POLL_S)
            return False
        fresh = await self._bus.take(self._jobs, GROUP, self._worker, block_ms)
        for _, entries in fresh or ():
            for name, fields in entries:
                await self._begin(group, serve, name.decode(), fields[1].decode())
        return bool(fresh)

    async def _silent(self) -> list[Any]:
        """Leases whose holder is silent, as many as there is room for. XAUTOCLAIM looks at a part of them at a time."""
        room = self._policy.capacity - len(self._held)
        if room <= 0:
            return []
        silent = int(self._policy.silent_s * 1000)
        claim = ("XAUTOCLAIM", self._jobs, GROUP, self._worker, silent, self._cursor, "COUNT", room)
        reply = await self._bus.call(*claim)
        self._cursor = reply[0]
        return [row for row in reply[1] if row]

    async def _begin(self, group: asyncio.TaskGroup, serve: Serve, entry: str, session_id: str) -> None:
        """Serve one lease. Whatever is wrong with one session harms no other."""
        try:
            if entry in self._held or await self._given_up(entry, session_id):
                return
            lease = await Lease.claim(self._bus, self._role, session_id, self._worker)
            if lease is None:  # the session expired before anybody came
                await self._finish(entry)
                return
        except BusDown:
            raise
        except Exception:
            log.exception("a lease could not be taken; it is tried again", extra={"sid": session_id})
            return
        task = group.create_task(self._serve(serve, lease, entry), name=f"{self._role}-{session_id}")
        self._held[entry] = Held(session_id, time.monotonic(), task)

    async def _given_up(self, entry: str, session_id: str) -> bool:
        """Whether this was tried too often: then it is put aside, and what the role owed is written."""
        pending = await self._bus.call("XPENDING", self._jobs, GROUP, entry, entry, 1)
        if not pending or int(pending[0][3]) <= self._policy.deliveries:
            return False
        tries = self._policy.deliveries
        log.error("%s: given up after %d tries", self._role, tries, extra={"sid": session_id})
        await self._bus.call("XADD", DEAD, "*", "role", self._role, "sid", session_id)
        lease = await Lease.claim(self._bus, self._role, session_id, self._worker)
        if lease and self._role in OWED:
            where, fact = OWED[self._role]
            await lease.append(where(session_id), msgspec.json.encode(fact))
        await self._finish(entry)
        return True

    # ---- serving -----------------------------------------------------------------------------------------------------

    async def _serve(self, serve: Serve, lease: Lease, entry: str) -> None:
        """Done or failed, the entry is let go; after a failure it is delivered again."""
        context = {"sid": lease.session_id, "role": self._role}
        try:
            await serve(lease)
            await self._finish(entry)
        except asyncio.CancelledError:
            if entry in self._held:  # we are stopping; a lease that was lost is no longer among the held
                self._dropped.append(entry)
            raise
        except Exception as error:
            match first_of(error):
                case LeaseLost() as lost:
                    log.warning("lease lost: %s", lost, extra=context)
                case BusDown() as down:
                    log.warning("session let go: %s", down.message, extra=context)
                case _:
                    log.exception("serving failed; it is tried again", extra=context)
        finally:
            self._held.pop(entry, None)

    async def _finish(self, entry: str) -> None:
        await self._bus.together(("XACK", self._jobs, GROUP, entry), ("XDEL", self._jobs, entry))

    # ---- keeping -----------------------------------------------------------------------------------------------------

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._policy.renew_s)
            held = dict(self._held)
            if not held:
                continue
            healthy = time.monotonic() - self._policy.healthy_s
            asked = [
                word for entry, one in held.items() for word in (entry, "1" if one.since < healthy else "")
            ]
            try:
                mine = await self._bus.run("renew", [self._jobs], [GROUP, self._worker, *asked])
            except BusDown:
                continue
            for entry in held.keys() - {name.decode() for name in mine}:
                self._stop(entry)

    async def _look(self) -> None:
        """Sessions whose keys are gone need nobody any more."""
        while True:
            await asyncio.sleep(self._policy.look_s)
            with contextlib.suppress(BusDown):
                for entry, one in list(self._held.items()):
                    if not await self._bus.call("EXISTS", keys.session(one.session_id)):
                        log.warning("a session is gone", extra={"sid": one.session_id, "role": self._role})
                        self._stop(entry)
                        await self._finish(entry)

    def _stop(self, entry: str) -> None:
        one = self._held.pop(entry, None)
        if one:
            one.task.cancel()

    async def _hand_back(self) -> None:
        """Make what was held look silent and never tried, so that the next worker takes it at once."""
        silent = int(self._policy.silent_s * 1000) + 1
        claim = ("XCLAIM", self._jobs, GROUP, self._worker, 0)
        with contextlib.suppress(BusDown, Refused):
            for entry in self._dropped:
                await self._bus.call(*claim, entry, "IDLE", silent, "RETRYCOUNT", 0, "JUSTID")
