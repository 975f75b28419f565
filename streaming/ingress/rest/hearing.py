"""Sound as a file, and its picture."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from starlette.responses import Response, StreamingResponse

from streaming.archive.export.envelope import Int8, coarser
from streaming.archive.export.sound import Encoder, Wav, of_channel
from streaming.archive.kept import Kept
from streaming.archive.picture import picture, stretch
from streaming.archive.ports import Archive
from streaming.audio import RATE
from streaming.errors import ClientFault
from streaming.ingress.rest.answering import attached, json, streamed
from streaming.ingress.rest.queries import AudioQuery, PeaksQuery
from streaming.ingress.rest.route import Call
from streaming.ingress.rest.shapes import ChannelPeaks, Peaks
from streaming.ingress.rest.span import wanted

MEDIA = {"wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg"}


class Stretch(msgspec.Struct, frozen=True):
    """Some of a session's sound: samples [begin, end), of one channel or all."""

    session: Kept
    begin: int
    end: int
    channel: int | None

    @property
    def channels(self) -> int:
        """That the file has."""
        return self.session.channels if self.channel is None else 1


async def audio(call: Call[AudioQuery, None]) -> Response:
    """WAV can be had in parts, and says how long it is; the others are written as they are sent."""
    some = await _stretch(call)
    form = call.query.format
    headers = {**attached(some.session, form, inline=True), "accept-ranges": "none"}
    if form == "wav":
        return _wav(call, some, headers)
    encoder = Encoder(form, some.channels, some.end - some.begin)
    return await streamed(_encoded(call, some, encoder), MEDIA[form], headers)


async def _stretch(call: Call[AudioQuery, None]) -> Stretch:
    session = await call.archive.session(call.reader.tenant, call.session_id)
    samples = (await call.archive.progress(call.session_id)).samples
    if not session.channels or not samples:
        raise ClientFault("no_sound", "no sound of this session is kept")
    query = call.query
    if query.channel is not None and query.channel >= session.channels:
        raise ClientFault("bad_request", f"channel is 0 to {session.channels - 1} in this session")
    begin = query.begin_ms * RATE // 1000
    end = samples if query.end_ms is None else min(samples, query.end_ms * RATE // 1000)
    if begin >= end:
        told = f"there is no sound there: begin_ms is below end_ms and below {samples * 1000 // RATE}"
        raise ClientFault("bad_request", told)
    return Stretch(session, begin, end, query.channel)


def _wav(call: Call[AudioQuery, None], some: Stretch, headers: dict[str, str]) -> Response:
    wav = Wav(some.channels, some.end - some.begin)
    asked = call.request.headers
    tag = f'"{some.session.session_id}-{some.begin}-{some.end}-{some.channel}"'
    headers |= {"accept-ranges": "bytes", "etag": tag}
    whole = asked.get("if-range", tag) != tag
    part = None if whole else wanted(asked.get("range"), wav.size)
    first, last = part or (0, wav.size - 1)
    headers["content-length"] = str(last + 1 - first)
    if part:
        headers["content-range"] = f"bytes {first}-{last}/{wav.size}"
    body = _written(call.archive, some, wav, (first, last))
    return StreamingResponse(body, 206 if part else 200, headers, MEDIA["wav"])


async def _written(archive: Archive, some: Stretch, wav: Wav, part: tuple[int, int]) -> AsyncIterator[bytes]:
    """The bytes [first, last] of the file."""
    head, begin, end, skipped = wav.within(*part)
    if head:
        yield head
    left = part[1] + 1 - part[0] - len(head)
    async for piece in stretch(archive, some.session, some.begin + begin, some.begin + end):
        pcm = of_channel(piece, some.channel).pcm[skipped:][:left]
        skipped, left = 0, left - len(pcm)
        yield pcm


async def _encoded(call: Call[AudioQuery, None], some: Stretch, encoder: Encoder) -> AsyncIterator[bytes]:
    with call.gateway.exported():
        async for piece in stretch(call.archive, some.session, some.begin, some.end):
            if made := await asyncio.to_thread(encoder.push, of_channel(piece, some.channel).pcm):
                yield made
        yield await asyncio.to_thread(encoder.finish)


async def peaks(call: Call[PeaksQuery, None]) -> Response:
    """From the picture that the archive has cached, or has not yet."""
    session = await call.archive.session(call.reader.tenant, call.session_id)
    per_second = call.query.per_second
    if not session.channels:
        return json(Peaks(per_second, session.duration_ms, []))
    pairs = await picture(call.archive, session)
    return await asyncio.to_thread(_drawn, pairs, per_second, session)


def _drawn(pairs: Int8, per_second: int, session: Kept) -> Response:
    """In a thread: of hours it takes long enough to be heard by whoever speaks meanwhile."""
    pairs = coarser(pairs, per_second)
    channels = [
        ChannelPeaks(pairs[:, channel, 0].tolist(), pairs[:, channel, 1].tolist())
        for channel in range(session.channels)
    ]
    return json(Peaks(per_second, session.duration_ms, channels))
