"""`vivavoce demo`: the call played in its own time, and what an agent would see of it, in the terminal."""

import argparse
import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Final

from rich.console import Console

from streaming.client.client import Client
from streaming.client.finishing import finished
from streaming.demo import call
from streaming.events import SessionEnded
from streaming.refusal import Usage
from streaming.view import JsonView, View
from streaming.wire.messages import SessionStart

LANES: Final = ("agent", "customer")
SPEEDS: Final = (0.25, 4.0)
START: Final = SessionStart(
    mode="assist", audio=call.FORMAT, language="en", record=True, metadata={"call": "demonstration"}
)


def run(options: argparse.Namespace) -> int:
    """Play it as the command line asks; the exit code. Raises Refusal."""
    if not SPEEDS[0] <= options.speed <= SPEEDS[1]:
        raise Usage(
            f"--speed {options.speed:g}: from {SPEEDS[0]:g} to {SPEEDS[1]:g}, 1 is the pace of speech"
        )
    console = Console(soft_wrap=True, highlight=False, stderr=options.json)
    url, key = options.url or os.environ.get("VIVAVOCE_URL"), options.key or os.environ.get("VIVAVOCE_KEY")
    if url:
        finished(_shown(options, (url.rstrip("/"), key), console))
        return 0
    from streaming.demo import house

    console.print("Starting a service for the demonstration …")
    with house.served(house.free(options.port), console) as own:
        finished(_shown(options, (own, None), console))
        if not options.once:
            console.print(f"\nListen to it again: {own}/replay   Ctrl-C ends the demonstration.")
            with contextlib.suppress(KeyboardInterrupt):
                finished(asyncio.Event().wait())
    return 0


async def _shown(options: argparse.Namespace, server: tuple[str, str | None], console: Console) -> None:
    """The call, once or again and again."""
    while True:
        await _played(options, server, console)
        if not options.loop:
            return


async def _played(options: argparse.Namespace, server: tuple[str, str | None], console: Console) -> None:
    """One session, from its first sample to its summary."""
    url, key = server
    async with Client(url, start=START, key=key) as client, asyncio.TaskGroup() as tasks:
        console.print(f"The call goes on. See it at {url}/desk#watch={client.session_id}\n")
        view = JsonView() if options.json else View(len(LANES), names=LANES)
        tasks.create_task(_show(client, view))
        await _speak(client, options.speed)


async def _speak(client: Client, speed: float) -> None:
    """Sends the sound as it would be spoken, whatever the sending itself takes."""
    clock = asyncio.get_running_loop()
    began, frames, seconds = clock.time(), call.frames(), 0.0
    while frame := await asyncio.to_thread(_next, frames):
        client.feed(frame)
        seconds += len(frame) / 2 / call.FORMAT.channels / call.FORMAT.sample_rate
        await asyncio.sleep(began + seconds / speed - clock.time())
    client.end()


def _next(frames: Iterator[bytes]) -> bytes:
    return next(frames, b"")


async def _show(client: Client, view: View | JsonView) -> None:
    with view:
        async for message in client:
            view.show(message)
            if isinstance(message.event, SessionEnded):
                sys.stdout.flush()
