"""The end of a session: its key first, then all else, and a look whether anything is left.

1. In one transaction: the wrapped key is overwritten and deleted, rows with content go, a tombstone stands. From here
   on nothing of the session can be read or added, whatever happens next.
2. Its live part (streams in Redis, and their append-only file) is erased, and its pieces are removed.
3. The last rows go; the database's files are purged; and what was the session's is looked for in them.

Whoever is cut off in the middle calls again: an unfinished tombstone is gone on with.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from streaming.archive.blobs import PARTIAL
from streaming.archive.index import Head
from streaming.archive.kept import Kept
from streaming.archive.retiring import ANYBODY
from streaming.archive.vault import Vault, kept_of, unfinished, unknown
from streaming.errors import ServiceFault

UNFINISHED: Final = "SELECT tenant, session_id FROM tombstone WHERE done_at IS NULL"
ENDED: Final = (
    "SELECT tenant, session_id FROM session WHERE tenant = $1 AND ended_at < $2 ORDER BY started_at"
)
"""One that is still open has no end, however long ago it began: nobody may forget what is being said."""
THERE: Final = "SELECT 1 FROM {} WHERE session_id = $1 LIMIT 1"
TABLES: Final = ("line", "note", "tag", "secret", "piece", "copy", "session")
NEEDLES: Final = 32
"""Of each kind, that are looked for: all go the same way."""

ORPHAN_MS: Final = 3_600_000
"""A piece that no row names is an orphan after an hour: until then it may be part of a step that goes on."""


class _Buried(Struct, frozen=True):
    """A session that cannot be read any more. `needles`: bytes that must be nowhere in the end."""

    tombstone: Kept
    needles: Sequence[bytes]


async def forget(vault: Vault, tenant: str, session_id: str, by: str) -> Kept:
    """See Archive."""
    buried = await _bury(vault, tenant, session_id, by)
    await vault.index.database.purge()
    await _verify(vault, buried)
    return buried.tombstone


async def expire(vault: Vault, before: Mapping[str, int], by: str = "retention") -> list[str]:
    """See Archive. One that fails does not keep the others: it is told in the log, and tried again next time.

    What was begun earlier and not finished is gone on with.
    """
    due = list(await vault.index.database.fetch(UNFINISHED))
    tenants = [row[0] for row in await vault.index.database.fetch("SELECT DISTINCT tenant FROM session")]
    times = {tenant: before.get(tenant, before.get(ANYBODY)) for tenant in tenants}
    for tenant, time in times.items():
        if time is None:
            continue
        due += await vault.index.database.fetch(ENDED, tenant, time)
    buried: list[_Buried] = []
    for tenant, session_id in due:
        with unfinished(session_id, "forgotten"):
            buried.append(await _bury(vault, tenant, session_id, by))
    if buried:
        await vault.index.database.purge()
    gone: list[str] = []
    for one in buried:
        with unfinished(one.tombstone.session_id, "forgotten"):
            await _verify(vault, one)
            gone.append(one.tombstone.session_id)
    return gone


async def _bury(vault: Vault, tenant: str, session_id: str, by: str) -> _Buried:
    """Everything but the purge, and the look whether it was one."""
    found = await vault.index.buried(session_id)
    if found is not None and (found.tenant != tenant or found.done):
        raise unknown(session_id)
    sql = "SELECT blob FROM piece WHERE session_id = $1 LIMIT $2"
    rows = await vault.index.database.fetch(sql, session_id, NEEDLES)
    needles: list[bytes] = [row[0].encode() for row in rows]
    if found is None:
        head = await vault.head(tenant, session_id)
        needles += await _needles(vault, head)
        tombstone = await _tombstone(vault, head)
        await _shred(vault, head, tombstone, by)
    else:
        tombstone = msgspec.json.decode(found.details, type=Kept)
    await vault.erase_live(session_id)
    await vault.blobs.drop(session_id)
    async with vault.index.database.transaction(session_id) as work:
        for table in TABLES:
            await work.fetch(f"DELETE FROM {table} WHERE session_id = $1", session_id)
    return _Buried(tombstone, needles)


async def _tombstone(vault: Vault, head: Head) -> Kept:
    """What may be known of a session that was forgotten. One whose key is lost can be forgotten too."""
    try:
        kept = kept_of(head, await vault.seal(head))
    except ServiceFault:
        kept = Kept(head.session_id, head.tenant, "transcribe", 0)
    return Kept(
        *(head.session_id, head.tenant),
        mode=kept.mode,
        started_at=kept.started_at,
        ended_at=kept.ended_at,
        state="forgotten",
    )


async def _needles(vault: Vault, head: Head) -> list[bytes]:
    """The beginnings (random nonces) of the wrapped key, the sealed row and some sealed lines."""
    sql = "SELECT text FROM line WHERE session_id = $1 LIMIT $2"
    rows = await vault.index.database.fetch(sql, head.session_id, NEEDLES)
    return [bytes(one)[:24] for one in (head.wrapped, head.details, *(row[0] for row in rows))]


async def _shred(vault: Vault, head: Head, tombstone: Kept, by: str) -> None:
    sid, database = head.session_id, vault.index.database
    async with database.transaction(sid) as work:
        if not await work.fetch("SELECT 1 FROM session WHERE session_id = $1", sid):
            raise unknown(sid)
        await work.fetch(
            "INSERT INTO tombstone (session_id, tenant, details, forgotten_at, forgotten_by) "
            "VALUES ($1, $2, $3, $4, $5)",
            *(sid, head.tenant, msgspec.json.encode(tombstone), vault.now(), by),
        )
        shred = secrets.token_bytes(len(head.wrapped))
        await work.fetch("UPDATE secret SET wrapped = $2 WHERE session_id = $1", sid, shred)
        await database.drop_tokens(work, sid)
        for table in ("line", "note", "tag", "secret"):
            await work.fetch(f"DELETE FROM {table} WHERE session_id = $1", sid)


async def _verify(vault: Vault, buried: _Buried) -> None:
    """Finish the tombstone if nothing is left. Raises ServiceFault (`forget_unfinished`) that says what is."""
    session_id, database = buried.tombstone.session_id, vault.index.database
    left = [f"pieces of it ({stored.name})" async for stored in vault.blobs.list(session_id)]
    left += [
        f"rows of it in {table}" for table in TABLES if await database.fetch(THERE.format(table), session_id)
    ]
    if await database.traces(buried.needles):
        left.append("bytes of it in the index's files")
    if left:
        told = f"session {session_id} cannot be read any more, but there are still {left[0]}: forget it again"
        raise ServiceFault("forget_unfinished", told)
    async with database.transaction(session_id) as work:
        sql = "UPDATE tombstone SET done_at = $2 WHERE session_id = $1"
        await work.fetch(sql, session_id, vault.now())


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
