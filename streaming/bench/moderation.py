"""`vivavoce bench moderation`: how often the heads err on rows that were held out, and what each tier costs.

Needs the model `minilm`. Everything is measured in this process, one thread: rules on a text that comes word by word,
heads on windows, alone and in batches, and through the desk that sessions share; names of people where spaCy is
installed.
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from moderation.gate import Gate
from moderation.levels import FLAGGED
from moderation.model.heads import load, read_as
from moderation.model.judge import HeadJudge, Judge
from moderation.model.windows import due
from moderation.policy import ModerationPolicy
from moderation.screen import Screen
from moderation.train.__main__ import own, vectors_of
from moderation.train.card import measured
from moderation.train.rows import Row
from moderation.worker import rules
from streaming.bench.machine import machine
from streaming.bench.moderation_names import names
from streaming.bench.moderation_turn import costs
from streaming.bench.telling import tell
from streaming.machine import models
from streaming.machine.minilm import Sentences

BATCHES: Final = (1, 8, 16)


def run(options: argparse.Namespace) -> int:
    """Print, and write if asked, all figures."""
    tell(asyncio.run(measure(options.rounds)), options.json)
    return 0


async def measure(rounds: int) -> dict[str, Any]:
    """All figures; times in milliseconds, each from so many `rounds` over the rows of ours that are held out."""
    heads, sentences = load(), Sentences(models.path("minilm"))
    screen = Screen(rules(""), ModerationPolicy())
    rows = [row for row in own() if row.held]
    texts = [row.text for row in rows] * rounds
    judge = HeadJudge(sentences.embed, heads)
    try:
        return {
            **machine(),
            "rules": screen.ref,
            "heads": heads.ref,
            "held_out": measured(heads, rows, vectors_of(sentences, rows)),
            "rules_ms_each_piece": spread(pieces(screen, rows)),
            "heads_ms_each_text": {
                str(size): spread(
                    batches(texts, size, lambda batch: sentences.embed(list(map(read_as, batch))))
                )
                for size in BATCHES
            },
            "desk_ms": {str(size): spread(await together(judge, texts, size)) for size in BATCHES},
            "reply_ms": await replies(screen, judge, rows),
            "names": await measured_names(rounds),
            "first_window_words": spread([first_window(row) for row in rows if len(row.text.split()) >= 8]),
        }
    finally:
        await judge.close()


async def replies(screen: Screen, judge: Judge, rows: Sequence[Row]) -> dict[str, Any]:
    """What a reply waits in `hold`, and how long unsafe words stand in `stream_first`. Rows of ours are the replies;
    those that nothing may be said of are harmless, others belong to categories that block."""
    harmless = [row.text for row in rows if not row.of]
    unsafe = [row.text for row in rows if row.of - {FLAGGED}]
    held = await costs(screen, judge, "hold", harmless)
    first = await costs(screen, judge, "stream_first", unsafe)
    return {
        "hold_first_word": spread(held.first),
        "hold_release": spread(held.release),
        "verdict": spread([*held.verdict, *first.verdict]),
        "stream_first_retract": spread(first.retract),
        "unsafe_replies": len(unsafe),
    }


async def measured_names(rounds: int) -> dict[str, Any]:
    """How well names of people are found, where that can be done here."""
    told = await names(ModerationPolicy(), rounds)
    return {
        key: spread(cast(list[float], value)) if isinstance(value, list) else value
        for key, value in told.items()
    }


def pieces(screen: Screen, rows: Sequence[Row]) -> list[float]:
    """What the rules take for each word of texts that come word by word."""
    took: list[float] = []
    for row in rows:
        gate = Gate(screen)
        for word in row.text.split():
            since = time.perf_counter()
            gate.feed(word + " ")
            took.append((time.perf_counter() - since) * 1000)
    return took


def batches(texts: Sequence[str], size: int, judged: Callable[[Sequence[str]], object]) -> list[float]:
    """What a text takes in batches of `size`."""
    took: list[float] = []
    for at in range(0, len(texts) - size + 1, size):
        since = time.perf_counter()
        judged(texts[at : at + size])
        took.append((time.perf_counter() - since) * 1000 / size)
    return took


async def together(judge: HeadJudge, texts: Sequence[str], size: int) -> list[float]:
    """How long a session waits for an answer when `size` of them ask at once, the desk's own wait included."""
    took: list[float] = []

    async def one(text: str) -> None:
        since = time.perf_counter()
        await judge.scores([text])
        took.append((time.perf_counter() - since) * 1000)

    for at in range(0, len(texts) - size + 1, size):
        await asyncio.gather(*(one(text) for text in texts[at : at + size]))
    return took


def first_window(row: Row) -> float:
    """How many words of a text that goes on there must be before the heads are asked for the first time."""
    windows = due(row.text + " and", 0) or due(row.text, 0, closed=True)
    return float(len(windows[0].of(row.text).split()))


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile; nothing of nothing."""
    ordered = sorted(values)
    if not ordered:
        return {"n": 0}
    return {
        "p50": round(ordered[len(ordered) // 2], 3),
        "p95": round(ordered[int(len(ordered) * 0.95)], 3),
        "n": len(ordered),
    }
