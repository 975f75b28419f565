"""Two faults at once: what protects against the one is away with the other."""

import asyncio
from signal import SIGCONT, SIGSTOP

from tests.chaos.speakers import faults, judged, p95
from tests.chaos.stage import Figures, Owners, beside, speakers, stage, talking
from tests.chaos.stores import TAIL


async def redis_and_gateway_killed(short: bool) -> Figures:
    """Redis forgets its tail when one of two gateways is killed with it: what that one could have written again is
    with its clients alone."""
    count, kills, every_s = (3, 1, 4) if short else (12, 4, 7)
    async with stage(gateways=2, workers=2) as made:
        said, cut = speakers(count, every_s * (kills + 1) + 2), 0
        talk = talking(said, made.service.url)
        for number in range(kills):
            await asyncio.sleep(every_s)
            made.service.kill(f"gateway-{number % 2}")
            made.service.redis.kill()
            cut += made.service.redis.forget(TAIL)
            made.service.start("gateway", number % 2)
            await asyncio.to_thread(made.service.redis.start)
        await talk
        found = await judged(made.bus, said)
        wrong = faults(found) + ["nobody had to resume"] * (not found["resumes"])
        return {**found, "kills": kills, "cut_kB": round(cut / 1000), "faults": wrong}


async def redis_forgets_while_a_worker_sleeps(short: bool) -> Figures:
    """A recogniser is stopped (SIGSTOP) just before Redis loses its tail: it cannot write again what it wrote. Another
    one takes its sessions, and it wakes up to a Redis that it never met."""
    count, sleep_s = (3, 6) if short else (8, 10)
    async with stage(workers=1) as made:
        said = speakers(count, sleep_s + 10)
        owners = Owners(made.bus, said)
        async with beside(owners.watch()):
            talk = talking(said, made.service.url)
            await asyncio.sleep(4)
            sleeper = made.service.pid("asr-0")
            owners.gone(sleeper)
            made.service.signal("asr-0", SIGSTOP)
            made.service.redis.kill()
            cut = made.service.redis.forget(TAIL)
            made.service.start("asr", 1)
            await asyncio.to_thread(made.service.redis.start)
            await asyncio.sleep(sleep_s)
            made.service.signal("asr-0", SIGCONT)
            await talk
        found = await judged(made.bus, said)
        taken = [one.seconds for one in owners.takeovers]
        wrong = faults(found) + ["no session was taken over"] * (not taken)
        return {**found, "cut_kB": round(cut / 1000), "takeover_p95_s": p95(taken), "faults": wrong}
