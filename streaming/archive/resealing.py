"""Sound that is kept already, and is to be silent: the piece is made anew, and takes the row of the old one in the
transaction that keeps the verdict. Before that nothing has happened; after it the old piece is an orphan."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from streaming.archive.index import Head, Piece, Replaced
from streaming.archive.kept import Silence
from streaming.archive.pieces import packed_sound, silenced
from streaming.archive.reading import sealed_sound, unsealed_sound
from streaming.archive.sealing import Seal
from streaming.archive.vault import Vault, kept_of


async def resealed(
    vault: Vault, seal: Seal, head: Head | None, silences: Sequence[Silence]
) -> list[Replaced]:
    """New pieces, written, of all that is kept and has sound where one of `silences` is that was not known before."""
    known = set(kept_of(head, seal).silenced) if head else set[Silence]()
    fresh = [one for one in silences if one not in known]
    if head is None or not fresh:
        return []
    begin, end = min(one.begin for one in fresh), max(one.end for one in fresh)
    made: list[Replaced] = []
    for piece in await vault.index.pieces(head.session_id, "sound"):
        if piece.first < end and piece.last > begin:
            sealed = await sealed_sound(vault, head, piece)
            content = await asyncio.to_thread(_anew, seal, sealed, piece, fresh)
            if content is not None:
                blob = await vault.write(head.session_id, content)
                made.append(Replaced(piece.blob, replace(piece, blob=blob, size=len(content)), piece.size))
    return made


def _anew(seal: Seal, sealed: bytes, piece: Piece, silences: Sequence[Silence]) -> bytes | None:
    sound = unsealed_sound(seal, sealed, piece)
    quiet = silenced(sound, silences)
    return None if quiet is sound else seal.seal(packed_sound(quiet), "sound", piece.first)
