"""Whenever the archive is cut off, all that it said was kept is there, and what is kept again is there once."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streaming import clock
from streaming.archive.forgetting import ORPHAN_MS
from streaming.archive.kept import Batch, Progress, Silence
from streaming.archive.opening import open_archive
from streaming.archive.pieces import silenced
from streaming.archive.policy import ArchivePolicy
from streaming.archive.sqlite import Sqlite
from streaming.archive.store import Store
from tests.archives import SESSION, entries, log_of, noise, sound_of, spoken, texts

PARTS = [noise(0, 500_000), noise(500_000, 100), noise(500_100, 9)]  # the first is two pieces
CARD = Silence(1, 470_000, 500_050)  # in both pieces of the first, and in the second
BATCHES = [
    Batch(
        msgspec.structs.replace(SESSION, words=at, silenced=[CARD] if at == 2 else []),
        [PARTS[at]],
        entries(at * 10 + 1, at * 10 + 11),
        [spoken(at, f"line {at}"), spoken(at + 1, "so far")],
    )
    for at in range(3)
]


class Crash(Exception):
    """The process is gone here."""


class Countdown:
    """Counts steps, and crashes before one of them, or after it was done."""

    def __init__(self, before: int = -1, after: int = -1) -> None:
        self.steps, self.before, self.after, self.gone = 0, before, after, False

    def watch(self, owner: Any, name: str) -> None:
        real = getattr(owner, name)

        async def counted(*given: Any, **named: Any) -> Any:
            self.steps += 1
            if self.gone or self.steps == self.before:
                self.gone = True
                raise Crash
            made = await real(*given, **named)
            if self.steps == self.after:
                self.gone = True
                raise Crash
            return made

        setattr(owner, name, counted)


def watched(folder: Path, countdown: Countdown) -> Store:
    """An archive whose pieces and statements, commits among them, are steps."""
    archive = open_archive(ArchivePolicy(), folder)
    countdown.watch(archive.vault.blobs, "put")
    countdown.watch(
        archive.vault.index.database, "do"
    )  # a roll-back as well: nothing is tidied up after a crash
    return archive


async def kept_until_crash(archive: Store) -> Progress:
    """What the archive said last."""
    told = Progress()
    for batch in BATCHES:
        told = await archive.keep(batch)
    return told


async def check(folder: Path, told: Progress | None) -> None:
    """Nothing that was told is lost; all batches once more, and everything is there once, without a file too much."""
    archive = open_archive(ArchivePolicy(), folder)
    now = await archive.progress("a1")
    assert told is None or now.samples >= told.samples
    if now.samples == PARTS[-1].end:
        assert await sound_of(archive) == b"".join(silenced(part, [CARD]).pcm for part in PARTS)
    for batch in BATCHES:
        await archive.keep(batch)
    assert await sound_of(archive) == b"".join(silenced(part, [CARD]).pcm for part in PARTS)
    assert await log_of(archive) == entries(1, 31)
    assert await texts(archive, "line") == ["line 0", "line 1", "line 2"]
    await archive.sweep(clock.now_ms() + ORPHAN_MS + 60_000)
    there = {stored.name async for stored in archive.vault.blobs.list()}
    named = {row[0] for row in await archive.vault.index.database.fetch("SELECT blob FROM piece")}
    assert there == named
    await archive.close()


@pytest.mark.parametrize("side", ["before", "after"])
async def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(tmp_path: Path, side: str) -> None:
    whole = Countdown()
    archive = watched(tmp_path / "whole", whole)
    await kept_until_crash(archive)
    await archive.close()
    # The first batch makes the tables and the key; a stride through the rest meets every kind of step.
    for step in [*range(1, 12), *range(12, whole.steps, 5)]:
        folder = tmp_path / f"{side}{step}"
        archive = watched(folder, Countdown(**{side: step}))
        told = Progress()
        with pytest.raises(Crash):
            for batch in BATCHES:
                told = await archive.keep(batch)
        # As the kernel would: what was not committed is not there for the next one.
        await _gone(archive)
        await check(folder, told)


async def _gone(archive: Store) -> None:
    """As the kernel would have it: the connection is closed, and what was not committed never was."""
    database = archive.vault.index.database
    assert isinstance(database, Sqlite)
    del database.do  # its own one again
    await database.close()


KEEPER = """
import asyncio, sys
from pathlib import Path
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from tests.integration.test_archive_crashes import BATCHES

async def work():
    archive = open_archive(ArchivePolicy(), Path(sys.argv[1]))
    for batch in BATCHES:
        print((await archive.keep(batch)).samples, flush=True)

print("ready", flush=True)
asyncio.run(work())
"""


@pytest.mark.parametrize("after_s", [0.0, 0.06, 0.15])
async def test_a_recorder_that_is_killed_has_kept_what_it_said(tmp_path: Path, after_s: float) -> None:
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert keeper.stdout
    assert keeper.stdout.readline() == "ready\n"
    await asyncio.sleep(after_s)
    keeper.kill()
    told = [int(line) for line in keeper.stdout.read().split("\n")[:-1]]
    keeper.wait()
    await check(tmp_path, Progress(told[-1] if told else 0))
