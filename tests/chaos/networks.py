"""Gateways that are killed, and networks that go away, between client and gateway and between the service and Redis."""

import asyncio
import time
from collections.abc import Sequence

from tests.chaos.speakers import Speaker, faults, judged, p95
from tests.chaos.stage import Figures, Stage, speakers, stage, talking


async def gateways_killed(short: bool) -> Figures:
    """One of two gateways is killed (-9), again and again; its clients resume at the other."""
    count, kills, every_s = (4, 2, 2.5) if short else (12, 10, 3.5)
    async with stage(gateways=2, workers=2) as made:
        said, at = speakers(count, every_s * (kills + 1)), list[float]()
        talk = talking(said, made.service.url)
        for number in range(kills):
            await asyncio.sleep(every_s)
            at.append(time.monotonic())
            made.service.kill(f"gateway-{number % 2}")
            made.service.start("gateway", number % 2)
        await talk
        found = await judged(made.bus, said)
        late = _resumed(said, at)
        wrong = faults(found) + [f"resume_p95_s = {p95(late)}"] * ((p95(late) or 9) > 1)
        return {**found, "kills": kills, "resume_p95_s": p95(late), "faults": wrong}


def _resumed(said: Sequence[Speaker], at: Sequence[float]) -> list[float]:
    """Seconds from each loss to the resume that followed it."""
    found: list[float] = []
    for speaker in said:
        for moment in speaker.resumed:
            lost = [one for one in at if one < moment]
            if lost:
                found.append(moment - lost[-1])
    return found


async def clients_cut_off(short: bool) -> Figures:
    """The network between clients and gateway is down for 5 to 20 s; for some it breaks, for others it goes dead. What
    they said just before it broke never arrives."""
    spans = {"down": 4} if short else {"down": 5, "dead": 12, "long": 20}
    async with stage(workers=1) as made:
        groups = {name: speakers(2 if short else 3, span + 8) for name, span in spans.items()}
        tasks = [_cut(made, name, spans[name], group) for name, group in groups.items()]
        late = [one for found in await asyncio.gather(*tasks) for one in found]
        said = [speaker for group in groups.values() for speaker in group]
        found = await judged(made.bus, said)
        figures = {"down_s": list(spans.values()), "resume_after_p95_s": p95(late)}
        return {**found, **figures, "faults": faults(found)}


async def _cut(made: Stage, name: str, span_s: float, group: list[Speaker]) -> list[float]:
    front = made.service.proxy(*made.service.ports)
    talk = talking(group, f"http://127.0.0.1:{front.port}")
    await asyncio.sleep(3)
    if name == "dead":
        front.frozen = True
    else:
        front.deaf = True
        await asyncio.sleep(0.5)
        front.down()
    await asyncio.sleep(span_s)
    if name == "dead":
        front.cut()
    front.up()
    back = time.monotonic()
    await talk
    return _resumed(group, [back])


async def redis_cut_off(short: bool) -> Figures:
    """The network to Redis is down for 5 to 20 s: for a gateway, for a recogniser, or for a moderator."""
    spans = {"asr": 4} if short else {"gateway": 5, "asr": 12, "moderator": 20}
    found = await asyncio.gather(*(_alone(role, span, 2 if short else 3) for role, span in spans.items()))
    wrong = [f"{role}: {fault}" for role, one in zip(spans, found, strict=True) for fault in faults(one)]
    return {**dict(zip(spans, found, strict=True)), "down_s": list(spans.values()), "faults": wrong}


async def _alone(role: str, span_s: float, count: int) -> Figures:
    """A service whose `role` alone loses Redis."""
    async with stage(workers=1) as made:
        link = made.service.proxy(made.service.redis.port)
        made.service.kill(f"{role}-0")
        made.service.start(role, 0, redis_port=link.port)
        await made.ready(gateway=1, asr=1, moderator=1)
        said = speakers(count, span_s + 8)
        talk = talking(said, made.service.url)
        await asyncio.sleep(3)
        link.down()
        await asyncio.sleep(span_s)
        link.up()
        await talk
        return await judged(made.bus, said)
