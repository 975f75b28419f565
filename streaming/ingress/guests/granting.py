"""`GET /v3/token` (AssemblyAI) and `POST /v1/auth/grant` (Deepgram): whoever has a key makes a token for a page. It
is a ticket of ours."""

import logging
import secrets
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streaming.errors import Fault, ServiceFault
from streaming.ingress import door, tickets
from streaming.ingress.bodies import body
from streaming.ingress.gateway import Gateway
from streaming.ingress.rest.answering import PRIVATE
from streaming.ingress.tickets import Grant
from streaming.wire import tokens
from streaming.wire.assemblyai import turns as assemblyai
from streaming.wire.deepgram import faults as deepgram
from streaming.wire.deepgram import live

log = logging.getLogger(__name__)

LARGEST = 4_096

Give = Callable[[Request, Gateway], Awaitable[msgspec.Struct]]
Refuse = Callable[[Fault], Response]


def mounted() -> list[Route]:
    """The routes."""
    return [
        Route("/v3/token", _served(_token, _as_assemblyai), methods=["GET"]),
        Route("/v1/auth/grant", _served(_grant, _as_deepgram), methods=["POST"]),
    ]


def _served(give: Give, refuse: Refuse) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            made = await give(request, request.app.state.gateway)
        except Fault as fault:
            return refuse(fault)
        except Exception as wrong:  # noqa: BLE001 - it is told, and logged by its kind
            log.error("a token was not given (%s)", type(wrong).__name__)
            return refuse(ServiceFault("internal", "something failed on our side: try again"))
        return Response(msgspec.json.encode(made), 200, PRIVATE, "application/json")

    return answer


async def _token(request: Request, gateway: Gateway) -> tokens.Token:
    """Good for one session. Raises Fault."""
    shown = assemblyai.shown(request.headers, "", ())
    tenant = door.admit(gateway.server, request.headers, shown.keys)
    seconds = min(tokens.expiring(request.url.query), int(gateway.server.ticket_s) or 1)
    return tokens.Token(await _issued(gateway, Grant(tenant), seconds), seconds)


async def _grant(request: Request, gateway: Gateway) -> tokens.Granted:
    """Good for as many sessions as begin in its time. Raises Fault."""
    shown = live.shown(request.headers, "", ())
    tenant = door.admit(gateway.server, request.headers, shown.keys)
    seconds = min(tokens.granting(await body(request, LARGEST)), gateway.server.ticket_s)
    return tokens.Granted(await _issued(gateway, Grant(tenant, once=False), seconds), seconds)


async def _issued(gateway: Gateway, grant: Grant, seconds: float) -> str:
    with gateway.unless_away():
        return await tickets.issue(gateway.bus, grant, seconds)


def _as_assemblyai(fault: Fault) -> Response:
    told = deepgram.refusal(fault, "")  # the statuses are the same
    return Response(msgspec.json.encode(tokens.Told(fault.message)), told.status, PRIVATE, "application/json")


def _as_deepgram(fault: Fault) -> Response:
    status, told, headers = deepgram.refusal(fault, secrets.token_hex(12))
    return Response(msgspec.json.encode(told), status, {**PRIVATE, **headers}, "application/json")
