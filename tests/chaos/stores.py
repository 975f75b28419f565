"""A Redis that is killed and has forgotten its last writes, and one that is away for a while."""

import asyncio

from tests.chaos.speakers import faults, judged
from tests.chaos.stage import Figures, speakers, stage, talking

TAIL = 120_000
"""Bytes: some seconds of everybody's sound and events."""


async def redis_forgets(short: bool) -> Figures:
    """Redis is killed (-9), 120 kB are cut off the tail of its file, and it is started again."""
    count, kills, every_s = (3, 1, 4) if short else (12, 5, 6)
    async with stage(workers=2) as made:
        said, cut = speakers(count, every_s * (kills + 1)), 0
        talk = talking(said, made.service.url)
        for _ in range(kills):
            await asyncio.sleep(every_s)
            made.service.redis.kill()
            cut += made.service.redis.forget(TAIL)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(made.service.redis.start)
        await talk
        found = await judged(made.bus, said)
        return {**found, "kills": kills, "cut_kB": round(cut / 1000), "faults": faults(found)}


async def redis_away(short: bool) -> Figures:
    """Redis is not there for 5 s; it forgets nothing."""
    count, away_s = (3, 3) if short else (12, 5)
    async with stage(workers=2) as made:
        said = speakers(count, away_s + 12)
        talk = talking(said, made.service.url)
        await asyncio.sleep(4)
        made.service.redis.kill()
        await asyncio.sleep(away_s)
        await asyncio.to_thread(made.service.redis.start)
        await talk
        found = await judged(made.bus, said)
        told = sum("held" in speaker.degraded for speaker in said)
        wrong = faults(found) + [f"told_of_it = {told}"] * (told < count)
        return {**found, "away_s": away_s, "told_of_it": told, "faults": wrong}
