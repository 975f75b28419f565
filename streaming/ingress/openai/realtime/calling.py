"""OpenAI's WebRTC: `POST /v1/realtime/client_secrets` makes a key for one call, `POST /v1/realtime/calls` answers an
offer. Sound comes by the media track, events go over the data channel `oai-events`.
"""

import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any, Final, NoReturn

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from streaming.errors import Fault, ServiceFault
from streaming.events import AudioFormat, EndReason
from streaming.ingress import door, tickets
from streaming.ingress.bodies import body
from streaming.ingress.gateway import Gateway
from streaming.ingress.guests.waiting import Hole
from streaming.ingress.openai.call import refused
from streaming.ingress.openai.realtime.socket import able
from streaming.ingress.openai.realtime.talk import Talk
from streaming.ingress.tickets import Grant
from streaming.ingress.webrtc import whip
from streaming.ingress.webrtc.party import Say
from streaming.wire.openai.moderations import ANY
from streaming.wire.openai.realtime import calls
from streaming.wire.openai.realtime import session as sessions
from streaming.wire.openai.realtime.realtime import Realtime

log = logging.getLogger(__name__)

TRACK: Final = AudioFormat("pcm_s16le", 16_000, 1)
LARGEST: Final = 1 << 17
"""Of a body, bytes."""

Serve = Callable[[Request, Gateway, Grant], Awaitable[Response]]


class Caller:
    """A connection's side of a Realtime session."""

    label = "oai-events"

    def __init__(self, gateway: Gateway, tenant: str, realtime: Realtime) -> None:
        self._realtime = realtime
        self._talk = Talk(gateway, tenant, realtime, self._send)
        self._say: Say | None = None
        self.leaving = False

    @property
    def begun(self) -> bool:
        """See `Party`."""
        return self._talk.begun

    async def there(self) -> None:
        """See `Party`."""
        await self._talk.there()

    def here(self) -> AbstractContextManager[None]:
        """See `Party`."""
        return self._talk.here()

    async def begin(self) -> None:
        """See `Party`: it begins with `run`, and a fault is told on the channel."""

    async def run(self, say: Say) -> NoReturn:
        """See `Party`."""
        self._say = say
        await self._talk.run()

    async def sound(self, data: bytes) -> None:
        """See `Party`."""
        await self._talk.sound(data)

    async def lose(self, hole: Hole) -> None:
        """See `Party`."""
        await self._talk.lose(hole)

    async def said(self, text: str) -> None:
        """See `Party`."""
        await self._talk.said(text)

    def leave(self, reason: EndReason) -> None:
        """See `Party`."""
        self.leaving = True
        self._talk.leave(reason)

    def wrong(self, fault: Fault) -> list[str]:
        """See `Party`."""
        return [effect.frame for effect in self._realtime.wrong(fault)]

    async def _send(self, frame: str) -> None:
        assert self._say
        self._say(frame)


def mounted() -> list[Route]:
    """The routes."""
    return [
        Route("/v1/realtime/client_secrets", _route(_secret), methods=["POST", "OPTIONS"]),
        Route("/v1/realtime/calls", _route(_call), methods=["POST", "OPTIONS"]),
        Route("/v1/realtime/calls/{name}/hangup", _route(_hang_up), methods=["POST", "OPTIONS"]),
    ]


def _route(serve: Serve) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        gateway: Gateway = request.app.state.gateway
        try:
            if request.method == "OPTIONS":
                made = Response(None, 204)
            else:
                made = await serve(request, gateway, await _admitted(gateway, request))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Fault as fault:
            made = refused(fault)
        except Exception as wrong:  # noqa: BLE001 - what went wrong may hold what was said: the log has its kind alone
            log.error("a call failed (%s)", type(wrong).__name__)
            made = refused(ServiceFault("internal", "something failed on our side: try again"))
        made.headers.update(whip.shared(gateway, request))
        return made

    return answer


async def _admitted(gateway: Gateway, request: Request) -> Grant:
    """Who asks, by a key or by a secret. Raises Fault."""
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not shown.startswith(calls.PREFIX):
        return Grant(door.admit(gateway.server, request.headers))
    return await tickets.shown_by(gateway, request.headers, shown.strip())


async def _begun(gateway: Gateway, model: str, wishes: list[dict[str, Any]]) -> Realtime:
    """The session that is wished for, the later wish over the earlier. Raises Fault."""
    with gateway.unless_away():
        can = await able(gateway, track=TRACK)
    name = secrets.token_hex(6)
    for wish in wishes:
        model = str(wish.get("model") or model)
    session = sessions.opened(name, "realtime", model or ANY)
    for wish in wishes:
        session = sessions.updated(session, wish, can)
    return Realtime(name, can, session)


async def _secret(request: Request, gateway: Gateway, grant: Grant) -> Response:
    """A key for a page: good for one call."""
    asked = calls.secret(await body(request, LARGEST))
    realtime = await _begun(gateway, "", [asked.session])
    seconds = (asked.expires_after or calls.Lasting()).seconds
    lasting = min(float(seconds), gateway.server.ticket_s)
    made = Grant(grant.tenant, session=msgspec.Raw(msgspec.json.encode(asked.session)))
    with gateway.unless_away():
        value = await tickets.issue(gateway.bus, made, lasting, calls.PREFIX)
    told = calls.Secret(value, int(time.time() + lasting), sessions.shown(realtime.session))
    return Response(msgspec.json.encode(told), 200, whip.PRIVATE, "application/json")


async def _call(request: Request, gateway: Gateway, grant: Grant) -> Response:
    """An offer: 201, the answer, and where the call is."""
    gateway.admit_speaker(counted=False)
    whip.exchange(gateway).admit()
    offer = calls.offer(request.headers.get("content-type", ""), await body(request, LARGEST))
    before: dict[str, Any] = msgspec.json.decode(grant.session, type=dict[str, Any] | None) or {}
    realtime = await _begun(gateway, request.query_params.get("model", ""), [before, offer.session])
    with gateway.unless_away():
        await tickets.use(gateway.bus, grant)  # it may answer before a session hears
    caller = Caller(gateway, grant.tenant, realtime)
    name, answer = await whip.exchange(gateway).begin(grant.tenant, caller, offer.sdp)
    headers = {**whip.PRIVATE, "location": f"/v1/realtime/calls/{name}"}
    return Response(answer, 201, headers, calls.SDP)


async def _hang_up(request: Request, gateway: Gateway, grant: Grant) -> Response:
    """The call is over."""
    whip.exchange(gateway).named(request.path_params["name"], grant.tenant).leave()
    return Response(None, 200, whip.PRIVATE)
