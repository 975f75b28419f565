"""Workers that are killed, that sleep, and that die of what they hear."""

import asyncio
import math
import time
from random import Random
from signal import SIGCONT, SIGSTOP

from streaming import keys
from streaming.dead import DEAD
from tests.chaos import coded
from tests.chaos.fences import Fences
from tests.chaos.speakers import Speaker, faults, judged, p95
from tests.chaos.stage import Figures, Owners, Stage, beside, speakers, stage, talking


async def workers_killed(short: bool) -> Figures:
    """Sessions whose recognisers are killed (-9), one after the other."""
    count, seconds, every_s, hands = (3, 9, 2.5, 2) if short else (30, 60, 1.3, 5)
    room = math.ceil(count / max(1, hands - 1)) + 1
    async with stage(workers=hands, settings={"VIVAVOCE_LEASE__CAPACITY": str(room)}) as made:
        said, chance, kills = speakers(count, seconds), Random(1), 0
        owners = Owners(made.bus, said)
        async with beside(owners.watch()):
            talk = talking(said, made.service.url)
            ends = time.monotonic() + seconds
            while time.monotonic() + every_s < ends:
                await asyncio.sleep(every_s)
                number = chance.randrange(hands)
                owners.gone(made.service.pid(f"asr-{number}"))
                made.service.kill(f"asr-{number}")
                made.service.start("asr", number)
                kills += 1
            await talk
        taken = [one.seconds for one in owners.takeovers]
        found = await judged(made.bus, said)
        late = p95(taken)
        wrong = faults(found) + ([f"takeover_p95_s = {late}"] if late is None or late > 4 else [])
        return {**found, "kills": kills, "takeovers": len(taken), "takeover_p95_s": late, "faults": wrong}


async def worker_stopped(short: bool) -> Figures:
    """A recogniser sleeps (SIGSTOP) for 5 or 10 s while another one takes its sessions, and wakes up.

    It renews no lease, so that after 5 s nothing but the fence tells it that they are no longer its own. After 10 s its
    questions to Redis have timed out too: it may ask what it holds before it writes, and write nothing.
    """
    spans = (5,) if short else (5, 10)
    each = await asyncio.gather(*(_asleep(2 if short else 8, span) for span in spans))
    found = {f"slept_{span}_s": one for span, one in zip(spans, each, strict=True)}
    wrong = [f"{name}: {fault}" for name, one in found.items() for fault in one.pop("faults")]
    return {**found, "faults": wrong}


async def _asleep(count: int, sleep_s: float) -> Figures:
    async with stage(workers=0) as made:
        made.service.start("asr", 0, VIVAVOCE_LEASE__RENEW_S="3600")
        await made.ready(asr=1)
        said = speakers(count, sleep_s + 8)
        owners = Owners(made.bus, said)
        fences = Fences(made.service.redis.port)
        async with beside(owners.watch(), fences.watch()):
            talk = talking(said, made.service.url)
            await asyncio.sleep(3)
            sleeper = made.service.pid("asr-0")
            owners.gone(sleeper)
            had = len(owners.of(sleeper))
            made.service.signal("asr-0", SIGSTOP)
            made.service.start("asr", 1)
            await asyncio.sleep(sleep_s)
            made.service.signal("asr-0", SIGCONT)
            await talk
        found = await judged(made.bus, said)
        figures = {
            **found,
            "sessions_of_the_sleeper": had,
            "takeover_p95_s": p95([one.seconds for one in owners.takeovers]),
            "stale_writes_tried": fences.tried,
            "stale_writes_accepted": fences.accepted,
        }
        wrong = faults(found) + [f"stale_writes_accepted = {fences.accepted}"] * bool(fences.accepted)
        wrong += ["no session was taken over"] * (not owners.takeovers)
        wrong += ["the sleeper never tried to write"] * (sleep_s <= 5 and not fences.tried)
        return {**figures, "faults": wrong}


async def deadly_sound(short: bool) -> Figures:
    """Sound that ends every process which hears it, beside sessions that have nothing to do with it."""
    count, seconds = (2, 16) if short else (6, 25)
    async with stage(workers=2) as made:
        said, plan = speakers(count, seconds), coded.plan(99, 6)
        deadly = Speaker(plan, 99, fatal=plan.words[2])
        async with beside(_restart(made)):
            await talking([*said, deadly], made.service.url, patience_s=30)
        found = await judged(made.bus, said)
        dead = await made.bus.call("XRANGE", DEAD, "-", "+")
        kept = b"".join(entry.pcm for entry in await made.bus.read(keys.audio(deadly.session_id)))
        ended = deadly.ended.reason if deadly.ended else deadly.error
        figures = {
            **found,
            "dead_letters": len(dead),
            "deadly_session_ended": ended,
            "its_sound_kept_s": round(len(kept) / 32_000, 2),
        }
        theirs = [deadly.session_id.encode() in row[1] for row in dead]
        wrong = faults(found) + [f"dead letters: {theirs}"] * (theirs != [True])
        wrong += [f"the deadly session ended {ended}"] * (ended != "failed")
        wrong += ["its sound is gone"] * (plan.pcm(deadly.fatal).tobytes() != kept)
        return {**figures, "faults": wrong}


async def _restart(made: Stage) -> None:
    """As a supervisor does: recognisers that ended are started anew."""
    while True:
        for name, process in list(made.service.running.items()):
            if name.startswith("asr") and not process.is_alive():
                made.service.kill(name)
                made.service.start("asr", int(name.split("-")[1]))
        await asyncio.sleep(0.2)
