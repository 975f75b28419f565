"""The end of a session: its key first, then all else, and a look whether anything is left.

1. In one transaction: the wrapped key is overwritten and deleted, rows with content go, a tombstone stands. From here
   on nothing of the session can be read or added, whatever happens next.
2. Its live part (streams in Redis, and their append-only file) is erased, and its pieces are removed.
3. The last rows go; the database's files are purged; and what was the session's is looked for in them.

Whoever is cut off in the middle calls again: an unfinished tombstone is gone on with.
"""

import logging
import secrets
from collections.abc import Sequence

import msgspec

from streaming.archive.blobs import PARTIAL
from streaming.archive.index import Head
from streaming.archive.kept import Kept
from streaming.archive.vault import Vault, kept_of, unknown
from streaming.errors import Fault, ServiceFault

log = logging.getLogger(__name__)

TABLES = ("line", "note", "tag", "secret", "piece", "copy", "session")
NEEDLES = 32
"""Sealed lines that are looked for; all go the same way."""

ORPHAN_MS = 3_600_000
"""A piece that no row names is an orphan after an hour: until then it may be part of a step that goes on."""


async def forget(vault: Vault, tenant: str, session_id: str, by: str) -> Kept:
    """See Archive."""
    buried = await vault.index.buried(session_id)
    if buried is not None and (buried.tenant != tenant or buried.done):
        raise unknown(session_id)
    needles: list[bytes] = [f"{session_id}/".encode()]
    if buried is None:
        head = await vault.head(tenant, session_id)
        needles += await _needles(vault, head)
        tombstone = await _tombstone(vault, head)
        await _shred(vault, head, tombstone, by)
    else:
        tombstone = msgspec.json.decode(buried.details, type=Kept)
    await vault.erase_live(session_id)
    await vault.blobs.drop(session_id)
    await _clear(vault, session_id)
    await vault.index.database.purge()
    await _verify(vault, session_id, needles)
    async with vault.index.database.transaction() as work:
        sql = "UPDATE tombstone SET done_at = $2 WHERE session_id = $1"
        await work.fetch(sql, session_id, vault.now())
    return tombstone


async def _tombstone(vault: Vault, head: Head) -> Kept:
    """What may be known of a session that was forgotten. One whose key is lost can be forgotten too."""
    try:
        kept = kept_of(head, await vault.seal(head))
    except ServiceFault:
        kept = Kept(head.session_id, head.tenant, "transcribe", 0)
    return Kept(
        kept.session_id, kept.tenant, kept.mode, kept.started_at, ended_at=kept.ended_at, state="forgotten"
    )


async def _needles(vault: Vault, head: Head) -> list[bytes]:
    """What must be nowhere afterwards: the wrapped key, the session's sealed row and some of its lines."""
    sql = "SELECT text FROM line WHERE session_id = $1 LIMIT $2"
    rows = await vault.index.database.fetch(sql, head.session_id, NEEDLES)
    return [bytes(one)[:24] for one in (head.wrapped, head.details, *(row[0] for row in rows))]


async def _shred(vault: Vault, head: Head, tombstone: Kept, by: str) -> None:
    sid, database = head.session_id, vault.index.database
    async with database.transaction() as work:
        await work.fetch(
            "INSERT INTO tombstone (session_id, tenant, details, forgotten_at, forgotten_by) "
            "VALUES ($1, $2, $3, $4, $5)",
            *(sid, head.tenant, msgspec.json.encode(tombstone), vault.now(), by),
        )
        shred = secrets.token_bytes(len(head.wrapped))
        await work.fetch("UPDATE secret SET wrapped = $2 WHERE session_id = $1", sid, shred)
        for row in await work.fetch("SELECT line_id FROM line WHERE session_id = $1", sid):
            await database.write_tokens(work, row[0], [])
        for table in ("line", "note", "tag", "secret"):
            await work.fetch(f"DELETE FROM {table} WHERE session_id = $1", sid)


async def _clear(vault: Vault, session_id: str) -> None:
    async with vault.index.database.transaction() as work:
        for table in TABLES:
            await work.fetch(f"DELETE FROM {table} WHERE session_id = $1", session_id)


async def _verify(vault: Vault, session_id: str, needles: Sequence[bytes]) -> None:
    """Raises ServiceFault (`forget_unfinished`) that says where something is left."""
    left = [f"pieces of it ({stored.name})" async for stored in vault.blobs.list(session_id)]
    for table in TABLES:
        sql = f"SELECT 1 FROM {table} WHERE session_id = $1 LIMIT 1"
        if await vault.index.database.fetch(sql, session_id):
            left.append(f"rows of it in {table}")
    if await vault.index.database.traces(needles):
        left.append("bytes of it in the index's files")
    if left:
        told = f"session {session_id} cannot be read any more, but there are still {left[0]}: forget it again"
        raise ServiceFault("forget_unfinished", told)


async def expire(vault: Vault, before: dict[str, int], by: str = "retention") -> list[str]:
    """See Archive. One that fails does not keep the others: it is told in the log, and tried again next time."""
    gone: list[str] = []
    due = list(
        await vault.index.database.fetch("SELECT tenant, session_id FROM tombstone WHERE done_at IS NULL")
    )
    for tenant, time in before.items():
        sql = "SELECT tenant, session_id FROM session WHERE tenant = $1 AND ended_at < $2 ORDER BY ended_at"
        due += await vault.index.database.fetch(sql, tenant, time)
    for tenant, session_id in due:
        try:
            await forget(vault, tenant, session_id, by)
            gone.append(session_id)
        except Fault as fault:
            log.warning("a session could not be forgotten", extra={"sid": session_id, "error": fault.code})
    return gone


async def sweep(vault: Vault, now: int) -> int:
    """Remove orphans: pieces, and half-written ones, that no row has named for an hour. How many there were."""
    removed = 0
    async for stored in vault.blobs.list():
        if stored.at > now - ORPHAN_MS:
            continue
        if stored.name.endswith(PARTIAL) or not await vault.index.known(stored.name):
            await vault.blobs.remove(stored.name)
            removed += 1
    return removed
