"""The table of telephones' dialects, by path."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from streaming.ingress.gateway import Gateway
from streaming.ingress.telephone import admitting, hooking
from streaming.ingress.telephone.serving import Dialect, serve
from streaming.wire.audiohook.hook import Hook
from streaming.wire.twilio.stream import Stream


def _stream(gateway: Gateway, _: HTTPConnection) -> Stream:
    return Stream(gateway.twilio)


def _never(_: Gateway) -> None:
    return None


def _hook(gateway: Gateway, peer: HTTPConnection) -> Hook:
    return Hook(gateway.audiohook, peer.headers)


def _closing(gateway: Gateway) -> float:
    return gateway.audiohook.closing_s


DIALECTS: Final = {
    "/v1/twilio": Dialect(admitting.admitted, _stream, _never),
    "/v1/audiohook": Dialect(hooking.admitted, _hook, _closing),
}


def mounted(gateway: Gateway) -> list[WebSocketRoute]:
    """Their sockets."""

    def spoken(dialect: Dialect) -> Callable[[WebSocket], Awaitable[None]]:
        return lambda socket: serve(gateway, socket, dialect)

    return [WebSocketRoute(path, spoken(dialect)) for path, dialect in DIALECTS.items()]
