"""One HTTP port: health, the schema, the page, and the sockets of each dialect."""

from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from streaming import roster
from streaming.bus import BusDown
from streaming.calls import Calls
from streaming.ingress import native, records
from streaming.ingress.gateway import Gateway
from streaming.ingress.guests import granting, translated
from streaming.ingress.openai import serving as openai
from streaming.ingress.openai.realtime import calling
from streaming.ingress.openai.realtime import socket as talking
from streaming.ingress.rest import serving as rest
from streaming.ingress.telephone import dialects as telephone
from streaming.ingress.webrtc import whip
from streaming.ingress.webrtc.exchange import Exchange
from streaming.wire import native as wire
from streaming.wire.dialect import Dialect
from streaming.wire.dialects import DIALECTS

PAGE: Final = Path(__file__).parents[2] / "web" / "dist"
NEEDED: Final = ("asr", "moderator", "responder")


async def healthz(_: Request) -> Response:
    """This process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200 when Redis answers and every role has a worker whose models are loaded; else 503. The body says which."""
    gateway: Gateway = request.app.state.gateway
    if gateway.draining.is_set():
        return JSONResponse({"ready": False, "draining": True, "sessions": gateway.sessions}, 503)
    try:
        workers = await roster.present(gateway.bus)
    except BusDown as down:
        found = {"ready": False, "redis": down.message, "sessions": gateway.sessions}
        return JSONResponse(found, 503)
    missing = [role for role in NEEDED if role not in {worker.role for worker in workers}]
    body = {
        "ready": not missing,
        "redis": "ok",
        "missing": missing,
        "sessions": gateway.sessions,
        "viewers": gateway.watching.viewers,
        "workers": msgspec.to_builtins(workers),
    }
    return JSONResponse(body, 503 if missing else 200)


async def schema(_: Request) -> Response:
    """JSON Schema of the native protocol."""
    return JSONResponse(wire.schema())


async def live(_: Request) -> Response:
    """The supervisor's page."""
    return FileResponse(PAGE / "live.html")


async def replay(_: Request) -> Response:
    """The page of recorded sessions."""
    return FileResponse(PAGE / "replay.html")


async def desk(_: Request) -> Response:
    """The page of an agent in a call."""
    return FileResponse(PAGE / "desk.html")


async def no_page(_: Request) -> Response:
    """The page was not built."""
    return PlainTextResponse("The page is not built here: `make page`. The API is at /v1/stream.\n", 404)


def background(gateway: Gateway) -> dict[str, Coroutine[Any, Any, None]]:
    """What a gateway does beside its sockets, by name; should one of these end, so must the gateway."""
    window_s = gateway.policy.resume_window_s
    gateway.calls = Calls(gateway.bus)
    exchange = gateway.exchange = Exchange(gateway)
    return {
        "calls": gateway.calls.run(),
        "intake": gateway.intake.run(),
        "watching": gateway.watching.run(),
        "webrtc": exchange.run(),
        "reaper": records.reap(gateway.bus, gateway.intake, window_s),
        "roster": roster.announce(gateway.bus, "gateway", [], roster.Pulse(lambda: gateway.sessions)),
    }


def _foreign(origins: Sequence[str]) -> list[Middleware]:
    """Pages of other sites that the operator has named may read and do over HTTP what their key or ticket lets them, as
    they may by a WebSocket. Browsers send them no cookie of ours: there is none."""
    if not origins:
        return []
    methods, headers = ("GET", "POST", "DELETE"), ("authorization", "content-type", "range")
    told = ("content-range", "retry-after")
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=methods,
            allow_headers=headers,
            expose_headers=told,
        )
    ]


def _pages() -> list[Route | Mount]:
    """The pages, where they were built."""
    if not PAGE.exists():
        return [Route(path, no_page) for path in ("/", "/replay", "/live", "/desk")]
    own = [Route("/replay", replay), Route("/live", live), Route("/desk", desk)]
    return [*own, Mount("/", StaticFiles(directory=PAGE, html=True))]


def application(gateway: Gateway) -> Starlette:
    """The gateway as an ASGI application."""

    async def stream(socket: WebSocket) -> None:
        await native.serve(gateway, socket)

    async def realtime(socket: WebSocket) -> None:
        await talking.serve(gateway, socket)

    def spoken(dialect: Dialect) -> WebSocketRoute:
        async def speak(socket: WebSocket) -> None:
            await translated.serve(gateway, socket, dialect)

        return WebSocketRoute(dialect.path, speak)

    routes = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/v1/schema.json", schema),
        WebSocketRoute("/v1/stream", stream),
        WebSocketRoute("/v1/realtime", realtime),
        *telephone.mounted(gateway),
        *map(spoken, DIALECTS),
        *granting.mounted(),
        *openai.mounted(),
        *whip.mounted(),
        *calling.mounted(),
        *rest.mounted(),
        *_pages(),
    ]
    app = Starlette(routes=routes, middleware=_foreign(gateway.server.origins))
    app.state.gateway = gateway
    return app
