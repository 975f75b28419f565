"""A tenant gets a new key: data keys are wrapped anew, and lines and metadata are found by new tokens.

Sound and logs stay as they are. Until all is done both keys open, and both are searched for; then the old one goes, and
with it whatever is only wrapped by it: copies of the index in old backups, say.
"""

import asyncio
from typing import Final

from streaming.archive.index import HEAD, Head
from streaming.archive.keeping import tokens
from streaming.archive.sealing import Root, Seal
from streaming.archive.vault import Vault, kept_of

GRACE_S: Final = 2.0
"""A step that looked for the newest key before it was new is over after this, or begins again."""

OLD: Final = (
    "SELECT s.session_id FROM session s JOIN secret k ON k.session_id = s.session_id "
    "WHERE s.tenant = $1 AND k.root <> $2"
)


async def rekey(vault: Vault, tenant: str) -> int:
    """How many sessions have a new key. Whoever is cut off calls again. Raises ServiceFault."""
    roots = await asyncio.to_thread(vault.keyring.roots, tenant)
    root = roots[0] if len(roots) > 1 else await asyncio.to_thread(vault.keyring.turn, tenant)
    done = await _all(vault, tenant, root)
    await asyncio.sleep(GRACE_S)
    done += await _all(vault, tenant, root)
    await asyncio.to_thread(vault.keyring.drop_old, tenant)
    await vault.index.database.purge()
    return done


async def _all(vault: Vault, tenant: str, root: Root) -> int:
    done = 0
    for (session_id,) in await vault.index.database.fetch(OLD, tenant, root.name):
        done += await _one(vault, session_id, root)
    return done


async def _one(vault: Vault, session_id: str, root: Root) -> bool:
    """Whether the session was still there."""
    database = vault.index.database
    async with database.transaction(session_id) as work:
        sql = f"SELECT {HEAD} FROM session s JOIN secret k ON k.session_id = s.session_id WHERE s.session_id = $1"
        if not (rows := await work.fetch(sql, session_id)):
            return False
        head = Head(*rows[0])
        seal = await vault.seal(head)
        sql = "UPDATE secret SET root = $2, wrapped = $3 WHERE session_id = $1"
        await work.fetch(sql, session_id, root.name, seal.wrapped(root, head.tenant))
        await work.fetch("DELETE FROM tag WHERE session_id = $1 AND kind = 'metadata'", session_id)
        for key, value in kept_of(head, seal).metadata.items():
            sql = "INSERT INTO tag (session_id, kind, value) VALUES ($1, 'metadata', $2)"
            await work.fetch(sql, session_id, root.tag(key, value))
        sql = "SELECT line_id, kind, number, text, corrected FROM line WHERE session_id = $1"
        for line_id, kind, number, text, corrected in await work.fetch(sql, session_id):
            read = _text(seal, (kind, number), text, corrected)
            await database.write_tokens(work, line_id, tokens(read, root))
    return True


def _text(seal: Seal, line: tuple[str, int], text: bytes, corrected: bytes | None) -> str:
    kind, number = line
    if corrected is not None:
        return seal.open(corrected, "correction", number).decode()
    return seal.open(text, f"line {kind}", number).decode()
