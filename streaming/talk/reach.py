"""A session with a running server, for a command."""

import argparse
import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Final, Protocol

from streaming.client.client import Client, Message
from streaming.events import AudioFormat, Mode
from streaming.soundfile import Missed, SoundFile, microphone
from streaming.view import JsonView, View
from streaming.wire.messages import SessionStart

URL: Final = "http://127.0.0.1:8080"


class Shows(Protocol):
    """Whoever is told what comes, from the session's beginning to its end."""

    def __enter__(self) -> object: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, message: Message) -> None:
        """One message of the session."""
        ...


def server(options: argparse.Namespace) -> tuple[str, str | None]:
    """Where it is, and the key for it."""
    return options.url or os.environ.get("VIVAVOCE_URL") or URL, options.key or os.environ.get("VIVAVOCE_KEY")


def client(options: argparse.Namespace, mode: Mode, sound: AudioFormat | None = None) -> Client:
    """Not connected yet."""
    url, key = server(options)
    start = SessionStart(mode=mode, audio=sound, language=options.language, record=options.record)
    return Client(url, start=start, key=key)


def view(options: argparse.Namespace, channels: int = 1) -> Shows:
    """What a person sees, or a program."""
    return JsonView() if options.json else View(channels)


async def shown(client: Client, view: Shows) -> None:
    """All that comes, until the session's end."""
    with view:
        async for message in client:
            view.show(message)


async def played(client: Client, sound: SoundFile, *, realtime: bool) -> AsyncIterator[float]:
    """Send all of it, at the pace of speech if `realtime`; the seconds that have been sent. Raises SoundError."""
    frames, rate, seconds = sound.frames(), sound.format.sample_rate * sound.format.channels * 2, 0.0
    while frame := await asyncio.to_thread(next, frames, b""):
        await client.send(frame)
        lasts = len(frame) / rate
        if realtime:
            await asyncio.sleep(lasts)
        yield (seconds := seconds + lasts)


async def listened(client: Client) -> None:
    """The microphone, until Ctrl-C: that ends the recording, not the transcript."""
    with contextlib.suppress(asyncio.CancelledError):
        async for heard in microphone():
            if isinstance(heard, Missed):
                client.skip(heard.samples)
            else:
                client.feed(heard)
