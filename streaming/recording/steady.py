"""An archive that is asked again until it answers: what the recorder has not kept waits in Redis meanwhile."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from streaming.archive.kept import Batch, LogEntry, Progress
from streaming.archive.ports import Archive
from streaming.errors import ServiceFault
from streaming.recording.digest import Digest
from streaming.recording.silencing import Silencing

log = logging.getLogger(__name__)

PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)
T = TypeVar("T")


class Steady:
    """What the recorder asks of `archive`. All of it raises ClientFault for a session that the archive wants no more
    of. `away`: sessions whose call it has not answered."""

    def __init__(self, archive: Archive, silence: Sequence[str] = ()) -> None:
        """`silence`: categories whose sound is kept as zeros (silencing.py)."""
        self._archive = archive
        self._silence = silence
        self.away: set[str] = set()

    async def progress(self, session_id: str) -> Progress:
        """How far a session is kept."""
        return await self._ask(session_id, lambda: self._archive.progress(session_id))

    async def keep(self, batch: Batch) -> Progress:
        """Durable on return."""
        return await self._ask(batch.session.session_id, lambda: self._archive.keep(batch))

    async def digest(self, tenant: str, session_id: str, until: str) -> tuple[Digest, LogEntry | None]:
        """What the log that is kept, whose last entry is `until`, comes to, and its first entry: however long it is, a
        piece at a time is in memory."""

        async def read() -> tuple[Digest, LogEntry | None]:
            digest, first = Digest(Silencing(self._silence)), None
            async for entry in self._archive.log(tenant, session_id):
                digest.take(entry)
                first = first or entry
            digest.changed()
            return digest, first

        if until == "0-0":
            return Digest(Silencing(self._silence)), None
        return await self._ask(session_id, read)

    async def _ask(self, session_id: str, call: Callable[[], Awaitable[T]]) -> T:
        failures = 0
        try:
            while True:
                try:
                    return await call()
                except ServiceFault as fault:
                    if not failures:
                        log.warning("recording waits: %s", fault.message, extra={"session": session_id})
                    self.away.add(session_id)
                    await asyncio.sleep(PAUSES_S[min(failures, len(PAUSES_S) - 1)])
                    failures += 1
        finally:
            self.away.discard(session_id)
