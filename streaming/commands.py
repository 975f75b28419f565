"""`vivavoce transcribe` and `vivavoce chat`: clients of a running server, in the terminal."""

import argparse
import asyncio
import contextlib
import os
import sys
from typing import Final

from streaming.client.client import Client
from streaming.client.finishing import finished
from streaming.events import AudioFormat, ReplyDone, SessionEnded
from streaming.soundfile import Missed, SoundFile, microphone
from streaming.view import JsonView, View
from streaming.wire.messages import ErrorTold, SessionStart

URL: Final = "http://127.0.0.1:8080"


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code. Raises Refusal."""
    finished(_transcribe(options) if options.command == "transcribe" else _chat(options))
    return 0


def server(options: argparse.Namespace) -> tuple[str, str | None]:
    """Where it is, and the key for it."""
    return options.url or os.environ.get("VIVAVOCE_URL") or URL, options.key or os.environ.get("VIVAVOCE_KEY")


def _client(options: argparse.Namespace, start: SessionStart) -> Client:
    url, key = server(options)
    return Client(url, start=start, key=key)


def _start(options: argparse.Namespace, sound: AudioFormat) -> SessionStart:
    return SessionStart(mode="transcribe", audio=sound, language=options.language, record=options.record)


def _view(options: argparse.Namespace, channels: int = 1) -> View | JsonView:
    return JsonView() if options.json else View(channels)


async def _transcribe(options: argparse.Namespace) -> None:
    if options.source == "mic":
        await _listen(options)
        return
    with SoundFile(options.source, split=options.split) as sound:
        start = _start(options, sound.format)
        async with _client(options, start) as client, asyncio.TaskGroup() as tasks:
            tasks.create_task(_show(client, _view(options, sound.format.channels)))
            frames = sound.frames()
            while frame := await asyncio.to_thread(next, frames, b""):
                await client.send(frame)
                if options.realtime:
                    await asyncio.sleep(len(frame) / 2 / sound.format.channels / sound.format.sample_rate)
            client.end()


async def _listen(options: argparse.Namespace) -> None:
    async with _client(options, _start(options, AudioFormat())) as client, asyncio.TaskGroup() as tasks:
        tasks.create_task(_show(client, _view(options)))
        with contextlib.suppress(asyncio.CancelledError):  # Ctrl-C ends the recording, not the transcript
            async for heard in microphone():
                if isinstance(heard, Missed):
                    client.skip(heard.samples)
                else:
                    client.feed(heard)
        client.end()


async def _chat(options: argparse.Namespace) -> None:
    """A line is a message; each is answered (if only by an error) before the next is read."""
    start = SessionStart(mode="chat", record=options.record)
    async with _client(options, start) as client, asyncio.TaskGroup() as tasks:
        answered = asyncio.Event()
        tasks.create_task(_show(client, _view(options), answered))
        while line := await asyncio.to_thread(_line):
            if line.strip():
                answered.clear()
                client.text(line.strip())
                await answered.wait()
        client.end()


def _line() -> str:
    """The next line, or "" at the end."""
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    try:
        return input("you: ") + "\n"
    except EOFError:
        return ""


async def _show(client: Client, view: View | JsonView, answered: asyncio.Event | None = None) -> None:
    with view:
        async for message in client:
            view.show(message)
            if answered is not None and isinstance(message.event, ReplyDone | SessionEnded | ErrorTold):
                answered.set()
