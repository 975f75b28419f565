"""An hour of sessions that come and go, in a minute: whether anything is left of them in the processes."""

import asyncio
import statistics
import time

from tests.chaos import coded
from tests.chaos.speakers import Speaker, faults, judged
from tests.chaos.stage import Figures, Memory, beside, stage

PACE = 6.0
"""Times the pace of speech."""


async def come_and_go(short: bool) -> Figures:
    """Short sessions, a dozen at a time, each with a few words; then the memory of the processes is compared.

    What could be written again is kept for 5 s and not for 30, so that it is as large as it gets when it is measured.
    """
    ends, at_once = time.monotonic() + (8 if short else 60), 4 if short else 12
    async with stage(workers=1, settings={"VIVAVOCE_REDIS__JOURNAL__KEEP_S": "5"}) as made:
        memory, done = Memory(made.service), list[Speaker]()

        async def one_after_the_other(lane: int) -> None:
            number = 0
            while time.monotonic() < ends:
                number += 1
                speaker = Speaker(coded.plan(1_000 * lane + number, 3), lane)
                done.append(await speaker.run(made.service.url, patience_s=20, pace=PACE))

        began = time.monotonic()
        async with beside(memory.watch()):
            await asyncio.gather(*map(one_after_the_other, range(at_once)))
        took = time.monotonic() - began
        found = await judged(made.bus, done)
        growth = {name: grown(seen) for name, seen in memory.seen.items()}
        wrong = faults(found) + [f"{name} grew {part:.1%}" for name, part in growth.items() if part > 0.02]
        figures = {"sessions_a_second": round(len(done) / took, 1), "rss_growth": growth}
        return {**found, **figures, "faults": [] if short and not faults(found) else wrong}


def grown(seen: list[float]) -> float:
    """The last fifth of the samples over the third: what comes before is warming up."""
    part = max(1, len(seen) // 5)
    before = statistics.median(seen[2 * part : 3 * part])
    return round(statistics.median(seen[-part:]) / before - 1, 4)
