"""WHIP (RFC 9725): `POST /whip` with an offer makes a session, `PATCH` brings it candidates, `DELETE` ends it.

The ICE session is named by an entity tag. A restart of ICE is refused (422), which the RFC allows: aiortc has none; a
client makes a new connection.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from streaming.errors import ClientFault
from streaming.ingress import door
from streaming.ingress.bodies import body
from streaming.ingress.gateway import Gateway
from streaming.ingress.rest.answering import PRIVATE, failed
from streaming.ingress.webrtc.exchange import Exchange
from streaming.ingress.webrtc.native import Native
from streaming.wire import whip

LARGEST: Final = 1 << 16
"""Of a body, bytes."""
ALLOWED: Final = "POST, PATCH, DELETE, OPTIONS"
TOLD: Final = "Location, ETag, Link, Vivavoce-Session-Id, Vivavoce-Watch-Token, Retry-After"
"""What pages of other sites may read of an answer."""

Serve = Callable[[Request, Gateway, str], Awaitable[Response]]


def mounted() -> list[Route]:
    """The routes."""
    return [
        Route("/whip", _route({"POST": _post}), methods=["GET", "POST", "OPTIONS"]),
        Route(
            "/whip/{name}",
            _route({"PATCH": _patch, "DELETE": _delete}),
            methods=["GET", "PATCH", "DELETE", "OPTIONS"],
        ),
        Route("/v1/ice", _route({"GET": _ice}), methods=["GET", "OPTIONS"]),
    ]


def _route(serves: dict[str, Serve]) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        gateway: Gateway = request.app.state.gateway
        try:
            answer = await _answer(serves, request, gateway)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Exception as error:  # noqa: BLE001 - `failed` tells and logs it
            answer = failed(error)
        answer.headers.update(shared(gateway, request))
        return answer

    return serve


async def _answer(serves: dict[str, Serve], request: Request, gateway: Gateway) -> Response:
    """Who asks is looked at before what is asked. Raises Fault."""
    if request.method == "OPTIONS":
        headers = {"allow": ALLOWED, "accept-post": whip.SDP, "accept-patch": whip.FRAGMENT}
        return Response(None, 204, headers)
    if request.method not in serves:
        return Response(None, 405, {"allow": ", ".join((*serves, "OPTIONS"))})
    tenant = door.admit(gateway.server, request.headers)
    return await serves[request.method](request, gateway, tenant)


def shared(gateway: Gateway, request: Request) -> dict[str, str]:
    """What lets pages of the sites that are let in (`server.origins`) read the answer."""
    origin = request.headers.get("origin")
    if origin is None or origin not in gateway.server.origins:
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-methods": ALLOWED,
        "access-control-allow-headers": "Authorization, Content-Type, If-Match",
        "access-control-expose-headers": TOLD,
        "access-control-max-age": "600",
        "vary": "Origin",
    }


def exchange(gateway: Gateway) -> Exchange:
    """Its WebRTC connections."""
    assert isinstance(gateway.exchange, Exchange)
    return gateway.exchange


async def _post(request: Request, gateway: Gateway, tenant: str) -> Response:
    """An offer: 201, the answer, and where the session is."""
    offer = await _body(request, whip.SDP)
    start, here = whip.asked(request.query_params.multi_items()), exchange(gateway)
    party = Native(gateway, tenant, start)
    name, sdp = await here.begin(tenant, party, offer)
    headers = {
        **PRIVATE,
        "location": f"{request.scope.get('root_path', '')}/whip/{name}",
        "etag": _tag(whip.credentials(sdp)),
        "accept-patch": whip.FRAGMENT,
        "vivavoce-session-id": party.session_id,
        "vivavoce-watch-token": party.watch_token,
    }
    answer = Response(sdp, 201, headers, whip.SDP)
    for link in whip.links(here.servers(tenant)):
        answer.headers.append("link", link)
    return answer


async def _patch(request: Request, gateway: Gateway, tenant: str) -> Response:
    """Candidates that come behind the offer: 204; or ICE begins anew: 200, and our side of it."""
    connection = exchange(gateway).named(request.path_params["name"], tenant)
    told = whip.fragment(await _body(request, whip.FRAGMENT))
    match = request.headers.get("if-match")
    if match is None:
        raise ClientFault(
            "match_needed", "say with If-Match which ICE session it is for: the ETag of the 201"
        )
    if match.strip() == "*":
        ours = await connection.restart(told)
        return Response(whip.restarted(ours), 200, {**PRIVATE, "etag": _tag(connection.ice)}, whip.FRAGMENT)
    if _tag(connection.ice) not in [one.strip() for one in match.split(",")]:
        raise ClientFault("no_match", "this connection has another ICE session: its ETag came with the 201")
    await connection.trickle(told)
    return Response(None, 204, PRIVATE)


async def _delete(request: Request, gateway: Gateway, tenant: str) -> Response:
    """What was said is transcribed, and the session ends: 200."""
    exchange(gateway).named(request.path_params["name"], tenant).leave()
    return Response(None, 200, PRIVATE)


async def _ice(request: Request, gateway: Gateway, tenant: str) -> Response:
    """The ICE servers, for `RTCPeerConnection`: `{"iceServers": [...]}`."""
    del request
    servers = {"iceServers": exchange(gateway).servers(tenant)}
    return Response(msgspec.json.encode(servers), 200, PRIVATE, "application/json")


def _tag(ice: tuple[str, str]) -> str:
    """The ICE session of these credentials."""
    named = "\n".join(ice).encode()
    return f'"{hashlib.sha256(named).hexdigest()[:24]}"'


async def _body(request: Request, kind: str) -> str:
    """The body as text. Raises ClientFault: it is of another kind (415), too large (413), or no text."""
    shown = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if shown != kind:
        raise ClientFault(
            "unsupported_type", f"the body must be {kind}, not {shown[:60] or 'without a type'}"
        )
    try:
        return (await body(request, LARGEST)).decode()
    except UnicodeDecodeError:
        raise ClientFault("bad_request", "the body is no UTF-8") from None
