"""A client's session on one socket: three tasks (what comes in, what goes out, the tick), one way for faults."""

import asyncio
import logging
import secrets
import time
from contextlib import suppress
from typing import NoReturn

from msgspec.structs import replace
from starlette.websockets import WebSocket, WebSocketDisconnect

from streaming import jobs, keys, roster
from streaming.bus import BusDown, Refused
from streaming.clock import now_ms, stamp
from streaming.errors import ClientFault, Close, Overloaded, about
from streaming.events import SessionStarted
from streaming.ingress import door, records
from streaming.ingress.conversing import Finished, conversed
from streaming.ingress.egress import Egress
from streaming.ingress.gateway import Gateway
from streaming.ingress.inbox import Inbox
from streaming.ingress.intake import Inlet
from streaming.ingress.suggested import Suggested
from streaming.session import Clock, Input, Lag, Phase, advance
from streaming.wire import messages as said
from streaming.wire import native as wire

log = logging.getLogger(__name__)


class Speaking:
    """One socket's session. All that must outlive the socket is in Redis."""

    def __init__(self, gateway: Gateway, socket: WebSocket, tenant: str) -> None:
        self._bus = gateway.bus
        self._gateway = gateway
        self._policy = gateway.policy
        self._socket = socket
        self._tenant = tenant
        self._egress = Egress(gateway.bus, socket, gateway.policy.slow_viewer_s)
        self._began = self._heard_from = time.monotonic()
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
        try:
            match first:
                case said.SessionStart():
                    return await self._start(first)
                case said.SessionResume():
                    return await self._resume(first)
        except BusDown as down:
            raise Overloaded(down.message, retry_after=self._gateway.server.retry_after_s) from None

    async def _converse(self, after: str) -> None:
        try:
            await self._serve(after)
        finally:
            await asyncio.shield(self._leave())

    async def _start(self, message: said.SessionStart) -> str:
        server = self._gateway.server
        if self._gateway.sessions > server.max_sessions:
            raise Overloaded("all places are taken: try again later", retry_after=server.retry_after_s)
        advance(Phase.FRESH, Input.START)
        config = wire.started(message, secrets.token_hex(12), self._tenant)
        self._adopt(records.Opened(config, "1"))
        workers = await roster.present(self._bus)
        if wire.semantic(message.endpointing):
            door.judged(workers, close=Close.POLICY)
        serves = [served for worker in workers for served in worker.serves]
        limits, now = self._policy.limits(), stamp(now_ms())
        first = SessionStarted(config.session_id, config.mode, serves, limits, now, config.audio)
        async with self._gateway.starting:
            if config.audio:
                door.seat(server, workers, await jobs.posted(self._bus, "asr"))
            opened = await records.begin(self._bus, config, first)
        [entry] = await self._bus.read(keys.events(config.session_id), count=1)
        tokens = [("resume_token", opened.resume_token), ("watch_token", opened.watch_token)]
        await self._egress.send(wire.joined(entry.id, entry.body, tokens))
        return entry.id

    async def _resume(self, message: said.SessionResume) -> str:
        advance(Phase.FRESH, Input.RESUME)
        opened = await records.resume(
            self._bus, message.session_id, message.resume_token, message.last_event_id
        )
        self._adopt(opened)
        self._over = opened.over
        have = self._inbox.clock.have if self._inbox.clock else 0
        still = (opened.ending, opened.config.paused)
        resumed = said.SessionResumed(message.session_id, have, self._policy.limits(), *still)
        await self._egress.send(wire.encode(resumed))
        return message.last_event_id

    def _adopt(self, opened: records.Opened) -> None:
        self._session_id = opened.config.session_id
        self._inlet = Inlet(self._gateway.intake, opened.config, opened.socket, opened.stored)
        self._inbox = Inbox(self._policy, opened, self._inlet)
        self._suggested = Suggested(self._bus, opened.config)
        self._lag = Lag(self._policy, back=opened.socket != "1")

    async def _serve(self, after: str) -> None:
        await conversed(receive=self._receive(), egress=self._follow(after), tick=self._tick())

    async def _leave(self) -> None:
        try:
            await records.touch(self._bus, self._session_id)
        except BusDown as down:
            log.warning("leaving: %s", down.message, extra={"sid": self._session_id})

    async def _receive(self) -> NoReturn:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1006))
            self._heard_from = time.monotonic()
            data = message.get("bytes")
            try:
                if data is not None:
                    self._inbox.sound(data)
                else:
                    await self._take(wire.decode(message["text"]))
            except ClientFault as fault:
                if fault.close is not None:
                    raise
                await self._egress.send(wire.encode(wire.told(fault)))

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
        acked, touched = -1, 0.0
        every = records.touch_s(self._policy.resume_window_s)
        while True:
            done, _ = await asyncio.wait([self._inlet.refused], timeout=self._policy.ack_s)
            if done:
                raise door.refused(self._inlet.refused.result())
            await self._tell_held()
            try:
                processed = await self._progress()
                if time.monotonic() - touched > every:
                    await records.touch(self._bus, self._session_id)
                    touched = time.monotonic()
            except BusDown:
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
        stored, elapsed_s = self._inlet.stored, time.monotonic() - self._began
        ack = clock.ack(stored, processed, elapsed_s)
        if ack != acked:
            await self._egress.send(wire.encode(said.AudioAck(ack)))
        lag_ms = self._lag.told(clock.late_s(stored, processed, elapsed_s), elapsed_s)
        if lag_ms is not None:
            await self._egress.send(wire.encode(said.SessionLag(lag_ms)))
        return ack

    async def _progress(self) -> int:
        """16 kHz samples that the recogniser is through with. Raises Fault when the session is no longer ours."""
        owner = await self._bus.call("HGET", keys.session(self._session_id), "socket")
        if owner is None or owner.decode() != self._inlet.socket:
            raise door.refused(Refused("REPLACED" if owner else "GONE"))
        if not self._inbox.clock:
            return 0
        return int(await self._bus.call("HGET", keys.stage(self._session_id, "asr"), "at") or 0)
