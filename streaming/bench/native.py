"""Vivavoce under test, by its own client."""

import asyncio
import contextlib
import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, Final

from streaming.bench.hearing import Full, Heard, paced
from streaming.bench.sights import Sight
from streaming.bench.speech import Pcm, room
from streaming.client.client import Client
from streaming.errors import Fault, Overloaded, first_of
from streaming.events import (
    AudioFormat,
    ChannelAccount,
    Event,
    SessionEnded,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from streaming.refusal import Refusal
from streaming.wire.messages import SessionStart, Transient

ENDS_S: Final = 120.0
BETWEEN_S: Final = 0.8


class Vivavoce:
    """A server of ours at `url`."""

    finalizes = True

    def __init__(self, url: str, key: str | None, language: str) -> None:
        self.name = "vivavoce"
        self.url = url
        self._key = key
        self._language = language

    async def stream(self, pcm: Pcm) -> Heard:
        """See hearing.System."""
        return await self._told(_Session(self._client()).stream(pcm))

    async def finalize(self, clips: Sequence[Pcm]) -> Heard:
        """See hearing.System."""
        return await self._told(_Session(self._client()).finalize(clips))

    def _client(self) -> Client:
        start = SessionStart(mode="transcribe", audio=AudioFormat(), language=self._language)
        return Client(self.url, start=start, key=self._key)

    async def _told(self, work: Any) -> Heard:
        try:
            return await work
        except (Fault, ExceptionGroup, TimeoutError) as wrong:
            match first_of(wrong):
                case Overloaded(message=told):
                    raise Full(f"{self.url}: {told}") from None
                case Fault(message=told):
                    raise Refusal(f"{self.url}: {told}") from None
                case TimeoutError():
                    raise Refusal(f"{self.url}: no end of the session came") from None
                case _:
                    raise


class _Session:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._heard = Heard()
        self._began = 0.0
        self._page = Page()
        self._turns = 0
        self._turned = asyncio.Event()
        self._reason = ""

    async def stream(self, pcm: Pcm) -> Heard:
        async with self._client as client, asyncio.TaskGroup() as tasks:
            self._began = time.monotonic()
            reading = tasks.create_task(self._read())
            async for block in paced(pcm, self._began):
                client.feed(block.tobytes())
            client.end()
            await asyncio.wait_for(reading, ENDS_S)
        return self._heard

    async def finalize(self, clips: Sequence[Pcm]) -> Heard:
        async with self._client as client, asyncio.TaskGroup() as tasks:
            self._began = time.monotonic()
            reading = tasks.create_task(self._read())
            for clip in clips:
                async for block in paced(clip, time.monotonic()):
                    client.feed(block.tobytes())
                asked = time.monotonic()
                self._turned.clear()  # a pause within the clip may have ended a turn before
                client.finalize()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._turned.wait(), ENDS_S / 4)
                    if self._reason == "finalize":
                        self._heard.finals.append(time.monotonic() - asked)
                async for block in paced(room(BETWEEN_S), time.monotonic()):
                    client.feed(block.tobytes())
            client.end()
            await asyncio.wait_for(reading, ENDS_S)
        return self._heard

    async def _read(self) -> None:
        async for message in self._client:
            at = time.monotonic() - self._began
            event = message.event
            if sight := self._page.see(event, at):
                self._heard.sights.append(sight)
            if isinstance(event, TurnEnded) and not event.eager:
                self._reason = event.reason
                self._turned.set()
            if isinstance(event, SessionEnded):
                self._heard.unaccounted_ms = sum(map(unaccounted, event.accounting))


class Page:
    """The session's text as a viewer has it: finals, and behind them what is still being said. Pure."""

    def __init__(self) -> None:
        self._said: dict[int, tuple[str, int, bool]] = {}

    def see(self, event: Event | Transient, at: float) -> Sight | None:
        """What the viewer sees after `event`; None when it changes nothing that is seen."""
        match event:
            case TranscriptPartial(segment=segment, text=text, stable=stable):
                self._said[segment] = text, stable, False
            case TranscriptFinal(segment=segment, text=text):
                self._said[segment] = text, len(text), True
            case _:
                return None
        return self._sight(at)

    def _sight(self, at: float) -> Sight:
        whole, fixed, done = "", 0, 0
        sure = closed = True
        for _, (text, stable, final) in sorted(self._said.items()):
            if not text:
                continue
            begin = len(whole) + bool(whole)
            whole += (" " if whole else "") + text
            fixed = begin + stable if sure and stable else fixed
            done = begin + len(text) if closed and final else done
            sure, closed = sure and stable == len(text), closed and final
        return Sight(at, whole, fixed, done)


def unaccounted(account: ChannelAccount) -> float:
    """Milliseconds of a channel that the accounting does not explain."""
    counted = account.transcribed_ms + account.silence_ms + sum(account.gap_ms.values())
    return abs(account.duration_ms - counted)


def readyz(url: str) -> dict[str, Any]:
    """What the server says of its readiness; {} when nobody answers there."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=3) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error, contextlib.suppress(ValueError):
            return json.load(error)
    except (OSError, ValueError):
        pass
    return {}
