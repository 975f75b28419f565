"""One socket's tasks, which begin and end together, whoever it belongs to."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any, NoReturn

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from streaming.errors import ClientFault, Close, Fault, first_of


class Finished(Exception):
    """The log's last entry was sent."""


async def conversed(**tasks: Coroutine[Any, Any, NoReturn]) -> None:
    """Until one of the `tasks` has finished. Raises Fault, or WebSocketDisconnect when the client has gone."""
    ended: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as group:
            for name, work in tasks.items():
                group.create_task(work, name=name)
    except* (Finished, Fault, WebSocketDisconnect) as wrong:
        ended = first_of(wrong)
    if isinstance(ended, Fault | WebSocketDisconnect):
        raise ended


async def promptly(
    sending: Awaitable[None], seconds: float, told: str, retry_after: float | None = None
) -> None:
    """Do what writes to a socket. Raises Fault with `told` (1013): its peer takes longer than so many `seconds` to read
    it. WebSocketDisconnect: it is gone."""
    try:
        async with asyncio.timeout(seconds):
            await sending
    except TimeoutError:
        raise Fault("slow", told, close=Close.OVERLOAD, retry_after=retry_after) from None
    except RuntimeError:  # starlette: the socket was closed meanwhile
        raise WebSocketDisconnect(1006) from None


async def closed(socket: WebSocket, last: Iterable[str], code: int, reason: str) -> None:
    """Tell a peer the last, and close. One that is gone, or does not read it, is told nothing."""
    if socket.client_state is not WebSocketState.CONNECTED:
        return
    try:
        async with asyncio.timeout(2):
            for frame in last:
                await socket.send_text(frame)
            await socket.close(code, reason)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        pass  # it is gone


async def reads_only(socket: WebSocket, told: str) -> NoReturn:
    """Whoever only reads has nothing to say: waits for the socket's end. Raises WebSocketDisconnect, or ClientFault
    (1002) with `told`."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006))
    raise ClientFault("order", told, close=Close.ORDER)
