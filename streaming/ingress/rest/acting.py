"""What an agent does in a session that another connection speaks in (feedback on a suggestion, a pause), and what a
supervisor tells the agent.

The log says who did it. A pause is done by the gateway that has the session's client, when it next looks (twice a
second); it is told as done once it is.
"""

import asyncio
import hashlib
import hmac
import logging
import time
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from streaming import keys
from streaming.bus import Bus
from streaming.clock import now_ms
from streaming.errors import ClientFault, ServiceFault
from streaming.facts import Feedback, SessionConfig, Wish
from streaming.ingress.door import Reader
from streaming.ingress.rest.answering import PRIVATE, json
from streaming.ingress.rest.queries import NoQuery
from streaming.ingress.rest.route import Call
from streaming.ingress.rest.shapes import AgentNoteAsked, FeedbackGiven, Paused
from streaming.ingress.suggested import Suggested
from streaming.presence import AgentNote

log = logging.getLogger(__name__)

PATIENCE_S: Final = 3.0
"""So long the gateway of the session has to do what is wished."""
LOOK_S: Final = 0.05
CONFIG: Final = msgspec.json.Decoder(SessionConfig)


async def feedback(call: Call[NoQuery, FeedbackGiven]) -> Response:
    """It is taken, and will be an event. Raises ClientFault, BusDown."""
    config, asked, bus = await _session(call), call.body, call.gateway.bus
    await Suggested(bus, config).check(asked.suggestion)
    fact = Feedback(asked.suggestion, asked.action, asked.text, call.reader.name)
    await _said(bus, config.session_id, fact)
    log.info("an agent gave feedback", extra={"sid": config.session_id, "who": call.reader.name})
    return Response(status_code=202, headers=PRIVATE)


async def note(call: Call[NoQuery, AgentNoteAsked]) -> Response:
    """It is taken, and will be an event that only the agent's side sees. Raises ClientFault, BusDown."""
    config, text = await _session(call), call.body.text.strip()
    if not text:
        raise ClientFault("bad_request", "a note to the agent needs a text")
    await _said(call.gateway.bus, config.session_id, AgentNote(text, call.reader.name))
    log.info("a note went to the agent", extra={"sid": config.session_id, "who": call.reader.name})
    return Response(status_code=202, headers=PRIVATE)


async def _said(bus: Bus, sid: str, fact: Feedback | AgentNote) -> None:
    """To the session's moderator. Raises ClientFault (`unknown_session`), BusDown."""
    told = [msgspec.json.encode(fact), now_ms(), keys.HELD_MS]
    if await bus.run("act", [keys.session(sid), keys.heard(sid), keys.events(sid)], told) is None:
        raise _gone(sid)


async def pause(call: Call[NoQuery, None]) -> Response:
    """Nothing is listened to any more."""
    return await _turned(call, paused=True)


async def unpause(call: Call[NoQuery, None]) -> Response:
    """It goes on."""
    return await _turned(call, paused=False)


async def _turned(call: Call[NoQuery, None], *, paused: bool) -> Response:
    """Raises ClientFault, BusDown, and ServiceFault (`not_paused`) when nobody did it in time."""
    config, bus = await _session(call), call.gateway.bus
    if config.audio is None:
        raise ClientFault("bad_request", "this session has no sound that could be paused")
    sid, wish = config.session_id, msgspec.json.encode(Wish(paused, call.reader.name))
    if config.paused is not paused:
        if await bus.run("wish", [keys.session(sid)], [wish]) is None:
            raise _gone(sid)
        await _awaited(bus, sid, paused=paused)
    log.info(
        "an agent paused" if paused else "an agent unpaused", extra={"sid": sid, "who": call.reader.name}
    )
    return json(Paused(paused))


async def _awaited(bus: Bus, sid: str, *, paused: bool) -> None:
    """Until it is done. What is not done in time is not done later either."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        await asyncio.sleep(LOOK_S)
        body = await bus.call("HGET", keys.session(sid), "config")
        if body is None:
            raise _gone(sid)
        if CONFIG.decode(body).paused is paused:
            return
    await bus.run("wish", [keys.session(sid)], [""])
    told = "whoever has the session's sound did not answer: nothing is changed; try again, or have the caller wait"
    raise ServiceFault("not_paused", told)


async def going_on(bus: Bus, session_id: str, tenant: str) -> SessionConfig | None:
    """The session of this tenant, if it goes on, or did so lately. Raises BusDown."""
    body = await bus.call("HGET", keys.session(session_id), "config")
    config = CONFIG.decode(body) if body else None
    return config if config and config.tenant == tenant else None


async def _session(call: Call[NoQuery, Any]) -> SessionConfig:
    """Raises ClientFault (`unknown_session`), BusDown."""
    config = await going_on(call.gateway.bus, call.session_id, call.reader.tenant)
    if config is None:
        raise _gone(call.session_id)
    return config


def _gone(session_id: str) -> ClientFault:
    told = f"there is no session {session_id} that goes on: what can be done is listed by GET /v1/sessions?live=1"
    return ClientFault("unknown_session", told)


async def own(request: Request, bus: Bus, session_id: str) -> Reader | None:
    """Whoever shows the session's own resume token is its client, and may do what an agent may. Raises BusDown."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    body, hashed = await bus.call("HMGET", keys.session(session_id), "config", "resume")
    same = hashlib.sha256(token.strip().encode()).hexdigest().encode()
    if body is None or not hashed or not hmac.compare_digest(same, hashed):
        return None
    return Reader(CONFIG.decode(body).tenant, "")
