"""`GET /v1/realtime`: OpenAI's Realtime dialect over a WebSocket, from the handshake to the close.

Who may not come in is told so with the handshake's HTTP status, as OpenAI does. A client that is sent elsewhere (1012)
is told nothing else: some take any `error` for the end of all, and `openai` comes back by itself.
"""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from typing import Final, NoReturn

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from streaming import roster
from streaming.errors import ClientFault, Close, Fault, ServiceFault
from streaming.events import Mode
from streaming.ingress import door, tickets
from streaming.ingress.conversing import closed, conversed, promptly
from streaming.ingress.gateway import Gateway
from streaming.ingress.native import unless_drained
from streaming.ingress.openai.call import refused
from streaming.ingress.openai.realtime.talk import Talk
from streaming.wire.openai.faults import Wrong
from streaming.wire.openai.moderations import ANY
from streaming.wire.openai.realtime.realtime import Realtime
from streaming.wire.openai.realtime.session import Able, Kind, opened

log = logging.getLogger(__name__)

SUBPROTOCOL: Final = "realtime"
KEY_PREFIX: Final = "openai-insecure-api-key."
STRICTNESS: Final = ("hold", "stream_first", "block_all")


async def serve(gateway: Gateway, socket: WebSocket) -> None:
    """One WebSocket from its handshake to its close."""
    offered: Sequence[str] = socket.scope.get("subprotocols", ())
    try:
        tenant, realtime = await _let_in(gateway, socket, offered)
    except Fault as fault:
        await socket.send_denial_response(refused(fault))
        return
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    try:
        await unless_drained(gateway, _serve(gateway, socket, tenant, realtime))
        await socket.close(Close.NORMAL)
    except Fault as fault:
        await _close(socket, realtime, fault)
    except WebSocketDisconnect:
        pass
    except Exception as wrong:  # noqa: BLE001 - what went wrong may hold what was said: the log has its kind alone
        log.error("a session's socket failed (%s)", type(wrong).__name__)
        await _close(
            socket, realtime, ServiceFault("internal", "something failed on our side: open a new session")
        )


async def able(gateway: Gateway, **more: object) -> Able:
    """What the service can do now. Raises BusDown."""
    workers = await roster.present(gateway.bus)
    models = dict.fromkeys(one.name for one in roster.served(workers, "responder"))
    return msgspec.structs.replace(
        Able(door.judges(workers), tuple(models), messages=gateway.api.messages), **more
    )


async def _let_in(gateway: Gateway, socket: WebSocket, offered: Sequence[str]) -> tuple[str, Realtime]:
    """Whose session it is, and what it begins as. Raises Fault."""
    keys = [name.removeprefix(KEY_PREFIX) for name in offered if name.startswith(KEY_PREFIX)]
    grant = await tickets.admitted(gateway, socket, keys)
    if gateway.draining.is_set():
        raise Fault("draining", "this server is going away: connect again", retry_after=1)
    gateway.admit_speaker(counted=False)
    asked = socket.query_params
    intent, strictness = asked.get("intent"), asked.get("moderation", "hold")
    if intent not in (None, "transcription", "conversation"):
        raise Wrong("intent is transcription, or left out", "intent", "invalid_value")
    if strictness not in STRICTNESS:
        raise Wrong(f"moderation is one of {', '.join(STRICTNESS)}", "moderation", "invalid_value")
    kind: Kind = "transcription" if intent == "transcription" else "realtime"
    mode: Mode = "transcribe" if kind == "transcription" else "chat"
    grant.allow(mode)
    with gateway.unless_away():
        can = await able(gateway, moderation=strictness, answers=grant.mode != "transcribe")
        await tickets.use(gateway.bus, grant)  # it may answer before a session hears
    name = secrets.token_hex(6)
    return grant.tenant, Realtime(name, can, opened(name, kind, asked.get("model") or ANY))


async def _serve(gateway: Gateway, socket: WebSocket, tenant: str, realtime: Realtime) -> None:
    async def send(frame: str) -> None:
        told = "events are read too slowly: open a new session"
        await promptly(socket.send_text(frame), gateway.policy.slow_viewer_s, told, retry_after=1)

    talk = Talk(gateway, tenant, realtime, send)
    with talk.here():
        receive = _receive(socket, talk, gateway.policy.idle_timeout_s)
        await conversed(receive=receive, talk=talk.run())


async def _receive(socket: WebSocket, talk: Talk, idle_s: float) -> NoReturn:
    while True:
        try:
            async with asyncio.timeout(idle_s):
                message = await socket.receive()
        except TimeoutError:
            talk.leave("idle")
            told = f"nothing came for {idle_s:g} s: open a new session"
            raise Fault("idle", told, close=Close.NORMAL) from None
        if message["type"] == "websocket.disconnect":
            if message.get("code") in (Close.NORMAL, 1001, 1005):
                talk.leave()
            raise WebSocketDisconnect(message.get("code", 1006))
        if message.get("text") is None:
            told = "events come as text frames, and sound in input_audio_buffer.append: this was a binary one"
            await talk.told(ClientFault("invalid_frame", told))
            continue
        await talk.said(message["text"])


async def _close(socket: WebSocket, realtime: Realtime, fault: Fault) -> None:
    last = [] if fault.close == Close.DRAINING else [effect.frame for effect in realtime.wrong(fault)]
    await closed(socket, last, fault.close or Close.INTERNAL, fault.code)
