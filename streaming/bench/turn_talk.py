"""A session in mode `chat` as the bench holds it: what is said or typed, and when what of the answer came."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from msgspec import Struct, field

from streaming.bench.hearing import paced
from streaming.bench.speech import Pcm, room
from streaming.client.client import Client
from streaming.events import (
    AudioFormat,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    TranscriptFinal,
    TurnEnded,
)
from streaming.refusal import Refusal
from streaming.wire.messages import EndpointingAsked, SessionStart

ANSWERS_S = 30.0


class Heard(Struct):
    """One turn: monotonic seconds at which its end, its final, its turn's end and its reply's parts came (or were
    sent); `timing` as `reply.done` tells it."""

    ended: float = 0.0
    final: float = 0.0
    turn: float = 0.0
    words: list[float] = field(default_factory=list[float])
    cancelled: float = 0.0
    done: float = 0.0
    status: str = ""
    verdicts_ms: list[float] = field(default_factory=list[float])
    timing: dict[str, int] = field(default_factory=dict[str, int])


class Talk:
    """Enter by `talking`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._now = Heard()
        self._shown = asyncio.Event()
        self._over = asyncio.Event()

    async def say(self, clip: Pcm, *, cancel: bool) -> Heard:
        """Speak `clip`, then be quiet until the reply is over; `cancel` it at its first word."""
        turn = self._begin()
        async for block in paced(clip, time.monotonic()):
            self._client.feed(block.tobytes())
        turn.ended = time.monotonic()
        quiet = asyncio.create_task(self._quiet())
        try:
            return await self._answered(turn, cancel=cancel)
        finally:
            quiet.cancel()
            await asyncio.gather(quiet, return_exceptions=True)

    async def type(self, text: str) -> Heard:
        """Send `text`, and wait for the reply to it."""
        turn = self._begin()
        turn.ended = time.monotonic()
        self._client.text(text)
        return await self._answered(turn, cancel=False)

    def _begin(self) -> Heard:
        self._now = Heard()
        self._shown.clear()
        self._over.clear()
        return self._now

    async def _quiet(self) -> None:
        while True:
            async for block in paced(room(1.0), time.monotonic()):
                self._client.feed(block.tobytes())

    async def _answered(self, turn: Heard, *, cancel: bool) -> Heard:
        try:
            async with asyncio.timeout(ANSWERS_S):
                if cancel:
                    await self._shown.wait()
                    turn.cancelled = time.monotonic()
                    self._client.cancel()
                await self._over.wait()
        except TimeoutError:
            raise Refusal(f"No reply came within {ANSWERS_S:g} s") from None
        return turn

    async def read(self) -> None:
        """Note what comes, until the session ends."""
        async for message in self._client:
            at, turn = time.monotonic(), self._now
            match message.event:
                case TranscriptFinal():
                    turn.final = at
                case TurnEnded(eager=False):
                    turn.turn = at
                case ReplyDelta():
                    turn.words.append(at)
                    self._shown.set()
                case ModerationVerdict(latency_ms=latency_ms):
                    turn.verdicts_ms.append(latency_ms)
                case ReplyDone(status=status, timing=timing) if status != "cancelled" or turn.cancelled:
                    turn.done, turn.status, turn.timing = at, status, timing
                    self._shown.set()
                    self._over.set()
                case _:
                    pass


@asynccontextmanager
async def talking(url: str, key: str | None, eager_ms: int, *, sound: bool) -> AsyncGenerator[Talk]:
    """A session; its turns end eagerly after `eager_ms` (0: never)."""
    start = SessionStart(
        mode="chat",
        audio=AudioFormat() if sound else None,
        language="en" if sound else None,
        endpointing=EndpointingAsked(eager_ms=eager_ms) if sound else EndpointingAsked(),
    )
    async with Client(url, start=start, key=key) as client:
        talk = Talk(client)
        reading = asyncio.create_task(talk.read())
        try:
            yield talk
            client.end()
            with suppress(TimeoutError):
                await asyncio.wait_for(reading, ANSWERS_S)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
