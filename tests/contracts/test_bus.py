"""What the spine asks of a Redis-compatible server, on every server that we run on."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from streaming import keys
from streaming.bus import Bus, BusDown, Refused
from streaming.lease import LeaseLost
from tests.sessions import EVENTS, SID, claimed, made


async def test_a_feed_brings_what_is_behind_its_place_in_order_and_once(bus: Bus) -> None:
    ids = [await bus.append(EVENTS, b"%d" % n, ttl_ms=9_000) for n in range(3)]
    feed = bus.open({EVENTS: ids[0]})
    got = await feed.get()
    ids.append(await bus.append(EVENTS, b"3", ttl_ms=9_000))
    got += await asyncio.wait_for(feed.get(), 5)
    assert [entry.id for entry in got] == ids[1:]
    assert [entry.body for entry in got] == [b"1", b"2", b"3"]


async def test_a_feed_opened_while_another_waits_is_served_at_once(bus: Bus) -> None:
    first = bus.open({EVENTS: "0-0"})
    waiting = asyncio.create_task(first.get())
    await asyncio.sleep(0.1)
    await bus.append("other", b"x", ttl_ms=9_000)
    second = bus.open({"other": "0-0"})
    assert (await asyncio.wait_for(second.get(), 1))[0].body == b"x"
    waiting.cancel()


async def test_a_feed_that_nobody_reads_does_not_hold_up_another(bus: Bus) -> None:
    slow, quick = bus.open({EVENTS: "0-0"}), bus.open({"other": "0-0"})
    many = [("XADD", EVENTS, "*", "e", str(n)) for n in range(3_000)]
    await bus.together(*many)
    await bus.append("other", b"x", ttl_ms=9_000)
    assert (await asyncio.wait_for(quick.get(), 2))[0].body == b"x"
    await asyncio.sleep(0.3)
    got: list[bytes] = []
    while len(got) < 3_000:
        got += [entry.body for entry in await asyncio.wait_for(slow.get(), 2)]
    assert got == [b"%d" % n for n in range(3_000)]


async def test_a_commit_appends_moves_the_checkpoint_and_trims(bus: Bus) -> None:
    await made(bus)
    lease = await claimed(bus)
    heard, audio = keys.heard(SID), keys.audio(SID)
    for end in (100, 200, 300):
        await bus.call("XADD", audio, f"{end}-0", "pcm", b"..")
    ids = await lease.commit(
        b"state", appends=[(heard, b"a"), (heard, b"b")], trims=[(audio, "200-0")], at=200
    )
    assert [entry.id for entry in await bus.read(heard)] == ids
    assert [entry.id for entry in await bus.read(audio)] == ["200-0", "300-0"]
    assert (await claimed(bus)).state == b"state"
    assert await bus.call("HGET", keys.stage(SID, "asr"), "at") == b"200"
    assert 0 < await bus.call("PTTL", heard) <= keys.HELD_MS


async def test_a_worker_whose_lease_was_taken_writes_nothing(bus: Bus) -> None:
    await made(bus)
    late, now = await claimed(bus, "late"), await claimed(bus, "now")
    for write in (late.commit(b"stale", appends=[(EVENTS, b"x")]), late.append(EVENTS, b"x")):
        with pytest.raises(LeaseLost):
            await write
    await now.commit(b"good")
    assert await bus.read(EVENTS) == []
    assert (await claimed(bus)).state == b"good"


async def test_a_commit_after_redis_lost_its_tail_is_refused(bus: Bus) -> None:
    await made(bus)
    lease = await claimed(bus)
    await lease.commit(b"1")
    stage = keys.stage(SID, "asr")
    kept = await bus.call("DUMP", stage)
    await lease.commit(b"2")
    await bus.call("RESTORE", stage, 0, kept, "REPLACE")
    with pytest.raises(LeaseLost):
        await lease.commit(b"3", appends=[(EVENTS, b"x")])
    assert await bus.read(EVENTS) == []


async def test_epochs_grow_also_when_the_last_one_is_forgotten(bus: Bus) -> None:
    await made(bus)
    await claimed(bus)
    epoch = int(await bus.call("HGET", keys.stage(SID, "asr"), "epoch"))
    await bus.call("DEL", keys.stage(SID, "asr"))
    await asyncio.sleep(0.002)
    await claimed(bus)
    assert int(await bus.call("HGET", keys.stage(SID, "asr"), "epoch")) > epoch


async def test_intake_refuses_what_an_older_socket_sends_and_drops_what_was_already_taken(bus: Bus) -> None:
    await made(bus)
    where = [keys.session(SID), keys.audio(SID), keys.refs(SID)]

    def sent(socket: str, entry: str, ref: str = "") -> list[str | bytes | int]:
        return [socket, entry, "pcm", b"..", 5, ref, 320, "", "", 9_000, 9_000]

    assert await bus.run("intake", where, sent("1", "320-0")) == b"320-0"
    assert await bus.run("intake", where, sent("1", "320-0")) == b""
    assert await bus.run("intake", where, sent("1", "320-*", "r")) == b"320-1"
    assert await bus.run("intake", where, sent("1", "320-*", "r")) == b""
    with pytest.raises(Refused, match="REPLACED"):
        await bus.run("intake", where, sent("0", "640-0"))
    assert await bus.call("XLEN", keys.audio(SID)) == 2


async def test_a_feed_opened_behind_another_while_a_read_is_under_way_misses_nothing(bus: Bus) -> None:
    ids = [await bus.append(EVENTS, b"%d" % n, ttl_ms=9_000) for n in range(5)]
    ahead = bus.open({EVENTS: ids[-1]})
    await asyncio.sleep(0.2)
    behind = bus.open({EVENTS: ids[0]})
    await bus.append(EVENTS, b"5", ttl_ms=9_000)  # the blocked read, which began at ids[-1], brings this one
    got: list[bytes] = []
    while len(got) < 5:
        got += [entry.body for entry in await asyncio.wait_for(behind.get(), 3)]
    assert got == [b"1", b"2", b"3", b"4", b"5"]
    assert [entry.body for entry in await ahead.get()] == [b"5"]


async def test_a_place_that_redis_does_not_take_stops_nobody_elses_feed(bus: Bus) -> None:
    bad = bus.open({"other": "0-0"})
    bad.places["other"] = "1-99999999999999999999"
    await asyncio.sleep(0.2)
    good = bus.open({EVENTS: "0-0"})
    await asyncio.sleep(0.2)
    bad.close()
    await bus.append(EVENTS, b"x", ttl_ms=9_000)
    assert (await asyncio.wait_for(good.get(), 5))[0].body == b"x"


async def test_a_server_that_cannot_write_now_is_away_and_comes_back(bus: Bus, each_redis_url: str) -> None:
    await made(bus)
    operator = Bus(each_redis_url, plain=True)
    where = [keys.session(SID), EVENTS, keys.refs(SID)]
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: bus.append(EVENTS, b"x", ttl_ms=9_000),
        lambda: bus.run_many("intake", [(where, sent("1", "*", "r"))]),
    ]
    for call in calls:
        await operator.everywhere("CONFIG", "SET", "maxmemory", "1")
        try:
            with pytest.raises(BusDown, match=r"OutOfMemory|OOM"):
                await call()
            with pytest.raises(BusDown, match=r"OutOfMemory|OOM"):
                await bus.call("GET", "x")  # at once, for everybody
        finally:
            await operator.everywhere("CONFIG", "SET", "maxmemory", "0")
        await asyncio.wait_for(bus.standing.up(), 5)
    assert await bus.run("intake", where, sent("1", "*", "r")) != b""
    await operator.close()


def sent(socket: str, entry: str, ref: str = "", when: str = "") -> list[str | bytes | int]:
    """Arguments of the intake script."""
    return [socket, entry, "e", b"..", 5, ref, "", when, "", 9_000, 9_000]


async def test_after_the_end_only_a_cancel_and_what_was_sent_before_is_taken(bus: Bus) -> None:
    await made(bus)
    where = [keys.session(SID), keys.heard(SID), keys.refs(SID)]
    await bus.run("intake", where, sent("1", "*", "end", "ending"))
    assert await bus.run("intake", where, sent("1", "*", "end", "ending")) == b""
    assert await bus.run("intake", where, sent("1", "*", "cancel", "late")) != b""
    with pytest.raises(Refused, match="ENDED"):
        await bus.run("intake", where, sent("1", "*", "more"))
