"""A script is sent to a server once; one that forgot it loses nothing of what it was asked, nor the order of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.lua import lua
from tests.sessions import made

SIDS = [f"{shard}-session" for shard in keys.SHARDS]
"""One in each shard, and so some on each server."""
PIECE = bytes(2_000)
Run = tuple[Sequence[str], Sequence[str | bytes | int]]


def sound(sid: str, end: int) -> Run:
    """The intake of the piece of a session's sound that ends at sample `end`."""
    where = [keys.session(sid), keys.audio(sid), keys.refs(sid)]
    return where, ["1", f"{end}-0", "pcm", PIECE, 5, "", end, "", "", 9_000, 9_000]


@pytest.fixture
async def operator(each_redis_url: str) -> AsyncIterator[Bus]:
    """Somebody else's connection, which flushes the scripts of all servers first."""
    bus = Bus(each_redis_url, plain=True)
    await bus.everywhere("SCRIPT", "FLUSH")
    await bus.everywhere("CONFIG", "RESETSTAT")
    yield bus
    await bus.close()


async def loads(operator: Bus) -> int:
    """How often a script was sent to any server."""
    told = b"".join(await operator.everywhere("INFO", "commandstats"))
    return sum(
        int(line.split(b"calls=")[1].split(b",")[0])
        for line in told.splitlines()
        if line.startswith(b"cmdstat_script|load:")
    )


async def test_a_script_is_sent_once_to_each_server_and_again_when_it_was_flushed(
    bus: Bus, operator: Bus
) -> None:
    for sid in SIDS:
        await made(bus, sid)
    sent: list[int] = []
    for end in (1_000, 2_000, 3_000):
        if end == 3_000:
            await operator.everywhere("SCRIPT", "FLUSH")
        assert await bus.run_many("intake", [sound(sid, end) for sid in SIDS]) == [b"%d-0" % end] * len(SIDS)
        sent.append(await loads(operator))
    servers = len(await bus.everywhere("PING"))
    assert sent == [servers, servers, 2 * servers]
    for sid in SIDS:
        assert [entry.id for entry in await bus.read(keys.audio(sid))] == ["1000-0", "2000-0", "3000-0"]


async def test_what_a_session_sends_at_once_stays_in_order_whoever_loads_the_script_meanwhile(
    bus: Bus, operator: Bus
) -> None:
    async def load() -> None:
        await asyncio.sleep(0)
        await operator.everywhere("SCRIPT", "LOAD", lua("intake"))

    for sid in SIDS:
        await made(bus, sid)
        await operator.everywhere("SCRIPT", "FLUSH")
        ends = range(1_000, 301_000, 1_000)
        taken, _ = await asyncio.gather(bus.run_many("intake", [sound(sid, end) for end in ends]), load())
        assert taken == [b"%d-0" % end for end in ends]
