"""What readers add to a session, and leave to hear it without a key."""

from starlette.responses import Response

from streaming.archive.kept import Note
from streaming.clock import now_ms
from streaming.errors import ClientFault
from streaming.ingress.rest import ticket as tickets
from streaming.ingress.rest.acting import going_on
from streaming.ingress.rest.answering import PRIVATE, json
from streaming.ingress.rest.queries import NoQuery
from streaming.ingress.rest.route import Call
from streaming.ingress.rest.shapes import NoteAsked, SessionTicketAsked

LONGEST = 8_000
CLIENT = "client"
"""Who wrote it, when that was the session's own client."""


async def add(call: Call[NoQuery, NoteAsked]) -> Response:
    """A note, a bookmark, or a correction."""
    asked = call.body
    _check(asked)
    note = Note(
        note_id=0,
        kind=asked.kind,
        author=call.reader.name or CLIENT,
        made_at=now_ms(),
        at_ms=asked.at_ms,
        number=asked.number if asked.kind == "correction" else None,
        text=asked.text.strip(),
    )
    return json(await call.archive.annotate(call.reader.tenant, call.session_id, note), 201)


def _check(asked: NoteAsked) -> None:
    wrong = ""
    if asked.kind == "correction" and asked.number is None:
        wrong = "a correction needs the number of its segment"
    elif asked.kind == "note" and not asked.text.strip():
        wrong = "a note needs a text"
    elif len(asked.text) > LONGEST:
        wrong = f"text has at most {LONGEST} characters"
    if wrong:
        raise ClientFault("bad_request", wrong)


async def erase(call: Call[NoQuery, None]) -> Response:
    """It is gone; a correction no longer holds."""
    await call.archive.erase_note(call.reader.tenant, call.session_id, call.number("note_id"))
    return Response(status_code=204, headers=PRIVATE)


async def ticket(call: Call[NoQuery, SessionTicketAsked]) -> Response:
    """For a session of this reader's, kept or going on."""
    tenant, sid, bus = call.reader.tenant, call.session_id, call.gateway.bus
    if not await going_on(bus, sid, tenant):
        await call.archive.session(tenant, sid)
    return json(tickets.issued(call.gateway.server, call.reader, sid, call.body, now_ms()))
