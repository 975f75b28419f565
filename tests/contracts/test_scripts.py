"""A server that forgot a script loses nothing of what it was asked, nor the order of it."""

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
    yield bus
    await bus.close()


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
