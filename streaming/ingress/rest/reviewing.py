"""The review queue: flags of recorded sessions that moderation was not sure of, and what readers decide on them.

Nothing is stored for it but the decisions: the flags are read from the sessions' logs whenever somebody asks.
"""

import functools

from starlette.responses import Response

from streaming.archive.export.flags import Flag, Flags
from streaming.archive.kept import Kept, Note
from streaming.archive.ports import Page
from streaming.clock import now_ms
from streaming.errors import ClientFault
from streaming.ingress.rest.answering import json
from streaming.ingress.rest.noting import LONGEST
from streaming.ingress.rest.queries import NoQuery, ReviewQuery
from streaming.ingress.rest.route import Call
from streaming.ingress.rest.shapes import Decided, Review, Reviews


async def queue(call: Call[ReviewQuery, None]) -> Response:
    """The flags of a page of sessions."""
    with call.gateway.exported():
        page = await _page(call)
        found = [one for session in page.sessions for one in await _reviews(call, session)]
    state = call.query.state
    wanted = [one for one in found if state == "all" or bool(one.decisions) == (state == "decided")]
    return json(Reviews(wanted, page.cursor))


async def _page(call: Call[ReviewQuery, None]) -> Page:
    tenant, query = call.reader.tenant, call.query
    if query.session:
        return Page([await call.archive.session(tenant, query.session)])
    return await call.archive.sessions(tenant, query.filter(), cursor=query.cursor, limit=query.limit)


async def _reviews(call: Call[ReviewQuery, None], session: Kept) -> list[Review]:
    """Of one session; none of one that is forgotten meanwhile."""
    if not session.verdicts:
        return []  # then its log need not be read
    try:
        flags = await _flags(call, session.session_id)
        notes = await call.archive.notes(call.reader.tenant, session.session_id) if flags else []
    except ClientFault as fault:
        if fault.code != "unknown_session" or call.query.session:
            raise
        return []
    return [
        Review(session.session_id, flag, [note for note in notes if note.event == flag.event])
        for flag in flags
    ]


async def _flags(call: Call[ReviewQuery, None] | Call[NoQuery, Decided], session_id: str) -> list[Flag]:
    tenant = call.reader.tenant
    flags = Flags(functools.partial(call.gateway.blocked_from, tenant))
    async for entry in call.archive.log(tenant, session_id):
        flags.take(entry)
    return flags.found()


async def decide(call: Call[NoQuery, Decided]) -> Response:
    """A note of the session. A decision that is there already stays, and no longer holds."""
    event, asked = call.request.path_params["event_id"], call.body
    if len(asked.note) > LONGEST:
        raise ClientFault("bad_request", f"note has at most {LONGEST} characters")
    with call.gateway.exported():
        flags = await _flags(call, call.session_id)
    if not any(flag.event == event for flag in flags):
        told = (
            f"session {call.session_id} has no flag {event} to review: GET /v1/review tells which there are"
        )
        raise ClientFault("unknown_flag", told)
    note = Note(
        note_id=0,
        kind="review",
        author=call.reader.name,
        made_at=now_ms(),
        text=asked.note.strip(),
        event=event,
        decision=asked.decision,
    )
    return json(await call.archive.annotate(call.reader.tenant, call.session_id, note), 201)
