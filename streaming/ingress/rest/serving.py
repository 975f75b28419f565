"""From a request to its answer: who asks, what for, and how a refusal is told. The routes are in the table."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route as Served

from streaming.clock import now_ms
from streaming.errors import ClientFault, ServiceFault
from streaming.ingress import door
from streaming.ingress.bodies import body
from streaming.ingress.gateway import Gateway
from streaming.ingress.openai import routes as openai
from streaming.ingress.rest import acting, ticket
from streaming.ingress.rest.answering import failed, json
from streaming.ingress.rest.openapi import described
from streaming.ingress.rest.queries import read
from streaming.ingress.rest.route import Call, Route
from streaming.ingress.rest.routes import ROUTES

log = logging.getLogger(__name__)

LARGEST: Final = 1 << 16
"""Of a body, bytes."""


def mounted() -> list[Served]:
    """The table as Starlette's routes, the description of it, and an answer for all else below /v1/."""
    out = [Served(route.path, _endpoint(route), methods=[route.method]) for route in ROUTES]
    return [*out, Served("/v1/openapi.json", _openapi), Served("/v1/{other:path}", _unknown, methods=METHODS)]


METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def _openapi(_: Request) -> Response:
    """OpenAPI 3.1."""
    return json(described((*openai.ROUTES, *ROUTES)))


async def _unknown(request: Request) -> Response:
    told = f"there is no {request.method} {request.url.path}: /v1/openapi.json says what there is"
    return failed(ClientFault("unknown_route", told))


def _endpoint(route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            answer = await route.serve(await _call(route, request))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        except Exception as error:  # noqa: BLE001 - `failed` tells and logs it
            return failed(error)
        if request.method == "HEAD" and isinstance(answer, StreamingResponse):
            return Response(None, answer.status_code, dict(answer.headers))
        return answer

    return serve


async def _call(route: Route, request: Request) -> Call[Any, Any]:
    """Who asks is looked at before what is asked. Raises Fault."""
    gateway: Gateway = request.app.state.gateway
    session_id: str = request.path_params.get("session_id", "")
    reader = await _reader(route, request, gateway, session_id)
    if gateway.archive is None:
        raise ServiceFault("archive_down", "this server has no archive")
    query = read(route.query, request.query_params.multi_items())
    brought = await _body(route.body, request) if route.body else None
    return Call(gateway, gateway.archive, reader, request, query, brought, session_id)


async def _reader(route: Route, request: Request, gateway: Gateway, session_id: str) -> door.Reader:
    policy, shown = gateway.server, request.query_params.get("ticket")
    if route.speaks:
        tenant = door.admit(policy, request.headers)
        return door.Reader(tenant, tenant)
    if route.ticket and shown:
        return ticket.shown(policy, shown, session_id, now_ms(), route.ticket)
    try:
        return door.read(policy, request.headers)
    except ClientFault as fault:
        if fault.code != "unauthorized" or not route.ticket:
            raise
        other = await _otherwise(route, request, gateway, session_id)
        if other is None:
            raise
        return other


async def _otherwise(route: Route, request: Request, gateway: Gateway, session_id: str) -> door.Reader | None:
    """Whoever has no key, but a ticket in its place, or is the session's own client; None: a key was meant.

    Raises ClientFault, BusDown.
    """
    own = await acting.own(request, gateway.bus, session_id) if route.ticket == "assist" else None
    if own:
        return own
    assert route.ticket
    bearer = request.headers.get("authorization", "").partition(" ")[2].strip()
    if not ticket.LIKE.match(bearer):
        return None
    return ticket.shown(gateway.server, bearer, session_id, now_ms(), route.ticket)


async def _body(kind: type[msgspec.Struct], request: Request) -> msgspec.Struct:
    came = await body(request, LARGEST)
    try:
        return msgspec.json.decode(came or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as wrong:
        raise ClientFault(
            "bad_request", f"the body is no {kind.__name__}: {wrong}: see /v1/openapi.json"
        ) from None
