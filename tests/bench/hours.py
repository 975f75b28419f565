"""Hours of one session through the recogniser, as fast as it goes: memory has to stay flat, and silence to stay silent.

    .venv/bin/python -m tests.bench.hours --hours 1 [--model tiny.en]     real speech, whole prompts with pauses
    .venv/bin/python -m tests.bench.hours --hours 2 --silence             digital silence
    .venv/bin/python -m tests.bench.hours --hours 1 --redis               through Redis, lease and desk as well

Prints JSON: resident memory (MB) at each tenth of the run, its slope after the first fifth (MB an hour of sound), words
heard, facts, processor seconds per second of sound, and the accounting.

By default on a virtual clock (tests/bench/virtual.py): recogniser core, VAD and engine. With `--redis` the worker
itself serves the session, whose sound comes at most 50 s ahead of what it has trimmed away; then `redis_mb` is what
Redis has used at first, after a fifth, and in the end, `sound_entries` and `state_bytes` the most that it kept.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from msgspec import Struct, field

from streaming.bench.machine import machine
from streaming.bench.processes import rss_mb
from streaming.bench.speech import RATE, clips, decoded, room
from streaming.facts import Heard, HeardFinal, SoundEnded
from tests.bench import virtual
from tests.speech import Pcm

SAMPLED_S = 10
"""Seconds of sound between two looks at the memory."""


class Watch(Struct):
    """What is noted on the way. `memory`: (hours of sound, MB)."""

    heard_s: float = 0.0
    words: int = 0
    facts: int = 0
    ended: SoundEnded | None = None
    memory: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    def note(self, fact: Heard) -> None:
        """A fact of the session."""
        self.facts += 1
        if isinstance(fact, HeardFinal):
            self.words += len(fact.words)
        if isinstance(fact, SoundEnded):
            self.ended = fact

    def sound(self, seconds: float) -> None:
        """So much more sound was given to the recogniser."""
        before, self.heard_s = self.heard_s, self.heard_s + seconds
        if before // SAMPLED_S != self.heard_s // SAMPLED_S:
            self.memory.append((self.heard_s / 3600, rss_mb(os.getpid())))

    def report(self) -> dict[str, Any]:
        """Of the whole run."""
        assert self.ended
        [account] = self.ended.accounting
        counted = account.transcribed_ms + account.silence_ms + sum(account.gap_ms.values())
        warm = self.memory[len(self.memory) // 5 :]
        slope = statistics.linear_regression(*zip(*warm, strict=True)).slope if len(warm) > 1 else 0.0
        return {
            "seconds": round(self.heard_s, 1),
            "words": self.words,
            "facts": self.facts,
            "rss_mb": [round(self.memory[n * (len(self.memory) - 1) // 10][1], 1) for n in range(11)],
            "rss_slope_mb_per_hour": round(slope, 2),
            "unaccounted_ms": account.duration_ms - counted,
            "transcribed_s": round(account.transcribed_ms / 1000, 1),
        }


def speech(seconds: float) -> Iterator[Pcm]:
    """Prompts in an endless round with pauses, in blocks of 100 ms."""
    known = [decoded(clip.path) for clip in clips()]
    parts = (part for pcm in itertools.cycle(known) for part in (pcm, room(0.9)))
    return _blocks(parts, seconds)


def silence(seconds: float) -> Iterator[Pcm]:
    """Nothing but zeros, in blocks of 100 ms."""
    return _blocks(itertools.repeat(np.zeros(10 * RATE, np.int16)), seconds)


def _blocks(parts: Iterable[Pcm], seconds: float) -> Iterator[Pcm]:
    left, rest = round(seconds * RATE), np.zeros(0, np.int16)
    for part in parts:
        rest = np.concatenate([rest, part])
        while len(rest) >= virtual.BLOCK:
            if left <= 0:
                return
            yield rest[: virtual.BLOCK]
            rest, left = rest[virtual.BLOCK :], left - virtual.BLOCK


def on_a_virtual_clock(sound: Iterator[Pcm], model: str, language: str = "en") -> Watch:
    """A session of `sound` through core, VAD and engine."""
    watch = Watch()
    session = virtual.Session(virtual.load(model), language)

    def watched() -> Iterator[Pcm]:
        for block in sound:
            watch.sound(len(block) / RATE)
            yield block

    for fact in session.play(watched()):
        watch.note(fact)
    return watch


def main() -> None:
    """Run it and print JSON."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--hours", type=float, default=1.0)
    options.add_argument("--silence", action="store_true")
    options.add_argument("--speech", action="store_true", help="real speech, which is the default")
    options.add_argument("--redis", action="store_true")
    options.add_argument("--model", default="tiny.en")
    asked = options.parse_args()
    before, began = machine(), time.monotonic()
    sound = (silence if asked.silence else speech)(3600 * asked.hours)
    used = time.process_time()
    if asked.redis:
        from tests.bench.served import through_redis

        watch, more = asyncio.run(through_redis(sound, asked.model))
    else:
        watch, more = on_a_virtual_clock(sound, asked.model), {}
    used = time.process_time() - used
    took = {"took_s": round(time.monotonic() - began, 1), "cpu_per_s": round(used / watch.heard_s, 4)}
    print(json.dumps({**before, "model": asked.model, **watch.report(), **more, **took}, indent=1))


if __name__ == "__main__":
    main()
