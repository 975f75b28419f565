"""How long a word takes, from its end in the sound to the screen, and a turn to its reply; what each role weighs.

    .venv/bin/python -m tests.bench.main_job [--runs 3] [--llm qwen2.5-coder-0.5b]

Starts the service on loopback (a Redis of its own), plays real speech at real-time pace, one client, and prints JSON:
medians and 95th percentiles in seconds over all runs. Word ends are those of the finals. `first`: a word's first
appearance in a partial or final; `commit`: in the stable part of a partial, or in a final.
"""

import argparse
import asyncio
import contextlib
import json
import tempfile
from pathlib import Path

from streaming.bench.machine import machine
from streaming.events import (
    ReplyDelta,
    ReplyDone,
    SessionEnded,
    SpeechStopped,
    TurnEnded,
)
from tests import speech
from tests.bench.figures import rss, summary, word_times
from tests.conftest import running_redis
from tests.conversation import Conversation
from tests.stack import Stack

PROMPTS = ("conf-onlyone", "vm-goodbye", "auth-incorrect", "agent-alreadyon", "conf-getconfno")
Times = dict[str, list[float]]


def sound() -> speech.Pcm:
    """About 25 s of prompts with pauses that end turns."""
    return speech.join(0.4, *[part for name in PROMPTS for part in (name, 1.2)])


async def transcription(url: str, times: Times) -> None:
    """One client speaks."""
    async with Conversation(url, language="en") as talk:
        await talk.play(sound())
        talk.client.end()
        await talk.until(SessionEnded)
    firsts, commits = word_times(talk.arrivals)
    times["first"] += firsts
    times["commit"] += commits
    stops = {a.message.event.at_ms: a.at for a in talk.arrivals if isinstance(a.message.event, SpeechStopped)}
    ended = [a.at for a in talk.arrivals if isinstance(a.message.event, TurnEnded)]
    times["voice_end_to_final"] += [at - ms / 1000 for (ms, _), at in zip(stops.items(), ended, strict=False)]


async def finalizing(url: str, times: Times) -> None:
    """`audio.finalize` in the middle of speech, to the final."""
    pcm = speech.prompt("auth-incorrect")
    async with Conversation(url, language="en") as talk:
        for n, cut in enumerate((1.5, 2.5, 3.5), start=1):
            await talk.play(pcm[: int(cut * speech.RATE)])
            asked = asyncio.get_running_loop().time()
            talk.client.finalize()
            await talk.until(TurnEnded, n)
            times["finalize_to_final"].append(asyncio.get_running_loop().time() - asked)
        talk.client.end()
        await talk.until(SessionEnded)


async def answering(url: str, times: Times) -> None:
    """A spoken turn to the first visible token of its reply, the prompt's prefix warm."""
    async with Conversation(url, "chat", language="en") as talk:
        for n in range(1, 4):
            talk.arrivals.clear()
            await talk.play(speech.join(0.2, "conf-onlyone", 1.0))
            await talk.until(ReplyDone, 1, 60)
            ended = next(a.at for a in talk.arrivals if isinstance(a.message.event, TurnEnded))
            token = next((a.at for a in talk.arrivals if isinstance(a.message.event, ReplyDelta)), None)
            if token is not None and n > 1:
                times["turn_ended_to_first_token"].append(token - ended)
        talk.client.end()
        await talk.until(SessionEnded)


async def measure(stack: Stack, runs: int) -> Times:
    """All of it, `runs` times."""
    names = ("first", "commit", "voice_end_to_final", "finalize_to_final", "turn_ended_to_first_token")
    times: Times = {name: [] for name in names}
    for _ in range(runs):
        await transcription(stack.url, times)
        await finalizing(stack.url, times)
        await answering(stack.url, times)
    return times


def main() -> None:
    """Run it and print JSON."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--llm", default="qwen2.5-coder-0.5b")
    asked = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vv-bench-"))
    before = machine()
    with (
        running_redis() as url,
        contextlib.closing(Stack(url, folder, {"VIVAVOCE_LLM__MODEL": asked.llm})) as stack,
    ):
        stack.start()
        stack.await_ready()
        times = asyncio.run(measure(stack, asked.runs))
        report = {
            **before,
            "models": [served["ref"] for worker in stack.readyz()["workers"] for served in worker["serves"]],
            "seconds": {name: summary(values) for name, values in times.items() if values},
            "rss_mb": rss(stack),
        }
        print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
