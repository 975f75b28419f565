"""Sessions that come and go: whether anything is left of them in the processes.

    .venv/bin/python -m tests.chaos.hours [--minutes 60] [--lanes 2] [--pace 2]

An hour of them in little more than a minute belongs to the suite; the command takes as long as it is told.
"""

import argparse
import asyncio
import statistics
import sys
import time
from typing import Any

import msgspec
from msgspec import Struct

from tests.chaos import coded
from tests.chaos.speakers import Speaker, faults, judged
from tests.chaos.stage import Figures, Memory, Stage, beside, stage


class Traffic(Struct, frozen=True):
    """For `seconds`, `lanes` sessions at a time, each of 3 s of sound at `pace` times the pace of speech."""

    seconds: float
    lanes: int
    pace: float = 6.0


async def come_and_go(short: bool) -> Figures:
    """Short sessions, a dozen at a time, each with a few words; then the memory of the processes is compared."""
    figures = await passing(Traffic(8, 4) if short else Traffic(80, 12))
    return {**figures, "faults": [] if short and not faults(figures) else figures["faults"]}


async def passing(traffic: Traffic) -> Figures:
    """What became of the sessions of `traffic`, and by how much the processes grew.

    What could be written again is kept for 5 s and not for 30, so that it is as large as it gets when it is measured.
    """
    async with stage(workers=1, settings={"VIVAVOCE_REDIS__JOURNAL__KEEP_S": "5"}) as made:
        memory, found, began = Memory(made.service), dict[str, Any](), time.monotonic()
        async with beside(memory.watch()):
            await asyncio.gather(*(_lane(made, traffic, lane, found) for lane in range(traffic.lanes)))
        took = time.monotonic() - began
        growth = {name: grown(seen) for name, seen in memory.seen.items()}
        wrong = faults(found) + [f"{name} grew {part:.1%}" for name, part in growth.items() if part > 0.02]
        found["spoken_s"], rate = round(found["spoken_s"], 1), round(found["sessions"] / took, 2)
        return {**found, "sessions_a_second": rate, "rss_growth": growth, "faults": wrong}


async def _lane(made: Stage, traffic: Traffic, lane: int, found: dict[str, Any]) -> None:
    """One session after the other; each is judged at its end, and adds to the sums of `found`."""
    ends, number = time.monotonic() + traffic.seconds, 0
    while time.monotonic() < ends:
        number += 1
        speaker = Speaker(coded.plan(100_000 * lane + number, 3), lane)
        await speaker.run(made.service.url, patience_s=20, pace=traffic.pace)
        one = await judged(made.bus, [speaker])
        found.update({name: found[name] + value if name in found else value for name, value in one.items()})


def grown(seen: list[float]) -> float:
    """The last fifth of the samples over the third: what comes before is warming up."""
    part = max(1, len(seen) // 5)
    before = statistics.median(seen[2 * part : 3 * part])
    return round(statistics.median(seen[-part:]) / before - 1, 4)


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.hours", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--pace", type=float, default=2.0)
    told = parser.parse_args()
    figures = asyncio.run(passing(Traffic(told.minutes * 60, told.lanes, told.pace)))
    sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
    return 1 if figures["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
