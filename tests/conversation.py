"""A client in a conversation with the running service: plays sound at the pace of speech and notes what came when."""

import asyncio
import time
from typing import TypeVar

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from streaming.client.client import Client, Message
from streaming.events import AudioFormat, TranscriptFinal
from streaming.wire.messages import SessionStart

E = TypeVar("E", bound=Struct)
FRAME = 1_600
RATE = 16_000


class Arrival(Struct):
    """A message, and the seconds since the first sample was sent."""

    at: float
    message: Message


class Conversation:
    """One session. Enter it to start; `play`, then `end`."""

    def __init__(self, url: str, mode: str = "transcribe", *, channels: int = 1, **start: object) -> None:
        """`channels` 0: typed only."""
        audio = AudioFormat(channels=channels) if channels else None
        asked = SessionStart(mode=mode, audio=audio, **start)  # pyright: ignore[reportArgumentType]
        self.client = Client(url, start=asked)
        self.arrivals: list[Arrival] = []
        self.began = time.monotonic()
        self._changed = asyncio.Condition()
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Conversation":
        await self.client.__aenter__()
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._reading is not None
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self.client.__aexit__(None, None, None)

    async def _read(self) -> None:
        async for message in self.client:
            async with self._changed:
                self.arrivals.append(Arrival(time.monotonic() - self.began, message))
                self._changed.notify_all()

    async def play(self, pcm: NDArray[np.int16], *, pace: float = 1.0) -> None:
        """16 kHz, (samples,) or (samples, channels), at `pace` times the pace of speech."""
        self.began = begin = time.monotonic()
        for n, at in enumerate(range(0, len(pcm), FRAME), start=1):
            await self.client.send(pcm[at : at + FRAME].tobytes())
            await asyncio.sleep(max(0.0, begin + n * FRAME / RATE / pace - time.monotonic()))

    def all(self, kind: type[E]) -> list[E]:
        """The events of a kind so far, in order."""
        return [a.message.event for a in self.arrivals if isinstance(a.message.event, kind)]

    async def until(self, kind: type[E], count: int = 1, seconds: float = 30) -> list[E]:
        """Wait for `count` events of a kind."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: len(self.all(kind)) >= count)
        return self.all(kind)

    def text(self) -> str:
        """All finals of speech, joined."""
        return " ".join(f.text for f in self.all(TranscriptFinal) if f.source == "speech")
