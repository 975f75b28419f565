"""The picture of a session's sound: made once, cached with the session, and continued while that goes on."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from streaming.archive.export.envelope import SAMPLES, Envelope, Int8
from streaming.archive.export.sound import Whole
from streaming.archive.kept import Kept, Sound
from streaming.archive.ports import Archive

NAME: Final = "peaks"
GROWN: Final = 1.25
"""While a session goes on its picture is put aside only when it is so many times as long as the one that was: each time
is a new piece in the archive."""


async def picture(archive: Archive, session: Kept) -> Int8:
    """The lowest and highest samples of all whole 10 ms that are kept. Of what was cached nothing is made again: a
    session whose picture was made when it ended opens at once. Raises as Archive does."""
    tenant, sid = session.tenant, session.session_id
    envelope = Envelope(session.channels, await archive.cached(tenant, sid, NAME) or b"")
    known = envelope.samples
    end = (await archive.progress(sid)).samples // SAMPLES * SAMPLES
    if envelope.samples < end:
        async for piece in stretch(archive, session, envelope.samples, end):
            await asyncio.to_thread(envelope.push, piece.pcm)
        if session.state != "open" or envelope.samples >= GROWN * known:
            await archive.cache(tenant, sid, NAME, envelope.pairs().tobytes())
    return envelope.pairs()


async def stretch(archive: Archive, session: Kept, begin: int, end: int) -> AsyncIterator[Sound]:
    """The sound from sample `begin` to `end` without a break: what never came is silence."""
    whole = Whole(begin, session.channels)
    async for piece in archive.sound(session.tenant, session.session_id, begin, end):
        for one in whole.take(piece):
            yield one
    for one in whole.rest(end):
        yield one
