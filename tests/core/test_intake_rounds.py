"""What waited for Redis, on its way there."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from streaming.bus import Bus
from streaming.errors import BusDown
from streaming.facts import SessionConfig
from streaming.ingress import intake
from streaming.ingress.intake import Inlet, Intake
from streaming.ingress.sound import Block
from streaming.journal import Call, Journal


class Narrow:
    """A way to Redis that gets so many bytes through before its timeout, and no more."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.journal = Journal()
        self.standing = self
        self.taken: list[str] = []

    def tell(self, _: object) -> None: ...

    def untell(self, _: object) -> None: ...

    async def up(self) -> None: ...

    async def run_many(self, script: str, calls: Sequence[Call]) -> list[Any]:
        if sum(len(cast(bytes, args[3])) for _, args in calls) > self.most:
            raise BusDown("timeout")
        self.taken += [str(args[1]) for _, args in calls]
        return [str(args[1]).encode() for _, args in calls]


async def test_whatever_gathered_while_redis_was_away_gets_through_before_a_timeout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "ROUND_BYTES", 1_000, raising=False)
    monkeypatch.setattr(intake, "MERGED", 100)
    monkeypatch.setattr(intake, "RETRY_S", 0.01)
    bus = Narrow(2_000)
    way = Intake(cast(Bus, bus))
    inlets = [Inlet(way, SessionConfig(session_id=f"{n}"), "1", 0) for n in range(5)]
    for end in range(50, 1_050, 50):
        for inlet in inlets:
            inlet.sound(Block(end, bytes(100)))
    running = asyncio.create_task(way.run())
    try:
        async with asyncio.timeout(1):
            while any(inlet.stored < 1_000 for inlet in inlets):  # noqa: ASYNC110 - another task sends
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert sorted(bus.taken) == sorted(f"{end}-0" for end in range(50, 1_050, 50) for _ in inlets)
