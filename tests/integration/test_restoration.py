"""Redis is killed and has lost the end of what was written: those who wrote it write it again, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.lease import Lease
from tests.perishable import Perishable
from tests.sessions import EVENTS, SID, made

HEARD, AUDIO = keys.heard(SID), keys.audio(SID)


@pytest.fixture
def redis() -> Iterator[Perishable]:
    server = Perishable()
    yield server
    server.close()


@pytest.fixture
async def bus(redis: Perishable) -> AsyncIterator[Bus]:
    bus = Bus(redis.url)
    yield bus
    await bus.close()


@pytest.fixture
async def other(redis: Perishable) -> AsyncIterator[Bus]:
    """Another process."""
    bus = Bus(redis.url)
    yield bus
    await bus.close()


async def lease_of(bus: Bus, role: str, worker: str = "w") -> Lease:
    lease = await Lease.claim(bus, role, SID, worker)
    assert lease
    return lease


async def lose(redis: Perishable, since: int, *buses: Bus) -> None:
    """It dies, and comes back as it was when its file had `since` bytes; until everybody is back."""
    redis.kill()
    redis.cut(redis.written.stat().st_size - since)
    redis.start()
    for bus in buses:
        with pytest.raises(Exception, match="away"):
            await bus.call("PING")
    async with asyncio.timeout(10):
        for bus in buses:
            await bus.standing.up()


async def whole(bus: Bus) -> dict[str, Any]:
    """All that there is of the session, but for the clocks."""
    found: dict[str, Any] = {}
    for key in (HEARD, AUDIO, EVENTS):
        found[key] = [(entry.id, entry.body, entry.pcm) for entry in await bus.read(key)]
    for role in ("asr", "moderator"):
        flat = await bus.call("HGETALL", keys.stage(SID, role))
        stage = dict(zip(flat[::2], flat[1::2], strict=True))
        found[role] = [stage.get(name) for name in (b"epoch", b"rev", b"state", b"n", b"at")]
    return found


async def test_what_two_workers_wrote_stands_again_under_its_ids_whoever_comes_first(
    redis: Perishable, bus: Bus, other: Bus
) -> None:
    await made(bus)
    asr, moderator = await lease_of(bus, "asr"), await lease_of(other, "moderator")
    await asr.commit(b"0", appends=[(HEARD, b"before")])
    since = redis.written.stat().st_size
    for n in range(5):
        await asr.commit(b"a%d" % n, appends=[(HEARD, b"a%d" % n)], at=n)
        await moderator.append(HEARD, b"m%d" % n)  # into the same stream
        await moderator.commit(b"m%d" % n, appends=[(EVENTS, b"e%d" % n)])
    there = await whole(bus)
    await lose(redis, since, other, bus)
    assert await whole(bus) == there
    await asr.commit(b"after", appends=[(HEARD, b"after")])
    assert [entry.body for entry in await bus.read(HEARD)][-2:] == [b"m4", b"after"]
    assert len(await bus.read(HEARD)) == 12
