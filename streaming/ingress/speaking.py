"""A client's session on one socket: three tasks (what comes in, what goes out, the tick), one way for faults."""

import asyncio
import time
from contextlib import suppress
from typing import NoReturn

from msgspec.structs import replace
from starlette.websockets import WebSocket, WebSocketDisconnect

from streaming import keys, roster
from streaming.bus import BusDown
from streaming.clock import now_ms, stamp
from streaming.errors import ClientFault, about
from streaming.ingress import door, owning, records
from streaming.ingress.connection import received, taking
from streaming.ingress.conversing import Finished, conversed
from streaming.ingress.egress import Egress
from streaming.ingress.gateway import Gateway
from streaming.ingress.owning import Owned
from streaming.ingress.suggested import Suggested
from streaming.ingress.tickets import Grant
from streaming.session import Clock, Input, Lag, Phase, advance
from streaming.wire import messages as said
from streaming.wire import native as wire


class Speaking:
    """One socket's session. All that must outlive the socket is in Redis."""

    def __init__(self, gateway: Gateway, socket: WebSocket, grant: Grant) -> None:
        self._bus = gateway.bus
        self._gateway = gateway
        self._policy = gateway.policy
        self._socket = socket
        self._grant = grant
        self._egress = Egress(gateway.bus, socket, gateway.policy.slow_viewer_s)
        self._heard_from = time.monotonic()
        self._over = False

    async def run(self, first: said.SessionStart | said.SessionResume) -> None:
        """From its first message to the log's end. Raises Fault, or WebSocketDisconnect when the client has gone."""
        self._gateway.sessions += 1
        try:
            with about(first.ref):
                after = await self._enter(first)
            if not self._over:
                await self._converse(after)
        finally:
            self._gateway.sessions -= 1

    async def _enter(self, first: said.SessionStart | said.SessionResume) -> str:
        match first:
            case said.SessionStart():
                return await self._start(first)
            case said.SessionResume():
                return await self._resume(first)

    async def _converse(self, after: str) -> None:
        try:
            await self._serve(after)
        finally:
            await asyncio.shield(self._owned.leave())

    async def _start(self, message: said.SessionStart) -> str:
        advance(Phase.FRESH, Input.START)
        begun = await owning.begin(self._gateway, message, self._grant)
        self._adopt(begun.owned, begun.opened)
        told = [*owning.tokens(begun.opened).items()]
        await self._egress.send(wire.joined(begun.first.id, begun.first.body, told))
        return begun.first.id

    async def _resume(self, message: said.SessionResume) -> str:
        advance(Phase.FRESH, Input.RESUME)
        asked = (message.session_id, message.resume_token, message.last_event_id)
        with self._gateway.unless_away():
            opened = await records.resume(self._bus, *asked)
        self._adopt(Owned(self._gateway, opened), opened)
        self._over = opened.over
        have = self._inbox.clock.have if self._inbox.clock else 0
        still = (opened.ending, opened.config.paused)
        resumed = said.SessionResumed(message.session_id, have, self._policy.limits(), *still)
        await self._egress.send(wire.encode(resumed))
        return message.last_event_id

    def _adopt(self, owned: Owned, opened: records.Opened) -> None:
        self._owned = owned
        self._session_id, self._inbox = owned.session_id, owned.inbox
        self._egress.aside = opened.config.mode == "assist"
        self._suggested = Suggested(self._bus, opened.config)
        self._lag = Lag(self._policy, back=opened.socket != "1")

    async def _serve(self, after: str) -> None:
        await conversed(receive=self._receive(), egress=self._follow(after), tick=self._tick())

    async def _receive(self) -> NoReturn:
        with taking(self._socket, self._hear):
            while True:
                try:
                    await self._next()
                except ClientFault as fault:
                    if fault.close is not None:
                        raise
                    await self._egress.send(wire.encode(wire.told(fault)))

    async def _next(self) -> None:
        message = await received(self._socket)
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        data = message.get("bytes")
        if data is not None:
            self._hear(data)
            return
        self._heard_from = time.monotonic()
        await self._take(wire.decode(message["text"]))

    def _hear(self, data: bytes) -> None:
        self._heard_from = time.monotonic()
        self._inbox.sound(data)

    async def _take(self, message: said.ClientMessage) -> None:
        if isinstance(message, said.SessionUpdate) and wire.semantic(message.endpointing):
            with suppress(BusDown), about(message.ref):  # while Redis is away, nobody can say
                door.judged(await roster.present(self._bus))
        if isinstance(message, said.SuggestionFeedback):
            with suppress(BusDown), about(message.ref):  # while Redis is away, the moderator will know
                await self._suggested.check(message.suggestion)
        if isinstance(message, said.Text) and await self._had(message.ref):
            return
        self._inbox.message(message)

    async def _had(self, ref: str | None) -> bool:
        """Whether a pause would refuse what was taken before it: a client that is back says it again."""
        if not ref or self._inbox.phase is not Phase.PAUSED:
            return False
        with suppress(BusDown):  # while Redis is away, nobody can say
            return bool(await self._bus.call("SISMEMBER", keys.refs(self._session_id), ref))
        return False

    async def _follow(self, after: str) -> NoReturn:
        await self._egress.follow(self._session_id, after)
        if self._inbox.phase is not Phase.ENDING:  # a stage gave it up: nobody is to wait for its sound
            self._inbox.end("failed")
        await records.forget(self._bus, self._session_id)
        raise Finished

    async def _tick(self) -> NoReturn:
        """Acks, the idle timer, and whether this socket still owns its session."""
        acked = -1
        while True:
            await self._owned.waited()
            processed = await self._owned.looked()
            await self._tell_held()  # first of all that Redis is back, then what it has
            if processed is None:
                continue  # the client's ring holds what comes meanwhile
            if self._inbox.clock:
                acked = await self._tell(self._inbox.clock, processed, acked)
            idle = time.monotonic() - self._heard_from > self._policy.idle_timeout_s
            if idle and self._inbox.phase is not Phase.ENDING:
                self._inbox.end("idle")

    async def _tell_held(self) -> None:
        standing = self._bus.standing
        news = self._egress.held.news(time.monotonic() - standing.since if standing.why else None)
        if news:
            await self._egress.send(wire.encode(replace(news, time=stamp(now_ms()))))

    async def _tell(self, clock: Clock, processed: int, acked: int) -> int:
        """How far the client's sound is safe, and how late it is transcribed."""
        ack, elapsed_s = self._owned.acked(processed), self._owned.elapsed_s
        if ack != acked:
            await self._egress.send(wire.encode(said.AudioAck(ack)))
        lag_ms = self._lag.told(clock.late_s(self._owned.inlet.stored, processed, elapsed_s), elapsed_s)
        if lag_ms is not None:
            await self._egress.send(wire.encode(said.SessionLag(lag_ms)))
        return ack
