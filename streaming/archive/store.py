"""The one `Archive` there is, over whatever index and blobs: each promise is kept by a module of its own."""

from collections.abc import AsyncIterator

from streaming.archive import forgetting, keeping, noting, reading, settling
from streaming.archive.kept import Batch, Filter, Kept, LogEntry, Note, Progress, Sound
from streaming.archive.ports import Hits, Page
from streaming.archive.settling import Gone
from streaming.archive.vault import Vault, kept_of


class Store:
    """See ports.Archive, which has the promises."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    async def keep(self, batch: Batch) -> Progress:
        """See Archive."""
        return await keeping.keep(self.vault, batch)

    async def progress(self, session_id: str) -> Progress:
        """See Archive."""
        head = await self.vault.index.head(session_id)
        return head.progress if head else Progress()

    async def session(self, tenant: str, session_id: str) -> Kept:
        """See Archive."""
        return kept_of(*await self.vault.opened(tenant, session_id))

    async def sessions(self, tenant: str, wanted: Filter, *, cursor: str = "", limit: int = 50) -> Page:
        """See Archive."""
        return await reading.sessions(self.vault, tenant, wanted, cursor, limit)

    async def search(
        self, tenant: str, text: str, wanted: Filter, *, cursor: str = "", limit: int = 50
    ) -> Hits:
        """See Archive."""
        return await reading.search(self.vault, tenant, text, wanted, (cursor, limit))

    def log(self, tenant: str, session_id: str, after: str = "0-0") -> AsyncIterator[LogEntry]:
        """See Archive."""
        return reading.log(self.vault, tenant, session_id, after)

    def sound(
        self, tenant: str, session_id: str, begin: int = 0, end: int | None = None
    ) -> AsyncIterator[Sound]:
        """See Archive."""
        return reading.sound(self.vault, (tenant, session_id), begin, end)

    async def cached(self, tenant: str, session_id: str, name: str) -> bytes | None:
        """See Archive."""
        return await reading.cached(self.vault, tenant, session_id, name)

    async def cache(self, tenant: str, session_id: str, name: str, body: bytes) -> None:
        """See Archive."""
        await reading.cache(self.vault, (tenant, session_id), name, body)

    async def notes(self, tenant: str, session_id: str) -> list[Note]:
        """See Archive."""
        return await noting.notes(self.vault, tenant, session_id)

    async def annotate(self, tenant: str, session_id: str, note: Note) -> Note:
        """See Archive."""
        return await noting.annotate(self.vault, tenant, session_id, note)

    async def erase_note(self, tenant: str, session_id: str, note_id: int) -> None:
        """See Archive."""
        await noting.erase_note(self.vault, tenant, session_id, note_id)

    async def forget(self, tenant: str, session_id: str, by: str = "") -> Kept:
        """See Archive."""
        return await forgetting.forget(self.vault, tenant, session_id, by)

    async def expire(self, before: dict[str, int]) -> list[str]:
        """See Archive."""
        return await forgetting.expire(self.vault, before)

    async def settle(self, before: int, gone: Gone) -> list[str]:
        """See Archive."""
        return await settling.settle(self.vault, before, gone)

    async def sweep(self, now: int) -> int:
        """See Archive."""
        return await forgetting.sweep(self.vault, now)

    async def close(self) -> None:
        """See Archive."""
        await self.vault.index.database.close()
