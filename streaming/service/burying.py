"""`vivavoce dead`: what was given up after three tries; its sound as a file; and to forget it."""

import argparse
import asyncio
import os
import sys
import wave
from pathlib import Path

from rich.console import Console

from streaming import clock, dead
from streaming.bus import Bus, BusDown
from streaming.config import FILE, Settings, load
from streaming.machine import embedded, home
from streaming.refusal import Refusal, Usage

CONSOLE = Console(soft_wrap=True, highlight=False)


def run(options: argparse.Namespace) -> int:
    """Do it; the exit code. Raises Refusal."""
    place = home.prepare()
    settings = load(options.config or place / FILE)
    return asyncio.run(_run(options, settings, place))


async def _run(options: argparse.Namespace, settings: Settings, place: Path) -> int:
    url = settings.redis.url or os.environ.get("REDIS_URL", "") or f"unix://{embedded.socket_path(place)}"
    bus = Bus(url, settings.redis, plain=True)
    try:
        match options.action:
            case "list":
                if not (given_up := await dead.letters(bus)):
                    sys.stderr.write("Nothing was given up.\n")
                for letter in given_up:
                    CONSOLE.print(f"{letter.session_id}  {letter.role:<10}  {clock.stamp(letter.at_ms)}")
            case "export":
                await _export(bus, options.session, options.file)
            case _:
                if not await dead.drop(bus, options.session):
                    raise Usage(
                        f"Nothing of session {options.session} was given up: see `vivavoce dead list`"
                    )
    except BusDown as down:
        raise Refusal(f"{down.message}. Does the service run?") from None
    finally:
        await bus.close()
    return 0


async def _export(bus: Bus, session_id: str, file: Path) -> None:
    channels, pcm = await dead.sound(bus, session_id)
    if not pcm:
        raise Usage(
            f"No sound of session {session_id} is kept: all that there was is transcribed, or it is gone"
        )
    try:
        with file.open("wb") as plain, wave.open(plain, "wb") as out:
            out.setnchannels(channels)
            out.setsampwidth(2)
            out.setframerate(16_000)
            out.writeframes(pcm)
    except OSError as wrong:
        raise Refusal(f"{file} cannot be written: {wrong.strerror}") from None
    CONSOLE.print(f"{file}: {len(pcm) / 32_000 / channels:.1f} s. Transcribe it: vivavoce transcribe {file}")
