"""The recorder's side of the archive: a batch becomes pieces and rows, once."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from streaming.archive.database import Transaction
from streaming.archive.index import Added, Head, Piece, Replaced, Sealed
from streaming.archive.kept import Batch, Kept, Line, LogEntry, Note, Progress, Sound
from streaming.archive.pieces import beyond, chunks, packed_log, packed_sound, pieces, place, silenced
from streaming.archive.resealing import resealed
from streaming.archive.sealing import Root, Seal
from streaming.archive.vault import SESSION, Forgotten, Vault
from streaming.archive.words import words
from streaming.audio import MAX_CHANNELS
from streaming.errors import ClientFault, ServiceFault

TRIES = 3


class _Packed(NamedTuple):
    """A sealed piece that has no name yet; `size` is added to the session's."""

    piece: Piece
    content: bytes


async def keep(vault: Vault, batch: Batch) -> Progress:
    """See Archive.keep. Raises Forgotten for a session that was forgotten."""
    _check(batch)
    for _ in range(TRIES):
        head = await vault.index.head(batch.session.session_id)
        await _check_owner(vault, batch.session, head)
        progress = head.progress if head else Progress()
        sound, log = beyond(batch, progress)
        if (batch.sound or batch.log) and not sound and not log:
            return progress
        if (kept := await _step(vault, batch, head, (sound, log))) is not None:
            return kept
    raise ServiceFault(
        "archive_down", f"session {batch.session.session_id} is being kept by somebody else too"
    )


async def _step(
    vault: Vault, batch: Batch, head: Head | None, new: tuple[list[Sound], list[LogEntry]]
) -> Progress | None:
    """Write what is new; None if somebody else wrote meanwhile."""
    session = batch.session
    if head is None:
        root, seal = await vault.newest_root(session.tenant), Seal.fresh(session.session_id)
        first = Head(session.session_id, session.tenant, "open", 0, 0, 0, 0, 0, b"", root.name, b"")
        old = msgspec.structs.replace(first, wrapped=seal.wrapped(root, session.tenant))
    else:
        root = await asyncio.to_thread(vault.keyring.root, head.tenant, head.root)
        seal, old = Seal.unwrapped(head.session_id, head.wrapped, root, head.tenant), head
    sound = [silenced(one, session.silenced) for one in new[0]]
    packed = await asyncio.to_thread(_pack, seal, old.chunks, sound, new[1])
    replaced = await resealed(vault, seal, head, session.silenced)
    written: list[Piece] = []
    for one in packed:
        blob = await vault.write(session.session_id, one.content)
        written.append(msgspec.structs.replace(one.piece, blob=blob))
    if head is None and (await vault.newest_root(session.tenant)).name != root.name:
        return None  # the tenant got a new key meanwhile
    added = _added(batch, _moved(old, written, replaced), written, (root, seal))
    added = msgspec.structs.replace(added, replaced=replaced)

    async def lapse(work: Transaction, number: int) -> None:
        await _lapse(work, seal, session.session_id, number)

    left = await vault.index.add(added, head, lapse)
    mine = [piece.blob for piece in (*written, *(one.piece for one in replaced))]
    for blob in mine if left is None else left:
        await vault.blobs.remove(blob)
    return None if left is None else added.head.progress


async def _lapse(work: Transaction, seal: Seal, session_id: str, number: int) -> None:
    """Take the corrections of segment `number` away: moderation has changed it since."""
    sql = "SELECT note_id, content FROM note WHERE session_id = $1"
    for note_id, content in await work.fetch(sql, session_id):
        note = msgspec.json.decode(seal.open(content, "note", note_id), type=Note)
        if note.kind == "correction" and note.number == number:
            sql = "DELETE FROM note WHERE session_id = $1 AND note_id = $2"
            await work.fetch(sql, session_id, note_id)


def _check(batch: Batch) -> None:
    if not SESSION.fullmatch(batch.session.session_id):
        raise ClientFault("bad_session", "a session's id is 1 to 64 letters, digits, - or _")
    for sound in batch.sound:
        if (
            not 1 <= sound.channels <= MAX_CHANNELS
            or sound.begin < 0
            or len(sound.pcm) % (2 * sound.channels)
        ):
            raise ClientFault("bad_sound", f"the sound at sample {sound.begin} is no whole number of samples")


async def _check_owner(vault: Vault, session: Kept, head: Head | None) -> None:
    if await vault.index.buried(session.session_id) is not None:
        raise Forgotten(session.session_id)
    if head is not None and head.tenant != session.tenant:
        raise ClientFault("bad_session", f"session {session.session_id} is another tenant's")


def _pack(seal: Seal, chunk: int, sound: Sequence[Sound], log: Sequence[LogEntry]) -> list[_Packed]:
    """Pieces of sound and chunks of the log, sealed."""
    made: list[_Packed] = []
    for one in pieces(sound):
        content = seal.seal(packed_sound(one), "sound", one.begin)
        made.append(_Packed(Piece("", "sound", one.begin, one.end, 0, one.channels, len(content)), content))
    for number, entries in enumerate(chunks(log), chunk):
        content = seal.seal(packed_log(entries), "log", number)
        ms, last = place(entries[-1].id)
        made.append(_Packed(Piece("", "log", number, ms, last, 0, len(content)), content))
    return made


def _moved(head: Head, written: Sequence[Piece], replaced: Sequence[Replaced]) -> Head:
    """The session's row with these pieces."""
    size = head.size + sum(one.piece.size - one.size for one in replaced)
    for piece in written:
        size += piece.size
        if piece.kind == "sound":
            head = msgspec.structs.replace(head, samples=piece.last)
        else:
            place = {"last_ms": piece.last, "last_number": piece.last_number, "chunks": piece.first + 1}
            head = msgspec.structs.replace(head, **place)
    return msgspec.structs.replace(head, size=size)


def _added(batch: Batch, head: Head, written: Sequence[Piece], keys: tuple[Root, Seal]) -> Added:
    root, seal = keys
    session = batch.session
    details = seal.seal(msgspec.json.encode(session), "session", 0)
    tags = [("language", language) for language in session.languages]
    tags += [("verdict", verdict) for verdict in session.verdicts]
    tags += [("metadata", root.tag(key, value)) for key, value in session.metadata.items()]
    return Added(
        msgspec.structs.replace(head, details=details),
        session,
        written,
        [sealed_line(line, root, seal) for line in batch.lines],
        tags,
    )


def sealed_line(line: Line, root: Root, seal: Seal) -> Sealed:
    """A line as it is kept."""
    text = seal.seal(line.text.encode(), f"line {line.kind}", line.number)
    return Sealed(
        line.kind,
        line.number,
        line.channel,
        line.start_ms,
        line.end_ms,
        line.language,
        text,
        tokens(line.text, root),
    )


def tokens(text: str, root: Root) -> list[str]:
    """The words of a text, blind, in order."""
    return [root.token(word.text) for word in words(text)]
