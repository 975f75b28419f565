"""Who has the first word: flavours asked one after the other, or beside each other, until one answers.

The next is asked when the one before it failed, or when its time is up: `Entrant.beside` says whether the slow one may
go on then, so that the quicker of the two answers. Whoever does not win has its request closed.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import NamedTuple

from llm.making import Spoken
from streaming.errors import ServiceFault


class Entrant(NamedTuple):
    """One that may be asked: `open` asks it. When it has said nothing for `wait_s` the next one is asked, `beside` it
    or instead of it; `late` is told in that last case."""

    open: Callable[[], AsyncGenerator[Spoken]]
    wait_s: float
    beside: bool
    late: Callable[[], None]


class Winner(NamedTuple):
    """The first to speak: its number, the first thing that it said (None: it had nothing to say), the rest of it, and
    whether one that was asked before it was still at work."""

    number: int
    first: Spoken | None
    rest: AsyncGenerator[Spoken]
    overtook: bool


class _Runner(NamedTuple):
    number: int
    stream: AsyncGenerator[Spoken]
    word: "asyncio.Task[Spoken | None]"


async def race(entrants: Sequence[Entrant]) -> Winner:
    """The winner; its `rest` is the caller's to close.

    Raises:
        ServiceFault: the last one's, when all failed.
    """
    running: list[_Runner] = []
    waiting = list(range(len(entrants)))
    try:
        while True:
            if not running:
                running.append(_start(entrants, waiting.pop(0)))
            newest = entrants[running[-1].number]
            words = [runner.word for runner in running]
            patience = newest.wait_s if waiting else None
            done, _ = await asyncio.wait(words, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            if (winner := _settled(running, last=not waiting)) is not None:
                return winner
            if not done:  # nobody spoke and nobody failed: the newest one's time is up
                if not newest.beside:
                    await _give_up(entrants, running)
                running.append(_start(entrants, waiting.pop(0)))
    finally:
        for runner in running:
            await _close(runner)


def _start(entrants: Sequence[Entrant], number: int) -> _Runner:
    stream = entrants[number].open()
    return _Runner(number, stream, asyncio.create_task(_word(stream), name=f"llm-race-{number}"))


async def _word(stream: AsyncGenerator[Spoken]) -> Spoken | None:
    return await anext(stream, None)


def _settled(running: list[_Runner], last: bool) -> Winner | None:
    """Who has spoken, if anybody; those that failed are out of the race. Raises what the last one of all failed by."""
    for runner in [runner for runner in running if runner.word.done()]:
        running.remove(runner)
        why = runner.word.exception()
        if why is None:
            overtook = any(other.number < runner.number for other in running)
            return Winner(runner.number, runner.word.result(), runner.stream, overtook)
        if not isinstance(why, ServiceFault) or (last and not running):
            raise why
    return None


async def _give_up(entrants: Sequence[Entrant], running: list[_Runner]) -> None:
    """Whoever is late is out of the race."""
    while running:
        runner = running.pop()
        await _close(runner)
        entrants[runner.number].late()


async def _close(runner: _Runner) -> None:
    runner.word.cancel()
    await asyncio.wait([runner.word])  # it is not ours to raise what a loser failed by
    if not runner.word.cancelled():
        runner.word.exception()
    await runner.stream.aclose()
