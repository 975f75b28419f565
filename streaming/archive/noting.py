"""What readers add to a session: sealed like the rest. A corrected line is found by its correction."""

from collections.abc import Sequence
from typing import Final

import msgspec

from streaming.archive.database import Transaction
from streaming.archive.index import Head
from streaming.archive.keeping import tokens
from streaming.archive.kept import Note
from streaming.archive.sealing import Root, Seal
from streaming.archive.vault import Vault, unknown
from streaming.errors import ClientFault

MOST: Final = 2_000
"""Notes of one session: all of them are read whenever one is looked for."""
SPOKEN = "session_id = $1 AND number = $2 AND kind IN ('speech', 'text')"


async def notes(vault: Vault, tenant: str, session_id: str) -> list[Note]:
    """See Archive."""
    head, seal = await vault.opened(tenant, session_id)
    sql = "SELECT note_id, content FROM note WHERE session_id = $1 ORDER BY note_id"
    return [_opened(seal, *row) for row in await vault.index.database.fetch(sql, head.session_id)]


async def annotate(vault: Vault, tenant: str, session_id: str, note: Note) -> Note:
    """See Archive. Raises ClientFault (`unknown_segment`) for a correction of what is not there, and
    (`too_many_notes`) when a session has as many as it may."""
    head, seal = await vault.opened(tenant, session_id)
    root = vault.keyring.root(tenant, head.root)
    async with vault.index.database.transaction(session_id) as work:
        sql = "UPDATE session SET notes = notes + 1 WHERE session_id = $1 RETURNING notes"
        if not (rows := await work.fetch(sql, session_id)):
            raise unknown(session_id)
        if (await work.fetch("SELECT count(*) FROM note WHERE session_id = $1", session_id))[0][0] >= MOST:
            told = f"session {session_id} has {MOST} notes, and no room for more: take some away first"
            raise ClientFault("too_many_notes", told)
        made = msgspec.structs.replace(note, note_id=rows[0][0])
        content = seal.seal(msgspec.json.encode(made), "note", made.note_id)
        sql = "INSERT INTO note (session_id, note_id, content) VALUES ($1, $2, $3)"
        await work.fetch(sql, session_id, made.note_id, content)
        if made.kind == "correction":
            await _correct(vault, work, (head, seal, root), made.number)
    return made


async def erase_note(vault: Vault, tenant: str, session_id: str, note_id: int) -> None:
    """See Archive. Raises ClientFault (`unknown_note`)."""
    head, seal = await vault.opened(tenant, session_id)
    root = vault.keyring.root(tenant, head.root)
    async with vault.index.database.transaction(session_id) as work:
        sql = "DELETE FROM note WHERE session_id = $1 AND note_id = $2 RETURNING content"
        if not (rows := await work.fetch(sql, session_id, note_id)):
            raise ClientFault("unknown_note", f"session {session_id} has no note {note_id}")
        gone = _opened(seal, note_id, rows[0][0])
        if gone.kind == "correction":
            await _correct(vault, work, (head, seal, root), gone.number)


async def _correct(vault: Vault, work: Transaction, of: tuple[Head, Seal, Root], number: int | None) -> None:
    """The line of segment `number` reads, and is found, as its newest correction says, or as it was said."""
    head, seal, root = of
    if number is None:
        raise ClientFault("unknown_segment", "a correction needs the `number` of its segment")
    sql = f"SELECT line_id, kind, text FROM line WHERE {SPOKEN}"
    if not (lines := await work.fetch(sql, head.session_id, number)):
        raise ClientFault("unknown_segment", f"session {head.session_id} has no segment {number} to correct")
    line_id, kind, original = lines[0]
    sql = "SELECT note_id, content FROM note WHERE session_id = $1 ORDER BY note_id"
    newest = _newest([_opened(seal, *row) for row in await work.fetch(sql, head.session_id)], number)
    if newest is None:
        corrected, text = None, seal.open(original, f"line {kind}", number).decode()
    else:
        corrected, text = seal.seal(newest.text.encode(), "correction", number), newest.text
    await work.fetch("UPDATE line SET corrected = $2 WHERE line_id = $1", line_id, corrected)
    await vault.index.database.write_tokens(work, line_id, tokens(text, root))


def _newest(all_notes: Sequence[Note], number: int) -> Note | None:
    found = [note for note in all_notes if note.kind == "correction" and note.number == number]
    return found[-1] if found else None


def _opened(seal: Seal, note_id: int, content: bytes) -> Note:
    return msgspec.json.decode(seal.open(content, "note", note_id), type=Note)
