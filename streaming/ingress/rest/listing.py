"""Which sessions there are, which go on now, and the end of one."""

import logging

from starlette.responses import Response

from streaming.errors import ClientFault
from streaming.ingress.live import Live, live_sessions
from streaming.ingress.rest.answering import json
from streaming.ingress.rest.queries import Filters, NoQuery, SessionsQuery
from streaming.ingress.rest.route import Call
from streaming.ingress.rest.shapes import LiveSessions, Sessions, Shown

log = logging.getLogger(__name__)


async def sessions(call: Call[SessionsQuery, None]) -> Response:
    """Recorded ones, or those that go on now."""
    query = call.query
    if query.live:
        return json(LiveSessions(await _live(call)))
    tenant = call.reader.tenant
    page = await call.archive.sessions(tenant, query.filter(), cursor=query.cursor, limit=query.limit)
    return json(Sessions(page.sessions, page.cursor))


async def _live(call: Call[SessionsQuery, None]) -> list[Live]:
    query = call.query
    if query.filter() != Filters(metadata=query.metadata).filter() or query.cursor:
        told = "sessions that go on now can be chosen by metadata.<key> alone: leave the other filters out"
        raise ClientFault("bad_request", told)
    found = await live_sessions(call.gateway.bus, call.reader.tenant)
    return [one for one in found if query.metadata.items() <= one.metadata.items()][: query.limit]


async def session(call: Call[NoQuery, None]) -> Response:
    """With what readers noted."""
    tenant, sid = call.reader.tenant, call.session_id
    return json(Shown(await call.archive.session(tenant, sid), await call.archive.notes(tenant, sid)))


async def forget(call: Call[NoQuery, None]) -> Response:
    """Nothing of it is left but the tombstone."""
    tombstone = await call.archive.forget(call.reader.tenant, call.session_id, call.reader.name)
    log.info("a session was forgotten", extra={"sid": call.session_id})
    return json(tombstone)
