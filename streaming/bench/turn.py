"""`vivavoce bench turn`: from the end of what is said to the first word of the answer, and where the time goes.

The language model's engine runs in the bench, and the server asks it through a tap, so that what the engine takes and
what we add can be told apart in the same request.
"""

import argparse
import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from rich.table import Table

from streaming.bench.machine import machine
from streaming.bench.native import readyz
from streaming.bench.serving import serving
from streaming.bench.speech import Pcm, clips, decoded, trimmed
from streaming.bench.telling import tell
from streaming.bench.turn_figures import Turned, figures, gaps, overhead
from streaming.bench.turn_talk import Heard, Talk, talking
from streaming.bench.turn_tap import Engine, Passed, Tap, bare, tapped
from streaming.machine import models
from streaming.refusal import Refusal, Usage

TOKENS: Final = 48
"""Of a reply: enough to see words come, and to be cancelled."""
TYPED: Final = ("What is a river?", "Name a colour.", "What do bees make?", "Where does rain come from?")


class Place(NamedTuple):
    """The server, and where it can be seen the engine behind its tap."""

    url: str
    key: str | None
    engine: Engine | None = None
    tap: Tap | None = None


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code."""
    if options.turns < 1:
        raise Usage("At least one turn is needed")
    told = asyncio.run(_measure(options, _clips(options)))
    tell(told, options.json, lambda _: _table(told))
    return 0


def _clips(options: argparse.Namespace) -> list[Pcm]:
    known = [trimmed(decoded(clip.path)) for clip in sorted(clips(options.speech))]
    short = [pcm for pcm in known if 1.0 <= len(pcm) / 16_000 <= 4]
    if not short:
        raise Refusal("No sound file of 1 to 4 s is there to play")
    step = max(1, len(short) // options.turns)
    return (short[::step] * options.turns)[: options.turns]


async def _measure(options: argparse.Namespace, said: Sequence[Pcm]) -> dict[str, Any]:
    async with _place(options) as place:
        workers = readyz(place.url).get("workers", [])
        served = sorted({one["ref"] for worker in workers for one in worker["serves"]})
        told: dict[str, Any] = machine() | {"models": served, "tokens": TOKENS}
        typed = await _typed(place, options.turns)
        told["typed"] = figures(typed) | (overhead(typed) if place.tap else {})
        for eager_ms in options.eager:
            told[f"spoken_eager_{eager_ms}"] = figures(await _spoken(place, said, eager_ms))
        return told


async def _typed(place: Place, turns: int) -> list[Turned]:
    async with talking(place.url, place.key, 0, sound=False) as talk:
        await talk.type("Hello.")  # nobody's first request is what is measured
        return [await _turn(place, talk, TYPED[number % len(TYPED)]) for number in range(turns)]


async def _spoken(place: Place, said: Sequence[Pcm], eager_ms: int) -> list[Turned]:
    """Every second reply is cancelled at its first word."""
    async with talking(place.url, place.key, eager_ms, sound=True) as talk:
        await talk.say(said[0], cancel=False)
        return [await _turn(place, talk, clip, cancel=n % 2 == 1) for n, clip in enumerate(said)]


async def _turn(place: Place, talk: Talk, what: str | Pcm, *, cancel: bool = False) -> Turned:
    heard = await (talk.type(what) if isinstance(what, str) else talk.say(what, cancel=cancel))
    await asyncio.sleep(0.3)  # what was cancelled ends at the engine, too
    passed = place.tap.passed[-1] if place.tap and place.tap.passed else None
    alone = await bare(place.engine, passed.body) if passed and place.engine and not cancel else float("nan")
    return _turned(heard, passed, alone)


def _turned(heard: Heard, passed: Passed | None, alone: float) -> Turned:
    made = passed.words if passed else []
    return Turned(
        ended=heard.ended,
        final=heard.final,
        turn=heard.turn,
        asked=passed.asked if passed else 0.0,
        made=made[0] if made else 0.0,
        shown=heard.words[0] if heard.words else 0.0,
        last=heard.words[-1] if heard.words else 0.0,
        cancelled=heard.cancelled,
        done=heard.done,
        gaps=gaps(made, heard.words),
        verdicts_ms=heard.verdicts_ms,
        bare=alone,
    )


@asynccontextmanager
async def _place(options: argparse.Namespace) -> AsyncGenerator[Place]:
    key = options.key or os.environ.get("VIVAVOCE_KEY")
    if options.url:
        if not readyz(options.url):
            raise Refusal(f"No server answers at {options.url}: start one, or leave --url out")
        yield Place(options.url, key)
        return
    with contextlib.ExitStack() as stack:
        engine = await _engine(stack, options.llm)
        async with tapped(engine) as tap:
            settings = {"LLM__URL": tap.url, "LLM__KEY": engine.key, "LLM__MAX_TOKENS": str(TOKENS)}
            own = await asyncio.to_thread(stack.enter_context, serving(options.model, settings=settings))
            try:
                yield Place(own.url, None, engine, tap)
            finally:
                await asyncio.to_thread(stack.close)


async def _engine(stack: contextlib.ExitStack, model: str) -> Engine:
    """The engine as the responder has it, in this process."""
    from llm.embedded import Embedded
    from llm.policy import LlmPolicy

    embedded = Embedded(models.path(model), LlmPolicy())
    with ThreadPoolExecutor(1) as loader:  # it lowers its thread's priority
        url, key = await asyncio.get_running_loop().run_in_executor(loader, embedded.start)
    stack.callback(embedded.stop)
    return Engine(url, key)


def _table(told: dict[str, Any]) -> Table:
    made = Table(title="p50 / p95 in ms")
    kinds = [name for name, value in told.items() if isinstance(value, dict) and "turns" in value]
    for head in ("", *kinds):
        made.add_column(head, justify="right" if head else "left")
    for name in dict.fromkeys(name for kind in kinds for name in told[kind] if name != "turns"):
        cells = [told[kind].get(name) for kind in kinds]
        made.add_row(name, *("-" if not cell else f"{cell['p50']:.0f} / {cell['p95']:.0f}" for cell in cells))
    return made
