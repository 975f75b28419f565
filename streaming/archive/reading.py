"""The readers' side of the archive: lists, search, log, sound, cached copies."""

import asyncio
from collections.abc import AsyncIterator
from typing import Literal, cast

from streaming.archive.finding import Found, wanted_lines
from streaming.archive.index import Head, Piece
from streaming.archive.kept import Filter, Hit, Kept, Line, LogEntry, Sound
from streaming.archive.pieces import cut, place, silence, unpacked_log, unpacked_sound
from streaming.archive.ports import Hits, Page
from streaming.archive.sealing import Damaged, Seal
from streaming.archive.vault import Vault, kept_of
from streaming.archive.words import phrases, spans
from streaming.errors import ClientFault


async def sessions(vault: Vault, tenant: str, wanted: Filter, cursor: str, limit: int) -> Page:
    """See Archive."""
    roots = await vault.roots(tenant)
    heads, behind = await vault.finding.sessions(tenant, roots, wanted, cursor, limit)
    return Page([kept_of(head, await vault.seal(head)) for head in heads], behind)


async def search(vault: Vault, tenant: str, text: str, wanted: Filter, at: tuple[str, int]) -> Hits:
    """See Archive; `at`: cursor and limit."""
    asked = phrases(text)
    if not (roots := await vault.roots(tenant)):
        return Hits([])
    alternatives = [[[root.token(word) for word in phrase] for phrase in asked] for root in roots]
    found, behind = await vault.finding.lines(wanted_lines(tenant, roots, wanted), alternatives, *at)
    hits: list[Hit] = []
    seals: dict[str, tuple[Kept, Seal]] = {}
    for one in found:
        sid = one.head.session_id
        if sid not in seals:
            seal = await vault.seal(one.head)
            seals[sid] = (kept_of(one.head, seal), seal)
        kept, seal = seals[sid]
        line = _line(one, seal)
        hits.append(Hit(kept, line, spans(line.text, asked)))
    return Hits(hits, behind)


def _line(found: Found, seal: Seal) -> Line:
    """A line as it reads now: corrected, if it was."""
    kind = cast(Literal["speech", "text", "reply"], found.kind)
    if found.corrected is not None:
        text = seal.open(found.corrected, "correction", found.number)
    else:
        text = seal.open(found.text, f"line {found.kind}", found.number)
    times = (found.channel, found.start_ms, found.end_ms)
    return Line(kind, found.number, *times, text.decode(), found.language)


async def log(vault: Vault, tenant: str, session_id: str, after: str) -> AsyncIterator[LogEntry]:
    """See Archive."""
    try:
        last = place(after)
    except ValueError:
        raise ClientFault("bad_after", "`after` is the id of an event, such as 1700000000000-0") from None
    head, seal = await vault.opened(tenant, session_id)
    for piece in await vault.index.pieces(session_id, "log"):
        if (piece.last, piece.last_number) <= last:
            continue
        what = f"log {piece.first} of session {session_id}"
        sealed = await vault.read(head, piece.blob, what)
        entries = await asyncio.to_thread(_unsealed_log, seal, sealed, piece.first)
        for entry in entries:
            if place(entry.id) > last:
                yield entry


async def sound(vault: Vault, who: tuple[str, str], begin: int, end: int | None) -> AsyncIterator[Sound]:
    """See Archive; `who`: tenant and session. What never came is zeros."""
    head, seal = await vault.opened(*who)
    at = begin
    for piece in await vault.index.pieces(head.session_id, "sound"):
        if end is not None and at >= end:
            return
        if piece.last <= at:
            continue
        for gap in silence(at, piece.first if end is None else min(end, piece.first), piece.channels):
            yield gap
        if end is not None and end <= piece.first:
            return
        made = await _piece(vault, head, seal, piece)
        yield cut(made, at, end)
        at = piece.last


async def _piece(vault: Vault, head: Head, seal: Seal, piece: Piece) -> Sound:
    sealed = await sealed_sound(vault, head, piece)
    return await asyncio.to_thread(unsealed_sound, seal, sealed, piece)


async def sealed_sound(vault: Vault, head: Head, piece: Piece) -> bytes:
    """A piece's bytes, or those of the one that has its row now: some of its sound was silenced meanwhile. Raises as
    Vault.read does."""
    while True:
        try:
            return await vault.read(head, piece.blob, f"sound {piece.first} of session {head.session_id}")
        except Damaged:
            now = {one.first: one for one in await vault.index.pieces(head.session_id, "sound")}
            other = now.get(piece.first, piece)
            if other.blob == piece.blob:
                raise
            piece = other


def _unsealed_log(seal: Seal, sealed: bytes, number: int) -> list[LogEntry]:
    return unpacked_log(seal.open(sealed, "log", number))


def unsealed_sound(seal: Seal, sealed: bytes, piece: Piece) -> Sound:
    """What a piece's bytes are. Raises Damaged."""
    return unpacked_sound(seal.open(sealed, "sound", piece.first), piece.first, piece.channels)


async def cached(vault: Vault, tenant: str, session_id: str, name: str) -> bytes | None:
    """See Archive."""
    head, seal = await vault.opened(tenant, session_id)
    blob = await vault.index.copy(session_id, name)
    if blob is None:
        return None
    return seal.open(await vault.read(head, blob, f"copy {name} of session {session_id}"), "copy", name)


async def cache(vault: Vault, who: tuple[str, str], name: str, content: bytes) -> None:
    """See Archive; `who`: tenant and session."""
    _, seal = await vault.opened(*who)
    blob = await vault.write(who[1], seal.seal(content, "copy", name))
    replaced = await vault.index.put_copy(who[1], name, blob)
    if replaced is not None:
        await vault.blobs.remove(replaced)
