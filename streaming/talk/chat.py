"""`vivavoce chat`: with the model, by typing or by speaking."""

import argparse
import asyncio
import sys

from streaming.client.client import Client, Message
from streaming.client.finishing import finished
from streaming.events import AudioFormat, ReplyDone, SessionEnded
from streaming.soundfile import SoundFile
from streaming.talk.reach import Shows, client, listened, played, shown, view
from streaming.wire.messages import ErrorTold


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code. Raises Refusal."""
    finished(_spoken(options) if options.mic or options.wav else _typed(options))
    return 0


class _Answered:
    """Shows what comes, and knows when a message was answered."""

    def __init__(self, view: Shows) -> None:
        self._view = view
        self.now = asyncio.Event()

    def __enter__(self) -> None:
        self._view.__enter__()

    def __exit__(self, *wrong: object) -> None:
        self._view.__exit__(*wrong)

    def show(self, message: Message) -> None:
        """One message of the session."""
        self._view.show(message)
        if isinstance(message.event, ReplyDone | SessionEnded | ErrorTold):
            self.now.set()


async def _typed(options: argparse.Namespace) -> None:
    """A line is a message; each is answered (if only by an error) before the next is read."""
    answered = _Answered(view(options))
    async with client(options, "chat") as talk, asyncio.TaskGroup() as tasks:
        tasks.create_task(shown(talk, answered))
        while line := await asyncio.to_thread(_line):
            if line.strip():
                answered.now.clear()
                talk.text(line.strip())
                await answered.now.wait()
        talk.end()


def _line() -> str:
    """The next line, or "" at the end."""
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    try:
        return input("you: ") + "\n"
    except EOFError:
        return ""


async def _spoken(options: argparse.Namespace) -> None:
    """Each turn is answered; who speaks into an answer breaks it off."""
    if options.wav is None:
        async with client(options, "chat", AudioFormat()) as talk, asyncio.TaskGroup() as tasks:
            tasks.create_task(shown(talk, view(options)))
            await listened(talk)
            talk.end()
        return
    with SoundFile(options.wav) as sound:
        async with client(options, "chat", sound.format) as talk, asyncio.TaskGroup() as tasks:
            tasks.create_task(shown(talk, view(options)))
            await _said(talk, sound)
            talk.end()


async def _said(talk: Client, sound: SoundFile) -> None:
    async for _ in played(talk, sound, realtime=True):
        pass
