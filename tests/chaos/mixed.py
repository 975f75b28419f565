"""One blow after the other at the same sessions: the short form of it all."""

import asyncio

from tests.chaos.speakers import faults, judged, p95
from tests.chaos.stage import Figures, Owners, Stage, beside, speakers, stage, talking


async def one_after_the_other(short: bool) -> Figures:
    """A recogniser, a gateway and the moderator are killed, and the clients' network is cut, 2 s apart."""
    blows = (_recogniser, _gateway, _network, _moderator)
    async with stage(gateways=2, workers=2) as made:
        said = speakers(3 if short else 8, 2.2 * len(blows) + 2)
        owners = Owners(made.bus, said)
        async with beside(owners.watch()):
            talk = talking(said, made.service.url)
            for blow in blows:
                await asyncio.sleep(2)
                await blow(made, owners)
            await talk
        found = await judged(made.bus, said)
        taken = [one.seconds for one in owners.takeovers]
        wrong = faults(found) + ["nobody had to resume"] * (not found["resumes"])
        wrong += ["no work was taken over"] * (not taken)
        return {**found, "takeover_p95_s": p95(taken), "faults": wrong}


async def _recogniser(made: Stage, owners: Owners) -> None:
    """The busiest one."""
    number = max((0, 1), key=lambda one: len(owners.of(made.service.pid(f"asr-{one}"))))
    owners.gone(made.service.pid(f"asr-{number}"))
    made.service.kill(f"asr-{number}")
    made.service.start("asr", number)


async def _gateway(made: Stage, _: Owners) -> None:
    made.service.kill("gateway-0")
    made.service.start("gateway", 0)


async def _network(made: Stage, _: Owners) -> None:
    made.service.front.down()
    await asyncio.sleep(0.5)
    made.service.front.up()


async def _moderator(made: Stage, _: Owners) -> None:
    made.service.kill("moderator-0")
    made.service.start("moderator", 0)
