"""An archive in memory, for tests of what stands above it. What it does not need is not there."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from streaming.archive.kept import Batch, Kept, Line, LogEntry, Progress, Sound
from streaming.archive.pieces import silenced
from streaming.errors import ClientFault, ServiceFault
from streaming.feed import place


class MemoryArchive:
    """`away`: how many calls it will not answer. `forgotten`: sessions it wants no more of."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.heard: dict[str, list[Sound]] = {}
        self.logs: dict[str, list[LogEntry]] = {}
        self.lines: dict[str, dict[tuple[str, int], Line]] = {}
        self.batches: list[Batch] = []
        self.away = 0
        self.forgotten: set[str] = set()

    def _answer(self, session_id: str) -> None:
        if self.away:
            self.away -= 1
            raise ServiceFault("archive_down", "the archive is away")
        if session_id in self.forgotten:
            raise ClientFault("unknown_session", "it was forgotten")

    async def progress(self, session_id: str) -> Progress:
        self._answer("")
        return self._progress(session_id)

    def _progress(self, session_id: str) -> Progress:
        sounds, log = self.heard.get(session_id, []), self.logs.get(session_id, [])
        return Progress(sounds[-1].end if sounds else 0, log[-1].id if log else "0-0")

    async def keep(self, batch: Batch) -> Progress:
        sid = batch.session.session_id
        self._answer(sid)
        before = self._progress(sid)
        log = [entry for entry in batch.log if place(entry.id) > place(before.last_id)]
        sound = [one for one in batch.sound if one.begin >= before.samples]
        if log or sound or sid not in self.kept:
            self.batches.append(batch)
            self.kept[sid] = batch.session
            heard = [*self.heard.get(sid, []), *sound]
            self.heard[sid] = [silenced(one, batch.session.silenced) for one in heard]
            self.logs.setdefault(sid, []).extend(log)
            known = self.lines.setdefault(sid, {})
            known.update({(line.kind, line.number): line for line in batch.lines})
        return self._progress(sid)

    async def session(self, tenant: str, session_id: str) -> Kept:
        self._answer(session_id)
        if session_id not in self.kept or self.kept[session_id].tenant != tenant:
            raise ClientFault("unknown_session", f"there is no session {session_id}")
        return replace(self.kept[session_id])

    async def log(self, tenant: str, session_id: str, after: str = "0-0") -> AsyncIterator[LogEntry]:
        await self.session(tenant, session_id)
        for entry in list(self.logs[session_id]):
            if place(entry.id) > place(after):
                yield entry

    async def sound(
        self, tenant: str, session_id: str, begin: int = 0, end: int | None = None
    ) -> AsyncIterator[Sound]:
        await self.session(tenant, session_id)
        for one in self.heard[session_id]:
            if one.end > begin and (end is None or one.begin < end):
                yield one

    async def close(self) -> None:
        pass
