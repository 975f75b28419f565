"""What only a gateway of viewers writes again after Redis lost it."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest
from msgspec.structs import replace
from websockets.asyncio.client import connect

from streaming import keys
from streaming.bus import Bus
from tests.gateway import POLICY, START, Gateway, eventually
from tests.perishable import Perishable, lose
from tests.viewers import seen, watch


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


async def test_a_log_that_a_viewers_gateway_alone_writes_again_expires_and_not_sooner_than_it_did(
    redis: Perishable, bus: Bus
) -> None:
    gateway, first = [await Gateway(redis.url, replace(POLICY, resume_window_s=30)).up() for _ in range(2)]
    recorded = START.replace("{", '{"record":true,', 1)
    since = redis.written.stat().st_size
    async with connect(first.url) as socket:
        await socket.send(START)
        lost = json.loads(await socket.recv())
    async with connect(gateway.url) as socket:  # this one's gateway stays, and writes it again too
        await socket.send(recorded)
        kept = json.loads(await socket.recv())
    await first.down()
    viewers = [await watch(gateway.url, seen(begun)) for begun in (lost, kept)]
    logs = [keys.events(begun["session_id"]) for begun in (lost, kept)]
    for log in logs:
        await eventually(lambda log=log: bus.read(log), lambda found: any(b"joined" in e.body for e in found))
    await lose(redis, since, bus)
    for log in logs:
        found = await eventually(lambda log=log: bus.read(log), lambda found: found)
        assert any(b"viewer.joined" in entry.body for entry in found)
    assert 0 < await bus.call("PTTL", logs[0]) <= keys.KEPT_MS
    assert await bus.call("PTTL", logs[1]) > keys.KEPT_MS
    for viewer in viewers:
        viewer.transport.abort()
    await gateway.down()
