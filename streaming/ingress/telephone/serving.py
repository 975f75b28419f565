"""A telephone's connection, from its headers to its close: what its dialect wants done is done here."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, NoReturn

from msgspec import Struct
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from streaming.errors import ClientFault, Close, Fault, ServiceFault
from streaming.events import Event
from streaming.ingress.conversing import Finished, conversed, promptly
from streaming.ingress.gateway import Gateway
from streaming.ingress.guests.guest import Guest
from streaming.ingress.guests.waiting import Hole
from streaming.ingress.native import unless_drained
from streaming.ingress.rest.answering import failed
from streaming.ingress.telephone.admitting import Settled
from streaming.wire import telephone as acts
from streaming.wire.telephone import Act, Translator

log = logging.getLogger(__name__)

PARTING_S: Final = 3.0
"""So long a client has to answer when it is told that this is the end."""


class Dialect(NamedTuple):
    """One dialect: who may speak it, what translates it, and how long an `End` may wait for the log's end (None: it
    does)."""

    admit: Callable[[Gateway, HTTPConnection], Awaitable[Settled]]
    translator: Callable[[Gateway, HTTPConnection], Translator]
    closing_s: Callable[[Gateway], float | None]


async def serve(gateway: Gateway, socket: WebSocket, dialect: Dialect) -> None:
    """One WebSocket. Whoever may not come in is told by HTTP; later faults as the dialect does it, and by the close."""
    try:
        settled = await dialect.admit(gateway, socket)
        connection = Connection(gateway, socket, dialect.translator(gateway, socket), settled)
        connection.closing_s = dialect.closing_s(gateway)
    except Fault as fault:
        await _deny(socket, fault)
        return
    await socket.accept()
    try:
        await unless_drained(gateway, connection.run())
        await socket.close(Close.NORMAL)
    except Fault as fault:
        await connection.part(fault)
    except WebSocketDisconnect:
        pass
    except Exception:
        log.exception("a telephone's socket failed")
        await connection.part(ServiceFault("internal", "something failed on our side"))


async def _deny(socket: WebSocket, fault: Fault) -> None:
    with suppress(RuntimeError, WebSocketDisconnect):  # it is gone
        await socket.send_denial_response(failed(fault))


class Connection:
    """One socket. Acts are done in the order in which its dialect gave them."""

    closing_s: float | None = None

    def __init__(self, gateway: Gateway, socket: WebSocket, translator: Translator, settled: Settled) -> None:
        self._gateway = gateway
        self._socket = socket
        self._translator = translator
        self._settled = settled
        self._acts: deque[Act] = deque()
        self._guest: Guest | None = None
        self._telling = asyncio.Lock()
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Until all is told. Raises Fault, or WebSocketDisconnect."""
        begin = await self._opening()
        if begin is None:
            return
        grant = await self._settled(begin.proof)
        grant.allow(begin.start.mode)
        self._guest = Guest(self._gateway, grant)
        with self._guest.here():
            await self._guest.begin(begin.start)
            receive, session = self._receive(), self._guest.run(self._tell, self._wrong)
            await conversed(receive=receive, session=session, late=self._late())
        if not await self._do_all(self._translator.over()):
            await self._linger()

    async def part(self, fault: Fault) -> None:
        """Tell what ends it, let the client answer, and close."""
        if self._socket.client_state is not WebSocketState.CONNECTED:
            return
        try:
            async with asyncio.timeout(PARTING_S):
                closed = await self._do_all(self._translator.wrong(fault))
            if not closed:
                await self._linger()
        except (Fault, TimeoutError, RuntimeError, WebSocketDisconnect):
            pass  # it is gone
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(1):
                await self._socket.close(fault.close or Close.INTERNAL, fault.code)

    async def _linger(self) -> None:
        """Until the client has answered, for a while."""
        with suppress(TimeoutError, ClientFault):
            async with asyncio.timeout(PARTING_S):
                while not await self._do_all(await self._read()):
                    pass

    async def _opening(self) -> acts.Begin | None:
        """What session is wanted; None: none was. Raises ClientFault: nothing was, for too long (1002)."""
        seconds = self._gateway.policy.first_message_s
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._acts.extend(await self._read())
                    while self._acts:
                        act = self._acts.popleft()
                        if isinstance(act, acts.Begin):
                            return act
                        if await self._do(act):
                            return None
        except TimeoutError:
            told = f"no session was begun within {seconds:g} s"
            raise ClientFault("order", told, close=Close.ORDER) from None

    async def _receive(self) -> NoReturn:
        while True:
            while self._acts:
                if await self._do(self._acts.popleft()):
                    raise Finished
            try:
                self._acts.extend(await self._next())
            except ClientFault as fault:
                if fault.close is not None:
                    raise
                await self._wrong(fault)

    async def _next(self) -> Sequence[Act]:
        """What the client says; one that is silent for too long has said all."""
        if self._ended.is_set():
            return await self._read()
        try:
            async with asyncio.timeout(self._gateway.policy.idle_timeout_s):
                return await self._read()
        except TimeoutError:
            return [acts.End("idle")]

    async def _read(self) -> Sequence[Act]:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        data, text, most = message.get("bytes"), message.get("text"), self._gateway.policy.frame_bytes
        size = len(data if data is not None else text or "")
        if size > most:
            told = f"a message of {size} bytes is over the limit of {most}"
            raise ClientFault("frame_too_large", told, close=Close.SIZE)
        return self._translator.read(text or "") if data is None else self._translator.hear(data)

    async def _do_all(self, them: Sequence[Act]) -> bool:
        """Whether the connection may be closed then."""
        return any([await self._do(act) for act in them])

    async def _do(self, act: Act) -> bool:
        """Whether the connection may be closed now."""
        if isinstance(act, acts.Close):
            return True
        if isinstance(act, acts.Send):
            await self._send(act.message)
        elif self._guest is not None and not self._ended.is_set():
            await self._put(self._guest, act)
        return False

    async def _put(self, guest: Guest, act: Act) -> None:
        match act:
            case acts.Sound(data=data):
                await guest.sound(data)
            case acts.Lost(samples=samples):
                await guest.lose(Hole(samples))
            case acts.Pressed(channel=channel, key=key):
                await guest.pressed(channel, key)
            case acts.Say(message=message):
                await guest.say(message)
            case acts.End(reason=reason):
                guest.end(reason)
                self._ended.set()
            case _:
                pass

    async def _send(self, message: Struct) -> None:
        """Raises Fault: the client reads too slowly (1013). WebSocketDisconnect: it is gone."""
        slow_s = self._gateway.policy.slow_viewer_s
        await promptly(self._write(message), slow_s, "what you are told is read too slowly")

    async def _write(self, message: Struct) -> None:
        async with self._telling:
            await self._socket.send_text(self._translator.written(message))

    async def _tell(self, event_id: str, event: Event) -> None:
        await self._do_all(self._translator.tell(event_id, event))

    async def _wrong(self, fault: Fault) -> None:
        log.info("a telephone's message was refused (%s)", fault.code)
        await self._do_all(self._translator.wrong(fault))

    async def _late(self) -> NoReturn:
        """The log's end is not waited for any longer than a client would."""
        await self._ended.wait()
        if self.closing_s is None:
            await asyncio.Event().wait()
        await asyncio.sleep(self.closing_s or 0)
        raise Finished
