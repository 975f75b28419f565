"""What was said: the log as it is, the transcript made of it, files made of that, and what is found in it."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec
from starlette.responses import Response

from streaming.archive.export.finding import found_in
from streaming.archive.export.reading import Reading, standing
from streaming.archive.export.table import as_csv, as_parquet
from streaming.archive.export.text import srt, txt, vtt
from streaming.archive.export.transcript import Transcript
from streaming.archive.kept import Kept, Note
from streaming.ingress.rest.answering import attached, json, streamed
from streaming.ingress.rest.queries import EventsQuery, ExportQuery, FindQuery, NoQuery, SearchQuery
from streaming.ingress.rest.route import Call
from streaming.ingress.rest.shapes import Exported, Found, Place
from streaming.wire.native import joined

MEDIA = {
    "srt": "application/x-subrip; charset=utf-8",
    "vtt": "text/vtt; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
CHUNK = 1 << 16


async def events(call: Call[EventsQuery, None]) -> Response:
    """An entry a line, its id joined on: what every viewer of the session was sent."""
    session = await call.archive.session(call.reader.tenant, call.session_id)
    headers = attached(session, "ndjson", inline=True)
    return await streamed(_lines(call), "application/x-ndjson", headers)


async def _lines(call: Call[EventsQuery, None]) -> AsyncIterator[bytes]:
    part = bytearray()
    async for entry in call.archive.log(call.reader.tenant, call.session_id, call.query.after):
        part += joined(entry.id, entry.body).encode() + b"\n"
        if len(part) >= CHUNK:
            yield bytes(part)
            part.clear()
    yield bytes(part)


async def transcript(call: Call[NoQuery, None]) -> Response:
    """As it stands now."""
    with call.gateway.exported():
        return json((await _read(call))[2])


async def _read(call: Call[NoQuery, None] | Call[ExportQuery, None] | Call[FindQuery, None]):
    """The session, its notes that hold, and its transcript."""
    tenant, sid = call.reader.tenant, call.session_id
    session = await call.archive.session(tenant, sid)
    notes = await call.archive.notes(tenant, sid)
    reading = Reading()
    async for entry in call.archive.log(tenant, sid):
        reading.take(entry)
    made = await asyncio.to_thread(reading.transcript, session, notes)
    return session, standing(made, notes), made


async def export(call: Call[ExportQuery, None]) -> Response:
    """A file, named after the session."""
    form = call.query.format
    with call.gateway.exported():
        session, notes, made = await _read(call)
        body = await asyncio.to_thread(_file, call.query, session, notes, made)
    headers = attached(session, form)
    return Response(body, 200, headers, MEDIA[form])


def _file(query: ExportQuery, session: Kept, notes: Sequence[Note], made: Transcript) -> bytes:
    match query.format:
        case "srt":
            return "".join(srt(made)).encode()
        case "vtt":
            return "".join(vtt(made)).encode()
        case "txt":
            return "".join(txt(made)).encode()
        case "json":
            return msgspec.json.encode(Exported(session, list(notes), made))
        case "csv":
            return "".join(as_csv(made, query.by)).encode()
        case "parquet":
            return as_parquet(made, query.by)


async def search(call: Call[SearchQuery, None]) -> Response:
    """In all sessions."""
    query = call.query
    tenant = call.reader.tenant
    hits = await call.archive.search(tenant, query.q, query.filter(), cursor=query.cursor, limit=query.limit)
    return json(
        Found([Place(hit.session, hit.line, hit.spans, hit.line.start_ms) for hit in hits.hits], hits.cursor)
    )


async def find(call: Call[FindQuery, None]) -> Response:
    """In one session: to the word."""
    with call.gateway.exported():
        session, _, made = await _read(call)
        found = await asyncio.to_thread(found_in, made, call.query.q)
    return json(Found([Place(session, line, spans, at_ms) for line, spans, at_ms in found]))
