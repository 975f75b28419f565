"""`python -m tests.chaos [SCENARIO...] [--short] [--json FILE]`: faults on purpose, and what became of the sessions.

Each scenario has a Redis and processes of its own, and can be run alone. Those that mostly wait run beside one another,
after the others. Exit code 1 when any of them has a fault.
"""

import argparse
import asyncio
import os
import platform
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import msgspec

from streaming.machine.tether import tether
from tests.chaos.scenarios import ALL, ALONE, BESIDE
from tests.chaos.stage import Figures

LANES = 2 * (os.cpu_count() or 1)
"""Scenarios beside one another."""


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("scenario", nargs="*", choices=[*ALL, []], help="all, when none is named")
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--json", type=Path, help="write all figures there too")
    options = parser.parse_args()
    began = time.monotonic()
    machine, found = _machine(), asyncio.run(_all(options.scenario or list(ALL), options.short))
    whole = {"machine": machine, "took_s": round(time.monotonic() - began, 1), "scenarios": found}
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(whole)))
    bad = {name: figures["faults"] for name, figures in found.items() if figures["faults"]}
    print(msgspec.json.encode({"took_s": whole["took_s"], "faults": bad}).decode())
    return 1 if bad else 0


async def _all(names: Sequence[str], short: bool) -> dict[str, Figures]:
    """The figures of each, told as they come."""
    if len(names) == 1:
        began = time.monotonic()
        figures = await ALL[names[0]](short)
        return _noted(names[0], {**figures, "took_s": round(time.monotonic() - began, 1)})
    found: dict[str, Figures] = {}
    for name in names:
        if name in ALONE:
            found |= _noted(name, await apart(name, short=short))
    async for name, figures in _beside([name for name in BESIDE if name in names], short):
        found |= _noted(name, figures)
    return found


def _noted(name: str, figures: Figures) -> dict[str, Figures]:
    print(msgspec.json.encode({name: figures}).decode(), flush=True)
    return {name: figures}


async def _beside(names: Sequence[str], short: bool) -> AsyncGenerator[tuple[str, Figures]]:
    """LANES at a time, each as it ends."""
    room = asyncio.Semaphore(LANES)

    async def one(name: str) -> tuple[str, Figures]:
        async with room:
            return name, await apart(name, short=short)

    for ended in asyncio.as_completed([asyncio.create_task(one(name)) for name in names]):
        yield await ended


async def apart(name: str, *, short: bool) -> Figures:
    """A scenario in a process of its own; that it did not get to its end is a fault too."""
    words = [sys.executable, "-m", "tests.chaos", name, *(["--short"] if short else [])]
    tied = tether()
    process = await asyncio.create_subprocess_exec(*words, stdout=subprocess.PIPE, preexec_fn=tied)
    told, _ = await process.communicate()
    first = told.splitlines()[:1]
    return (
        msgspec.json.decode(first[0])[name] if first else {"faults": [f"it ended with {process.returncode}"]}
    )


def _machine() -> Figures:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "commit": commit,
        "load": [round(one, 2) for one in os.getloadavg()],
    }


if __name__ == "__main__":
    sys.exit(main())
