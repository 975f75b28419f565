"""One chat completion as a session: begun, asked one thing, followed to its reply's end, and ended."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final

import msgspec

from streaming import keys
from streaming.bus import BusDown
from streaming.clock import now_ms, stamp
from streaming.errors import Overloaded, ServiceFault
from streaming.events import (
    Event,
    Moderation,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    SessionEnded,
    SessionStarted,
)
from streaming.facts import CancelReply, Given, SessionConfig, SoundEnded, Typed
from streaming.ingress import door, records
from streaming.ingress.gateway import Gateway
from streaming.ingress.intake import Inlet
from streaming.roster import Present, served
from streaming.wire.openai.chat import Asked

log = logging.getLogger(__name__)

EVENT: Final = msgspec.json.Decoder(Event)
NEEDED: Final = ("moderator", "responder")


class Completing:
    """A session of mode `chat` whose client is one request. It is recorded by nobody."""

    def __init__(
        self,
        gateway: Gateway,
        tenant: str,
        asked: Asked,
        *,
        api: str = "chat.completions",
        moderation: Moderation = "hold",
    ) -> None:
        self._gateway = gateway
        self._bus = gateway.bus
        self._asked = asked
        self.config = SessionConfig(
            session_id=secrets.token_hex(12),
            mode="chat",
            tenant=tenant,
            moderation=moderation,
            sampling=asked.sampling,
            metadata={**asked.metadata, "api": api},
        )

    async def begin(self, workers: list[Present]) -> None:
        """Make the session, and ask. Raises Overloaded, BusDown."""
        server = self._gateway.server
        self._gateway.admit_speaker(counted=True)
        missing = [role for role in NEEDED if role not in {worker.role for worker in workers}]
        if missing:
            raise Overloaded(f"no {missing[0]} is there now: try again", retry_after=server.retry_after_s)
        serves = served(workers)
        config, limits = self.config, self._gateway.policy.limits()
        first = SessionStarted(config.session_id, config.mode, serves, limits, stamp(now_ms()))
        opened = await records.begin(self._bus, config, first)
        self._inlet = Inlet(self._gateway.intake, config, opened.socket, 0)
        for role, text in self._asked.given:
            self._inlet.heard(Given(role, text))
        self._inlet.heard(Typed(self._asked.text))

    async def reply(self) -> AsyncGenerator[ReplyDelta | ReplyDone]:
        """What may be shown of the reply, as it comes; `ReplyDone` is the last. Close it to cancel the reply.

        Raises:
            ServiceFault: nothing came for too long. Fault: Redis did not take what was asked.
        """
        whole = False
        try:
            async with aclosing(self._events()) as events:
                async for event in events:
                    match event:
                        case ReplyDelta():
                            yield event
                        case ReplyDone():
                            whole = True
                            yield event
                            return
                        case SessionEnded():
                            raise ServiceFault(
                                "reply_failed", "the session ended before its reply: ask again"
                            )
                        case _:
                            pass
        finally:
            self._end(whole=whole)

    async def told(
        self, stopped: asyncio.Event
    ) -> AsyncGenerator[ReplyDelta | ReplyDone | ModerationVerdict]:
        """As `reply`, and then what is taken back of it, to the session's end. Once `stopped` is set no more is wanted.

        Raises as `reply` does.
        """
        stopping = asyncio.ensure_future(self._stopping(stopped))
        ended = False
        try:
            async with aclosing(self._events()) as events:
                async for event in events:
                    match event:
                        case ReplyDelta() | ModerationVerdict():
                            yield event
                        case ReplyDone():
                            ended = True
                            self._end(whole=not stopping.done())
                            yield event
                        case SessionEnded():
                            break
                        case _:
                            pass
        finally:
            stopping.cancel()
            await asyncio.gather(stopping, return_exceptions=True)
            if not ended:
                self._end(whole=False)

    async def _stopping(self, stopped: asyncio.Event) -> None:
        await stopped.wait()
        with suppress(Overloaded):
            self._inlet.heard(CancelReply())

    async def _events(self) -> AsyncGenerator[Event]:
        feed = self._bus.open({keys.events(self.config.session_id): "0-0"})
        silence_s, every_s = (
            self._gateway.api.silence_s,
            records.touch_s(self._gateway.policy.resume_window_s),
        )
        waited, touched = 0.0, time.monotonic()
        try:
            while True:
                reading = asyncio.ensure_future(feed.get())
                try:
                    done, _ = await asyncio.wait(
                        {reading, self._inlet.refused}, timeout=every_s, return_when=asyncio.FIRST_COMPLETED
                    )
                finally:
                    reading.cancel()
                if self._inlet.refused in done:
                    raise door.refused(self._inlet.refused.result())
                waited = 0.0 if done else waited + every_s
                if waited > silence_s:
                    raise ServiceFault("reply_failed", f"no reply came for {silence_s:g} s: ask again")
                for entry in reading.result() if done else []:
                    yield EVENT.decode(entry.body)
                if time.monotonic() - touched >= every_s:  # also while words come all the time
                    touched = time.monotonic()
                    with suppress(BusDown):
                        await records.touch(self._bus, self.config.session_id)
        finally:
            feed.close()

    def _end(self, *, whole: bool) -> None:
        """No more is wanted of it. Should this not get through, the session ends as one whose client is lost."""
        with suppress(Overloaded):
            if not whole:
                self._inlet.heard(CancelReply())
            self._inlet.heard(SoundEnded([]))
