"""A session whose client speaks a dialect of others: one socket, from its address to its close."""

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NoReturn

import msgspec
from msgspec import Struct
from starlette.responses import Response
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from streaming.errors import ClientFault, Close, Fault, ServiceFault
from streaming.events import Event, SessionStarted
from streaming.ingress import tickets
from streaming.ingress.conversing import closed, conversed, promptly
from streaming.ingress.gateway import Gateway
from streaming.ingress.guests.guest import Guest
from streaming.ingress.guests.sounding import Sounding
from streaming.ingress.native import unless_drained
from streaming.ingress.tickets import Grant
from streaming.wire.dialect import Closing, Dialect, Refusal, Shown, Tally, Translator, Wanted, quiet

log = logging.getLogger(__name__)

PULSE_S = 0.25
HELD_S = 0.04
"""What is held waits so long for what may follow it: the moderator tells them in one breath."""


async def serve(gateway: Gateway, socket: WebSocket, dialect: Dialect) -> None:
    """One WebSocket; a fault before there is a session is an HTTP answer or, as after it, a close with a reason."""
    query = socket.scope.get("query_string", b"").decode("latin-1")
    offered: Sequence[str] = socket.scope.get("subprotocols", ())
    shown = dialect.shown(socket.headers, query, offered)
    session: Translated | None = None

    async def refuse(fault: Fault) -> None:
        if session and socket.application_state is not WebSocketState.CONNECTING:
            closing = session.translator.closing(fault)
            held = session.translator.rest()  # nothing will follow it
            await _close(socket, closing._replace(last=[*held, *closing.last]))
        else:
            await _refuse(socket, shown, dialect.refusal(fault, secrets.token_hex(12)))

    try:
        grant = await _admitted(gateway, socket, shown)
        wanted: Wanted = dialect.understood(query)
        grant.allow(wanted.start.mode)
        session = Translated(gateway, socket, dialect.translator(wanted), wanted, grant)
        await unless_drained(gateway, session.run(shown.subprotocol))
        await socket.close(Close.NORMAL)
    except Fault as fault:
        await refuse(fault)
    except WebSocketDisconnect:
        pass
    except Exception:
        log.exception("a session's socket failed")
        await refuse(ServiceFault("internal", "something failed on our side: try again"))


async def _admitted(gateway: Gateway, socket: WebSocket, shown: Shown) -> tickets.Grant:
    try:
        return await tickets.admitted(gateway, socket, shown.keys, shown.ticket)
    except ClientFault as fault:
        if fault.code != "unauthorized" or not shown.either or not shown.keys:
            raise
        with suppress(ClientFault):
            return await tickets.shown_by(gateway, socket.headers, shown.keys[0])
        raise


async def _refuse(socket: WebSocket, shown: Shown, refusal: Refusal | Closing) -> None:
    with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):  # it is gone
        async with asyncio.timeout(2):
            if isinstance(refusal, Closing):
                await socket.accept(shown.subprotocol)
                await _close(socket, refusal)
                return
            status, body, headers = refusal
            answer = Response(msgspec.json.encode(body), status, dict(headers), "application/json")
            await socket.send_denial_response(answer)


async def _close(socket: WebSocket, closing: Closing) -> None:
    code, reason, last = closing
    await closed(socket, [msgspec.json.encode(one).decode() for one in last], code, reason)


class Translated:
    """One client's session."""

    def __init__(
        self, gateway: Gateway, socket: WebSocket, translator: Translator, wanted: Wanted, grant: Grant
    ) -> None:
        self._gateway = gateway
        self._socket = socket
        self.translator = translator
        self._wanted = wanted
        self._guest = Guest(gateway, grant)
        self._telling = asyncio.Lock()
        self._held = asyncio.Event()
        self._digest = hashlib.sha256()
        self._over = False
        self._began = time.monotonic()

    async def run(self, subprotocol: str | None) -> None:
        """Until all is told. Raises Fault, WebSocketDisconnect."""
        with self._guest.here():
            self._sounding = Sounding(self._guest, self._wanted)
            try:
                await self._sounding.open()
                await self._socket.accept(subprotocol)
                await self._converse()
            finally:
                self._sounding.drop()
        lasted_ms = round((time.monotonic() - self._began) * 1_000)
        tally = Tally(self._guest.passed.received_ms, lasted_ms, self._digest.hexdigest())
        await self._send(self.translator.over(tally))

    async def _converse(self) -> None:
        await conversed(
            receive=self._receive(),
            session=self._guest.run(self._tell, self._wrong),
            sounding=self._sounding.run(),
            pulse=self._pulse(),
            rest=self._rest(),
        )

    async def _receive(self) -> NoReturn:
        while True:
            message = await self._next()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1006))
            data = message.get("bytes")
            if self._over:
                continue
            if data is None:
                await self._read(message["text"])
            elif data:
                self._digest.update(data)
                await self._sounding.feed(data)
            elif self._wanted.blank_ends:
                await self._end()

    async def _next(self) -> Message:
        quiet_s = None if self._over else self._wanted.quiet_s
        try:
            async with asyncio.timeout(quiet_s):
                return await self._socket.receive()
        except TimeoutError:
            self._guest.end("idle")
            raise quiet(quiet_s or 0.0) from None

    async def _read(self, frame: str) -> None:
        async with self._telling:
            read = self.translator.read(frame)
            await self._send(read.answers)
        for message in read.does:
            await self._guest.say(message)
        if read.over:
            await self._end()

    async def _end(self) -> None:
        self._over = True
        await self._sounding.close()

    async def _tell(self, _: str, event: Event) -> None:
        async with self._telling:
            if isinstance(event, SessionStarted):
                await self._send(self.translator.begun(event))
            await self._send(self.translator.take(event, self._guest.passed.received_ms))
            if self.translator.holds:
                self._held.set()

    async def _wrong(self, fault: Fault) -> None:
        async with self._telling:
            await self._send([self.translator.wrong(fault)])

    async def _rest(self) -> NoReturn:
        """What is held is told when nothing has followed it."""
        while True:
            await self._held.wait()
            self._held.clear()
            await asyncio.sleep(HELD_S)
            if not self._held.is_set():
                async with self._telling:
                    await self._send(self.translator.rest())

    async def _pulse(self) -> NoReturn:
        while True:
            await asyncio.sleep(PULSE_S)
            async with self._telling:
                await self._send(self.translator.passed(self._guest.passed.processed_ms))

    async def _send(self, messages: Iterable[Struct]) -> None:
        """Raises Fault: they are read too slowly. WebSocketDisconnect: the client is gone."""
        slow_s = self._gateway.policy.slow_viewer_s
        await promptly(self._write(messages), slow_s, "results are read too slowly")

    async def _write(self, messages: Iterable[Struct]) -> None:
        for message in messages:
            await self._socket.send_text(msgspec.json.encode(message).decode())
