"""One role's work on one session, and the fence that keeps a late worker from writing.

Whoever takes the work (leases.py) begins a new epoch in the session's own slot, and each write is one script that
checks the epoch, and that the checkpoint is where its holder left it: a worker that woke up late writes nothing.
Fencing tokens: M. Kleppmann, "How to do distributed locking" (2016).
"""

from collections.abc import Sequence

import msgspec

from streaming import keys
from streaming.bus import Bus, Refused
from streaming.facts import SessionConfig


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

        Sound that other roles read too is trimmed to where the last of them stands (`keys.floors`).
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
        number = {key: i for i, key in enumerate(streams, start=3)}
        kept = keys.kept_ms(self.config.record)
        progress = "" if at is None else at
        args: list[str | bytes | int] = [self._epoch, revision, state, progress, kept, len(appends)]
        for key, body in appends:
            args += [number[key], keys.ttl(key, kept), body]
        args += [self.role, len(trims)]
        for key, lowest in trims:
            args += [number[key], lowest]
        try:
            ids = await self._bus.run("commit", [self._stage, keys.floors(self.session_id), *streams], args)
        except Refused as refused:
            raise LeaseLost(f"{self._stage}: {refused}") from None
        return [entry.decode() for entry in ids]
