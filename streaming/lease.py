"""Who works on a session: leases in job streams, and the fence that keeps a late worker from writing.

An entry of `jobs:<role>` is one role's work on one session. XREADGROUP hands it out; its holder renews it every
second (XCLAIM with JUSTID leaves the delivery count alone); when a holder is silent for three seconds somebody else
takes it with XAUTOCLAIM. Taking it makes a new epoch in the session's own slot, and each write checks that epoch: a
worker that woke up late writes nothing. Fencing tokens: M. Kleppmann, "How to do distributed locking" (2016).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from streaming import keys
from streaming.bus import Bus, BusDown, Refused
from streaming.errors import first_of
from streaming.facts import SessionConfig

log = logging.getLogger(__name__)

GROUP: Final = "workers"
DEAD: Final = "dead"
POLL_S: Final = 0.5


class LeasePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How leases are kept: renewed every `renew_s`, taken over after `silent_s`, given up after `deliveries` tries."""

    renew_s: float = 1.0
    silent_s: float = 3.0
    deliveries: int = 3
    capacity: int = 64


class LeaseLost(Exception):
    """Somebody else works on this session now: drop all that is in memory and return."""


class Lease:
    """One role's work on one session, fenced by an epoch.

    `state` is what the last commit left, b"" at first; `config` is the session's configuration when it was taken.
    """

    def __init__(self, bus: Bus, role: str, session_id: str, claimed: Sequence[bytes]) -> None:
        epoch, revision, state, config = claimed
        self._bus = bus
        self._stage = keys.stage(session_id, role)
        self._epoch = epoch
        self._revision = int(revision)
        self.role = role
        self.session_id = session_id
        self.state: bytes = state
        self.config = msgspec.json.decode(config, type=SessionConfig)

    @classmethod
    async def claim(cls, bus: Bus, role: str, session_id: str, worker: str) -> "Lease | None":
        """Begin a new epoch; None when the session is gone."""
        where = [keys.stage(session_id, role), keys.session(session_id)]
        claimed = await bus.run("claim", where, [worker, keys.KEPT_MS])
        return None if claimed is None else cls(bus, role, session_id, claimed)

    async def commit(
        self,
        state: bytes,
        *,
        appends: Sequence[tuple[str, bytes]] = (),
        trims: Sequence[tuple[str, str]] = (),
        at: int | None = None,
    ) -> list[str]:
        """Append, move the checkpoint to `state` and trim each stream to its lowest id to keep: all or nothing.

        `at` says how far into the sound we are (16 kHz samples a channel). Returns the ids of what was appended.

        Raises:
            LeaseLost: the epoch or the checkpoint is no longer ours.
            BusDown: Redis is away; whether it was written is unknown, and doing it again tells (LeaseLost, if so).
        """
        ids = await self._write(str(self._revision), state, appends, trims, at)
        self._revision += 1
        self.state = state
        return ids

    async def append(self, key: str, body: bytes, *, at: int | None = None) -> str:
        """Append under the epoch and leave the checkpoint where it is. Raises as `commit` does."""
        return (await self._write("", b"", [(key, body)], (), at))[0]

    async def _write(
        self,
        revision: str,
        state: bytes,
        appends: Sequence[tuple[str, bytes]],
        trims: Sequence[tuple[str, str]],
        at: int | None,
    ) -> list[str]:
        streams = list(dict.fromkeys([key for key, _ in appends] + [key for key, _ in trims]))
        number = {key: i for i, key in enumerate(streams, start=2)}
        progress = "" if at is None else at
        args: list[str | bytes | int] = [self._epoch, revision, state, progress, keys.KEPT_MS, len(appends)]
        for key, body in appends:
            args += [number[key], keys.ttl(key), body]
        args.append(len(trims))
        for key, lowest in trims:
            args += [number[key], lowest]
        try:
            ids = await self._bus.run("commit", [self._stage, *streams], args)
        except Refused as refused:
            raise LeaseLost(f"{self._stage}: {refused}") from None
        return [entry.decode() for entry in ids]


