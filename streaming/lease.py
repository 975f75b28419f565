"""One role's work on one session, and the fence that keeps a late worker from writing.

Whoever takes the work (leases.py) begins a new epoch in the session's own slot, and each write is one script that
checks the epoch, and that the checkpoint is where its holder left it: a worker that woke up late writes nothing.
Fencing tokens: M. Kleppmann, "How to do distributed locking" (2016).
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import msgspec

from streaming import keys
from streaming.bus import Bus, Refused
from streaming.errors import BusDown
from streaming.facts import SessionConfig
from streaming.journal import Page, Put

RETRY_S: Final = 0.05


class LeaseLost(Exception):
    """Somebody else works on this session now: drop all that is in memory and return."""


class Lease:
    """One role's work on one session, fenced by an epoch.

    `state` is what the last commit left, b"" at first; `config` is the session's configuration when it was taken.
    `tries`: how often it was taken, this time included, since it last let go of something that it had read.
    """

    def __init__(self, bus: Bus, role: str, session_id: str, claimed: Sequence[bytes]) -> None:
        epoch, revision, state, config, tries, kept = claimed
        self._bus = bus
        self._stage = keys.stage(session_id, role)
        self._epoch = epoch
        self._revision = int(revision)
        self._number = 0
        self._at: int | None = None
        self._kept = self._before = kept.decode()  # what was let go of last: now, and when it was taken
        self.role = role
        self.session_id = session_id
        self.state: bytes = state
        self.tries = int(tries)
        self.config = msgspec.json.decode(config, type=SessionConfig)

    @classmethod
    async def claim(cls, bus: Bus, role: str, session_id: str, worker: str) -> "Lease | None":
        """Begin a new epoch; None when the session is gone."""
        where = [keys.stage(session_id, role), keys.session(session_id)]
        claimed = await bus.run("claim", where, [worker, keys.KEPT_MS, bus.standing.incarnation])
        if claimed is None:
            return None
        lease = cls(bus, role, session_id, claimed)
        lease._page()
        return lease

    def posted(self, stream: str, entry: str) -> None:
        """Where this work stands, so that it is posted again if Redis forgets that too."""
        self._bus.journal.put(self._page(), Put(stream, entry, ("sid", self.session_id), 0))

    async def count(self, tries: int) -> None:
        """It was taken so often, whatever was counted. Raises BusDown."""
        await self._bus.call("HSET", self._stage, "tries", tries)
        self.tries = tries

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

        While Redis is away it waits, and what was written before is written again if Redis has lost it (journal.py).

        Raises:
            LeaseLost: the epoch or the checkpoint is no longer ours.
        """
        ids = await self._write(str(self._revision), state, appends, trims, at)
        self._revision += 1
        self.state = state
        self._note(ids, appends, trims, at)
        return ids

    async def append(self, key: str, body: bytes, *, at: int | None = None) -> str:
        """Append under the epoch and leave the checkpoint where it is. Raises as `commit` does."""
        ids = await self._write("", b"", [(key, body)], (), at)
        self._note(ids, [(key, body)], (), at)
        return ids[0]

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
        self._number += 1
        args.append(self._number)
        return await self._done([self._stage, keys.floors(self.session_id), *streams], args)

    async def _done(self, where: Sequence[str], args: Sequence[str | bytes | int]) -> list[str]:
        """Have the script do it once: its number tells it when an answer was lost."""
        while True:
            try:
                ids = await self._bus.run("commit", where, args)
            except Refused as refused:
                self._bus.journal.left(self._stage)
                raise LeaseLost(f"{self._stage}: {refused}") from None
            except BusDown:
                await asyncio.sleep(RETRY_S)
                await self._bus.standing.up()
            else:
                return [entry.decode() for entry in ids]

    def _note(
        self,
        ids: Sequence[str],
        appends: Sequence[tuple[str, bytes]],
        trims: Sequence[tuple[str, str]],
        at: int | None,
    ) -> None:
        """Keep what was written. Of trims only those of unmoderated text: old sound does no harm."""
        self._at = self._at if at is None else at
        self._kept = trims[0][1] if trims else self._kept
        page = self._page(" ".join(ids))
        for (key, body), entry in zip(appends, ids, strict=True):
            self._bus.journal.put(page, Put(key, entry, ("e", body), keys.ttl(key, page.ttl_ms)))
        page.cuts.update({key: lowest for key, lowest in trims if keys.ttl(key) == keys.HELD_MS})

    def _page(self, ids: str = "") -> Page:
        """Our page of the journal, with the stage as it is now; `ids` of the last write's entries."""
        kept = keys.kept_ms(self.config.record)
        page = self._bus.journal.page(self._stage, "stage", kept, time.monotonic())
        page.fields = {
            "epoch": self._epoch,
            "rev": self._revision,
            "state": self.state,
            "n": self._number,
            "ids": ids,
            "before": self._before,
            "tries": self.tries,
            **({"kept": self._kept} if self._kept else {}),
            **({} if self._at is None else {"at": self._at}),
        }
        return page
