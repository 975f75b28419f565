"""Live transcription of many clients at once: what TARGETS asks of the recogniser.

    .venv/bin/python -m tests.bench.asr [--clients 1 2 4] [--seconds 60] [--model base] [--runs 1]

Each client plays its own sequence of real telephone prompts with pauses at real-time pace. For each number of clients:
`wer` (insertions, deletions and replacements in percent of the words said, digits read as words), `first` and `commit`
(seconds from a word's end to its first sight and to its last change; p50 and p95), `drift` (slope of `commit` over the
session, s per minute), `flicker` (code points of partials that were taken back, per code point of the finals),
`cpu_per_s` (the recogniser's processor seconds per second of sound), `peak_rss_mb`, and `unaccounted_ms`.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from streaming.events import SessionEnded, TranscriptFinal, TranscriptPartial
from tests import speech
from tests.bench.figures import machine, summary, word_times
from tests.conftest import running_redis
from tests.conversation import Arrival, Conversation
from tests.stack import Stack


def script(seed: int, seconds: float) -> tuple[speech.Pcm, list[str]]:
    """About `seconds` of prompts of 1.5 to 12 s in an order of its own, with pauses; and the words in it."""
    order = sorted(speech.said())
    random.Random(seed).shuffle(order)
    parts: list[str | float] = [0.5]
    words: list[str] = []
    length = 0.0
    for name in order:
        if not (speech.SOUNDS / f"{name}.wav").exists() or unfit(speech.said()[name]):
            continue
        lasts = len(speech.prompt(name)) / speech.RATE
        if not 1.5 <= lasts <= 12:
            continue
        parts += [name, 0.9]
        words += speech.plain(speech.said()[name])
        length += lasts + 0.9
        if length >= seconds:
            break
    return speech.join(*parts), words


def unfit(text: str) -> bool:
    """Prompts that are no plain words: tones, beeps, cut sentences."""
    return any(sign in text for sign in "[]<>(){}*") or text.endswith("...") or text.startswith("...")


def flicker(arrivals: list[Arrival]) -> float:
    """Normalised erasure (Arivazhagan et al. 2020), of partials in code points."""
    shown: dict[int, str] = {}
    erased = total = 0
    for arrival in arrivals:
        match arrival.message.event:
            case TranscriptPartial(segment=segment, text=text) | TranscriptFinal(segment=segment, text=text):
                before = shown.get(segment, "")
                same = itertools.takewhile(
                    lambda pair: pair[0] == pair[1], zip(before.lower(), text.lower(), strict=False)
                )
                erased += len(before) - sum(1 for _ in same)
                shown[segment] = text
                total += len(text) if isinstance(arrival.message.event, TranscriptFinal) else 0
            case _:
                pass
    return round(erased / max(1, total), 3)


def drift(arrivals: list[Arrival]) -> float:
    """Slope of the finals' lateness over the session, s per minute."""
    finals = [(a.at, a.message.event) for a in arrivals if isinstance(a.message.event, TranscriptFinal)]
    if len(finals) < 3:
        return 0.0
    late = [at - final.end_ms / 1000 for at, final in finals]
    return round(float(np.polyfit([at / 60 for at, _ in finals], late, 1)[0]), 2)


async def speak(url: str, seed: int, seconds: float) -> dict[str, Any]:
    """One client's session."""
    pcm, words = script(seed, seconds)
    async with Conversation(url, language="en") as talk:
        await talk.play(pcm)
        talk.client.end()
        [ended] = await talk.until(SessionEnded, 1, 120)
    firsts, commits = word_times(talk.arrivals)
    [account] = ended.accounting
    counted = account.transcribed_ms + account.silence_ms + sum(account.gap_ms.values())
    return {
        "errors": speech.errors(words, speech.plain(talk.text())),
        "words": len(words),
        "seconds": len(pcm) / speech.RATE,
        "firsts": firsts,
        "commits": commits,
        "flicker": flicker(talk.arrivals),
        "drift": drift(talk.arrivals),
        "unaccounted_ms": account.duration_ms - counted,
    }


def processor_s(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(stack: Stack, clients: int, seconds: float, seed: int) -> dict[str, Any]:
    """`clients` at once, begun half a second apart."""
    recogniser = next(w for w in stack.readyz()["workers"] if w["role"] == "asr")
    pid = int(recogniser["name"].rpartition(":")[2])
    before = processor_s(pid)

    async def later(n: int) -> dict[str, Any]:
        await asyncio.sleep(n / 2)
        return await speak(stack.url, seed + n, seconds)

    heard = await asyncio.gather(*map(later, range(clients)))
    used = processor_s(pid) - before
    peak = next(w["peak_rss_mb"] for w in stack.readyz()["workers"] if w["role"] == "asr")
    return {
        "clients": clients,
        "wer": round(100 * sum(one["errors"] for one in heard) / sum(one["words"] for one in heard), 2),
        "first": summary(list(itertools.chain.from_iterable(one["firsts"] for one in heard))),
        "commit": summary(list(itertools.chain.from_iterable(one["commits"] for one in heard))),
        "drift": max(one["drift"] for one in heard),
        "flicker": round(sum(one["flicker"] for one in heard) / clients, 3),
        "cpu_per_s": round(used / sum(one["seconds"] for one in heard), 3),
        "peak_rss_mb": peak,
        "unaccounted_ms": sum(one["unaccounted_ms"] for one in heard),
    }


def main() -> None:
    """Run it and print JSON."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--clients", type=int, nargs="+", default=[1, 2, 4])
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--model", default="base")
    options.add_argument("--runs", type=int, default=1)
    asked = options.parse_args()
    before = machine()
    folder = Path(tempfile.mkdtemp(prefix="vv-bench-"))
    settings = {"VIVAVOCE_ASR__MODEL": asked.model, "VIVAVOCE_LLM__MODEL": "smollm2-135m"}
    with running_redis() as url, contextlib.closing(Stack(url, folder, settings)) as stack:
        stack.start()
        stack.await_ready()
        rows = [
            asyncio.run(measure(stack, clients, asked.seconds, 100 * run))
            for clients in asked.clients
            for run in range(1, asked.runs + 1)
        ]
        refs = [served["ref"] for worker in stack.readyz()["workers"] for served in worker["serves"]]
        print(json.dumps({**before, "models": refs, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
