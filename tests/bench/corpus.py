"""The whole of a corpus through the recogniser as it streams, and offline, side by side: word errors of both.

    .venv/bin/python -m tests.bench.corpus [--language en|fr|es] [--minutes 5] [--model base] [--keep FOLDER]

Debian's telephone prompts (8 kHz) of a language, or any folder of sound files with a transcript (`--speech`); `--root`
is where the packages were unpacked, if not installed. Prompts below 1.5 s ("yes", letters, digits) are a set of their
own. Sessions of about a minute on a virtual clock (tests/bench/virtual.py), a process for each core; beside them
faster-whisper, beam 5, the same model. With `--keep` a run that was broken off goes on where it was.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from streaming.bench import offline
from streaming.bench.machine import machine
from streaming.bench.score import Score, score
from streaming.bench.speech import RATE, Clip, Script, Span, clips, decoded, room
from streaming.bench.spelling import words
from streaming.machine import models
from tests.bench import virtual

SHORT_S = 1.5
SESSION_S = 60.0
PAUSE_S = 0.9


class Task(Struct, frozen=True):
    """A session to play: `kind` is "sentences" or "short"."""

    kind: str
    clips: list[tuple[str, str]]
    model: str
    language: str
    detect: bool = False


class Result(Struct, frozen=True):
    """What was said in a session, what was heard of it, and the processor seconds that streaming took."""

    kind: str
    seconds: float
    said: list[str]
    streamed: str
    offline: str
    cpu_s: float


def script(known: Sequence[Clip]) -> Script:
    """The clips one after the other, with pauses that end turns."""
    parts, spans, at = [room(0.5)], list[Span](), 0.5
    for clip in known:
        pcm = decoded(clip.path)
        spans.append(Span(clip.text, at, at + len(pcm) / RATE))
        parts += [pcm, room(PAUSE_S, len(parts))]
        at = spans[-1].end + PAUSE_S
    return Script(np.concatenate(parts), spans)


def tasks(known: Sequence[Clip], seconds: float, options: argparse.Namespace) -> list[Task]:
    """Sessions of about a minute over `seconds` of `known`, the sentences first."""
    out: list[Task] = []
    for kind in ("sentences", "short"):
        some: list[tuple[str, str]] = []
        length = total = 0.0
        for clip in known:
            lasts = len(decoded(clip.path)) / RATE
            if (lasts < SHORT_S) != (kind == "short") or total >= seconds:
                continue
            some.append((str(clip.path), clip.text))
            length, total = length + lasts + PAUSE_S, total + lasts + PAUSE_S
            if length >= SESSION_S:
                out.append(Task(kind, some, options.model, options.language, options.detect))
                some, length = [], 0.0
        if some:
            out.append(Task(kind, some, options.model, options.language, options.detect))
    return out


@cache
def loaded(model: str) -> virtual.Models:
    """Loaded once a process."""
    return virtual.load(model)


def done(task: Task, keep: Path | None = None) -> Result:
    """A session, played and passed over; or what `keep` has of it."""
    name = hashlib.sha256(msgspec.json.encode(task) + models.digest(task.model).encode()).hexdigest()[:24]
    kept = keep / f"{name}.json" if keep else None
    if kept and kept.exists():
        return msgspec.json.decode(kept.read_bytes(), type=Result)
    played = script([Clip(Path(path), text) for path, text in task.clips])
    session = virtual.Session(loaded(task.model), None if task.detect else task.language)
    began = time.process_time()
    streamed = virtual.text(session.play(virtual.blocks(played.pcm)))
    used = time.process_time() - began
    [heard] = offline.heard([played.pcm], task.model, task.language)
    said = [span.text for span in played.spans]
    result = Result(task.kind, round(played.seconds, 1), said, streamed, heard.text, round(used, 2))
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(msgspec.json.encode(result))
    return result


def scored(one: Result, text: str, language: str) -> Score:
    """What was said against `text`."""
    said = [word for clip in one.said for word in words(clip, language)]
    return score(said, words(text, language))


def figures(results: Sequence[Result], language: str) -> dict[str, Any]:
    """Of each kind, in percent: errors of words, and of numbers, which may be written in many ways."""
    out: dict[str, Any] = {}
    for kind in sorted({one.kind for one in results}):
        some = [one for one in results if one.kind == kind]
        rows: dict[str, Any] = {"minutes": round(sum(one.seconds for one in some) / 60, 1)}
        for name in ("streamed", "offline"):
            total = Score()
            for one in some:
                total = total.plus(scored(one, getattr(one, name), language))
            rows[name] = {
                "wer": round(total.wer, 2),
                "numbers": round(100 * total.number_errors / max(1, total.numbers), 1),
                "errors": total.errors,
                "words": total.words,
            }
        rows["cpu_per_s"] = round(sum(one.cpu_s for one in some) / sum(one.seconds for one in some), 3)
        out[kind] = rows
    return out


def main() -> None:
    """Run it and print JSON."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--language", default="en")
    options.add_argument("--minutes", type=float, default=1e9, help="of each kind; all when not given")
    options.add_argument("--model", default="base")
    options.add_argument("--detect", action="store_true", help="let the recogniser tell the language")
    options.add_argument("--speech", type=Path)
    options.add_argument("--root", type=Path, default=Path("/"))
    options.add_argument("--keep", type=Path)
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = options.parse_args()
    before, began = machine(), time.monotonic()
    known = clips(asked.speech, asked.language, asked.root)
    wanted = [(task, asked.keep) for task in tasks(known, 60 * asked.minutes, asked)]
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        results = pool.starmap(done, wanted, chunksize=1)
    worst = sorted(results, key=lambda one: -scored(one, one.streamed, asked.language).wer)
    report = {
        **before,
        "model": f"{asked.model}@{models.digest(asked.model)[:16]}",
        "language": asked.language,
        "took_s": round(time.monotonic() - began, 1),
        **figures(results, asked.language),
        "worst": [{"said": one.said, "streamed": one.streamed, "offline": one.offline} for one in worst[:3]],
    }
    print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
