"""The native dialect's socket, from accept to close: its first message says what it is for."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from streaming.errors import ClientFault, Close, Fault, ServiceFault
from streaming.ingress import door, tickets
from streaming.ingress.conversing import closed
from streaming.ingress.gateway import Gateway
from streaming.ingress.inbox import misplaced
from streaming.ingress.replaying import Replaying
from streaming.ingress.speaking import Speaking
from streaming.ingress.watching import Viewing
from streaming.session import Input, Phase, advance
from streaming.wire import messages as said
from streaming.wire import native as wire

log = logging.getLogger(__name__)


async def serve(gateway: Gateway, socket: WebSocket) -> None:
    """One WebSocket from accept to close; every fault is told before the close (a browser sees no HTTP status)."""
    offered: Sequence[str] = socket.scope.get("subprotocols", ())
    await socket.accept(subprotocol=wire.SUBPROTOCOL if wire.SUBPROTOCOL in offered else None)
    shown = [name.removeprefix(wire.KEY_PREFIX) for name in offered if name.startswith(wire.KEY_PREFIX)]
    try:
        door.knock(gateway.server, socket.headers, shown)
        await unless_drained(gateway, _serve(gateway, socket, shown))
        await socket.close(Close.NORMAL)
    except Fault as fault:
        await _close(socket, fault)
    except WebSocketDisconnect:
        pass
    except Exception:
        log.exception("a session's socket failed")
        await _close(socket, ServiceFault("internal", "something failed on our side: resume the session"))


async def unless_drained(gateway: Gateway, work: Coroutine[Any, Any, None]) -> None:
    """Do `work`, until this gateway is on its way out. Raises Fault then (1012), and whatever `work` raises."""
    serving = asyncio.ensure_future(work)
    drained = asyncio.ensure_future(gateway.draining.wait())
    try:
        await asyncio.wait({serving, drained}, return_when=asyncio.FIRST_COMPLETED)
        if not serving.done():
            serving.cancel()
            await asyncio.wait({serving})
            raise Fault(
                "draining",
                "this server is going away: resume the session",
                close=Close.DRAINING,
                retry_after=0,
            )
        serving.result()
    finally:
        for task in (serving, drained):
            task.cancel()
        await asyncio.gather(serving, drained, return_exceptions=True)


async def _serve(gateway: Gateway, socket: WebSocket, shown: Sequence[str]) -> None:
    match await _first(gateway, socket):
        case said.SessionStart() as message:
            grant = await tickets.admitted(gateway, socket, shown)
            grant.allow(message.mode)
            await Speaking(gateway, socket, grant).run(message)
        case said.SessionResume() as message:  # its token is the proof, told to nobody but whoever started it
            await Speaking(gateway, socket, tickets.Grant("")).run(message)
        case said.SessionReplay() as message:
            reader = door.read(gateway.server, socket.headers, shown)
            await Replaying(gateway, socket, reader).run(message)
        case said.SessionWatch() as message:
            await Viewing(gateway, socket, shown).run(message)
        case other:
            raise misplaced(other, Phase.FRESH)


async def _first(gateway: Gateway, socket: WebSocket) -> said.ClientMessage:
    seconds = gateway.policy.first_message_s
    try:
        async with asyncio.timeout(seconds):
            message = await socket.receive()
    except TimeoutError:
        told = f"no session.start, session.resume or session.watch within {seconds:g} s"
        raise ClientFault("order", told, close=Close.ORDER) from None
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect
    if message.get("text") is None:
        advance(Phase.FRESH, Input.SOUND)
    try:
        return wire.decode(message["text"])
    except ClientFault as fault:
        fault.close = fault.close or Close.POLICY  # there is no session yet that could go on
        raise


async def _close(socket: WebSocket, fault: Fault) -> None:
    last = wire.encode(wire.told(fault))
    await closed(socket, [last], fault.close or Close.INTERNAL, fault.code)