Serve = Callable[[Lease], Awaitable[None]]


class Leases:
    """Takes leases of a role, as many as there is room for, and serves each in a task of its own."""

    def __init__(self, bus: Bus, role: str, worker: str, policy: LeasePolicy) -> None:
        self._bus = bus
        self._role = role
        self._jobs = keys.jobs(role)
        self._worker = worker
        self._policy = policy
        self._held: dict[str, asyncio.Task[None]] = {}
        self._dropped: list[str] = []

    @property
    def held(self) -> int:
        """Sessions being served now."""
        return len(self._held)

    async def run(self, serve: Serve) -> None:
        """Until cancelled; then what is held is handed back at once, for others to take."""
        await self._until_up(self._make_group)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._renew(), name=f"{self._role}-renew")
                while True:
                    await self._until_up(lambda: self._take(group, serve))
        finally:
            await asyncio.shield(self._hand_back())

    async def _until_up(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except BusDown as down:
            log.warning("%s: %s", self._role, down.message)
            await asyncio.sleep(POLL_S)

    async def _make_group(self) -> None:
        with contextlib.suppress(Exception):
            await self._bus.call("XGROUP", "CREATE", self._jobs, GROUP, "0", "MKSTREAM")

    async def _take(self, group: asyncio.TaskGroup, serve: Serve) -> None:
        """One round: silent holders' leases first, then new ones."""
        room = self._policy.capacity - len(self._held)
        rows: list[Any] = []
        if room > 0:
            silent = int(self._policy.silent_s * 1000)
            claim = ("XAUTOCLAIM", self._jobs, GROUP, self._worker, silent, "0", "COUNT", room)
            rows = [row for row in (await self._bus.call(*claim))[1] if row]
        for name, fields in rows:
            await self._begin(group, serve, name.decode(), fields[1].decode(), again=True)
        fresh: Any = None
        if len(self._held) < self._policy.capacity:
            fresh = await self._bus.take(self._jobs, GROUP, self._worker, int(POLL_S * 1000))
        else:
            await asyncio.sleep(POLL_S)
        for _, entries in fresh or ():
            for name, fields in entries:
                await self._begin(group, serve, name.decode(), fields[1].decode(), again=False)

    async def _begin(
        self, group: asyncio.TaskGroup, serve: Serve, entry: str, session_id: str, *, again: bool
    ) -> None:
        if entry in self._held or (again and await self._dead(entry, session_id)):
            return
        lease = await Lease.claim(self._bus, self._role, session_id, self._worker)
        if lease is None:  # the session expired before anybody came
            await self._finish(entry)
            return
        task = group.create_task(self._serve(serve, lease, entry), name=f"{self._role}-{session_id}")
        self._held[entry] = task

    async def _dead(self, entry: str, session_id: str) -> bool:
        """Work that killed its worker too often is put aside, so that it harms nobody else."""
        pending = await self._bus.call("XPENDING", self._jobs, GROUP, entry, entry, 1)
        if not pending or int(pending[0][3]) <= self._policy.deliveries:
            return False
        log.error(
            "%s: given up after %d tries", self._role, self._policy.deliveries, extra={"sid": session_id}
        )
        await self._bus.call("XADD", DEAD, "*", "role", self._role, "sid", session_id)
        await self._finish(entry)
        return True

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

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._policy.renew_s)
            held = dict(self._held)
            if not held:
                continue
            try:
                mine = await self._bus.run("renew", [self._jobs], [GROUP, self._worker, *held])
            except BusDown:
                continue
            for entry in held.keys() - {name.decode() for name in mine}:
                self._held.pop(entry, None)
                held[entry].cancel()

    async def _hand_back(self) -> None:
        """Make what is still held look silent, so that the next worker takes it at once."""
        silent = int(self._policy.silent_s * 1000) + 1
        claim = ("XCLAIM", self._jobs, GROUP, self._worker, 0)
        with contextlib.suppress(BusDown, Refused):
            for entry in self._dropped:
                await self._bus.call(*claim, entry, "IDLE", silent, "JUSTID")
