"""Redis forgets any tail of what was written, and all who wrote write again, in any order: it is as it was."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streaming import keys
from streaming.bus import Bus
from streaming.facts import SessionConfig, Typed
from streaming.ingress.intake import Inlet, Intake
from streaming.ingress.sound import Block
from streaming.journal import calls
from streaming.lease import Lease, LeaseLost
from tests.sessions import EVENTS, SID, made

HEARD, AUDIO = keys.heard(SID), keys.audio(SID)
OPS = st.lists(st.sampled_from(["say", "final", "partial", "type", "moderate"]), min_size=1, max_size=14)


class Processes:
    """A gateway, a recogniser and a moderator, each with a bus and a journal of its own."""

    def __init__(self, url: str) -> None:
        self.plain = Bus(url, plain=True)
        self.buses = [Bus(url) for _ in range(3)]

    async def begin(self) -> None:
        await self.plain.call("FLUSHALL")
        await made(self.plain)
        self.intake = Intake(self.buses[0])
        self.running = asyncio.create_task(self.intake.run())
        self.unclaimed = await self.there()
        self.inlet = Inlet(self.intake, SessionConfig(session_id=SID), "1", 0)
        self.asr, self.moderator = [
            await self._claim(bus, role)
            for bus, role in zip(self.buses[1:], ("asr", "moderator"), strict=True)
        ]
        self.count, self.typed = 0, 0

    async def _claim(self, bus: Bus, role: str) -> Lease:
        lease = await Lease.claim(bus, role, SID, "w")
        assert lease
        return lease

    async def do(self, what: str) -> None:
        async with asyncio.timeout(10):
            await self._do(what)

    async def _do(self, what: str) -> None:
        self.count += 1
        name = b"%d" % self.count
        match what:
            case "say":
                end = self.inlet.stored + 320
                self.inlet.sound(Block(end, name.ljust(640)))
                while self.inlet.stored < end:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
            case "type":
                self.typed += 1
                self.inlet.heard(Typed(str(self.count)))
                while await self.plain.call("SCARD", keys.refs(SID)) < self.typed or not self.noted:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
            case "final":
                await self.asr.commit(name, appends=[(HEARD, b"f" + name)], at=self.inlet.stored)
            case "partial":
                await self.asr.append(HEARD, b"p" + name)
            case _:
                heard = await self.plain.read(HEARD)
                trims = [(HEARD, heard[len(heard) // 2].id)] if heard else []
                await self.moderator.commit(name, appends=[(EVENTS, name)], trims=trims)

    @property
    def noted(self) -> bool:
        """Whether the gateway knows that all that was typed is stored."""
        return sum(len(page.names) for page in self.buses[0].journal.pages) == self.typed

    async def forget(self, kept: list[tuple[bytes, bytes]]) -> None:
        """The server is as it was when it had `kept`."""
        await self.plain.call("FLUSHALL")
        for key, dump in kept:
            await self.plain.call("RESTORE", key.decode(), 0, dump)

    async def there(self) -> list[tuple[bytes, bytes]]:
        names = sorted(await self.plain.call("KEYS", f"*{SID}*"))
        return [(name, await self.plain.call("DUMP", name.decode())) for name in names]

    async def whole(self) -> dict[str, Any]:
        found: dict[str, Any] = {key: await self.plain.read(key) for key in (HEARD, AUDIO, EVENTS)}
        for key in (keys.session(SID), keys.stage(SID, "asr"), keys.stage(SID, "moderator")):
            flat = await self.plain.call("HGETALL", key)
            found[key] = {b"rev": b"0", b"state": b""} | dict(zip(flat[::2], flat[1::2], strict=True))
            for passing in (b"ids", b"owner", b"run"):
                found[key].pop(passing, None)
        found["refs"] = sorted(await self.plain.call("SMEMBERS", keys.refs(SID)))
        return found

    async def write_again(self, chance: random.Random) -> None:
        pages = [page for bus in self.buses for page in bus.journal.pages]
        chance.shuffle(pages)
        for page in pages:
            for call in calls(page, "another"):
                await self.plain.run("restore", *call)

    async def close(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        for bus in (*self.buses, self.plain):
            await bus.close()


def tried(url: str, case: Callable[[Processes], Awaitable[None]]) -> None:
    async def run() -> None:
        processes = Processes(url)
        await processes.begin()
        try:
            await case(processes)
        finally:
            await processes.close()

    asyncio.run(run())


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ops=OPS, share=st.floats(0, 1), seed=st.integers(0, 99))
def test_whatever_tail_is_lost_all_is_as_it_was(
    redis_url: str, ops: list[str], share: float, seed: int
) -> None:
    async def case(processes: Processes) -> None:
        kept = processes.unclaimed
        for n, one in enumerate(ops):
            if n < share * len(ops):
                kept = await processes.there()
            await processes.do(one)
        before = await processes.whole()
        await processes.forget(kept)
        chance = random.Random(seed)
        await processes.write_again(chance)
        assert await processes.whole() == before
        await processes.write_again(chance)  # whoever was cut off in the middle does all of it again
        assert await processes.whole() == before
        for one in ("say", "type", "final", "moderate"):
            await processes.do(one)

    tried(redis_url, case)


def test_a_stage_that_somebody_claimed_since_is_let_be(redis_url: str) -> None:
    async def case(processes: Processes) -> None:
        kept = await processes.there()
        await processes.do("final")
        await processes.forget(kept)
        where = [keys.stage(SID, "asr"), keys.session(SID)]
        await processes.plain.run("claim", where, ["successor", keys.KEPT_MS, "another"])
        with pytest.raises(Exception, match="FENCED"):
            await processes.write_again(random.Random(0))
        assert await processes.plain.read(HEARD) == []
        with pytest.raises(LeaseLost):
            await processes.do("final")

    tried(redis_url, case)
