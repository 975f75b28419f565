"""What the spine asks of a Redis-compatible server, on every server that we run on."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from streaming import keys
from streaming.bus import Bus, Refused
from streaming.facts import SessionConfig
from streaming.lease import GROUP, Lease, LeaseLost, LeasePolicy, Leases

SID = "s1"
EVENTS = keys.events(SID)


async def made(bus: Bus, sid: str = SID) -> None:
    """A session that exists."""
    config = msgspec.json.encode(SessionConfig(session_id=sid))
    await bus.call("HSET", keys.session(sid), "config", config, "socket", "1")


async def claimed(bus: Bus, worker: str = "w") -> Lease:
    lease = await Lease.claim(bus, "asr", SID, worker)
    assert lease is not None
    return lease


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


@pytest.fixture
async def workers(bus: Bus) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Worker tasks, ended with the test."""
    tasks: list[asyncio.Task[None]] = []
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


QUICK = LeasePolicy(renew_s=0.1, silent_s=0.5)


async def post(bus: Bus) -> None:
    await made(bus)
    await bus.call("XADD", keys.jobs("asr"), "*", "sid", SID)


async def test_a_lease_is_kept_while_it_is_renewed_and_gone_when_it_is_done(
    bus: Bus, workers: list[asyncio.Task[None]]
) -> None:
    taken: list[str] = []
    may_end = asyncio.Event()

    def serving(worker: str):
        async def serve(lease: Lease) -> None:
            taken.append(worker)
            await may_end.wait()

        return serve

    workers += [asyncio.create_task(Leases(bus, "asr", w, QUICK).run(serving(w))) for w in ("a", "b")]
    await post(bus)
    await asyncio.sleep(1.5)
    assert len(taken) == 1
    may_end.set()
    await asyncio.sleep(0.3)
    assert await bus.call("XLEN", keys.jobs("asr")) == 0


async def test_a_stopped_worker_hands_its_sessions_over_at_once(
    bus: Bus, workers: list[asyncio.Task[None]]
) -> None:
    taken = asyncio.Queue[str]()

    async def hold(lease: Lease) -> None:
        await taken.put(lease.session_id)
        await asyncio.Event().wait()

    slow = LeasePolicy(renew_s=0.1, silent_s=30)
    first = asyncio.create_task(Leases(bus, "asr", "a", slow).run(hold))
    workers.append(first)
    await post(bus)
    await asyncio.wait_for(taken.get(), 3)
    first.cancel()
    workers.append(asyncio.create_task(Leases(bus, "asr", "b", slow).run(hold)))
    assert await asyncio.wait_for(taken.get(), 3) == SID


async def test_work_that_fails_is_tried_three_times_and_then_put_aside(
    bus: Bus, workers: list[asyncio.Task[None]]
) -> None:
    tries: list[str] = []

    async def fail(lease: Lease) -> None:
        tries.append(lease.session_id)
        raise ValueError("poison")

    workers.append(
        asyncio.create_task(Leases(bus, "asr", "a", LeasePolicy(renew_s=0.1, silent_s=0.1)).run(fail))
    )
    await post(bus)
    for _ in range(50):
        await asyncio.sleep(0.1)
        if await bus.call("XLEN", "dead"):
            break
    assert len(tries) == 3
    assert await bus.call("XLEN", keys.jobs("asr")) == 0
    assert (await bus.call("XINFO", "GROUPS", keys.jobs("asr")))[0]
    assert GROUP == "workers"


async def test_intake_refuses_what_an_older_socket_sends_and_drops_what_was_already_taken(bus: Bus) -> None:
    await made(bus)
    where = [keys.session(SID), keys.audio(SID), keys.refs(SID)]

    def sent(socket: str, entry: str, ref: str = "") -> list[str | bytes | int]:
        return [socket, entry, "pcm", b"..", 5, ref, 320, "", 9_000]

    assert await bus.run("intake", where, sent("1", "320-0")) == b"320-0"
    assert await bus.run("intake", where, sent("1", "320-0")) == b""
    assert await bus.run("intake", where, sent("1", "320-*", "r")) == b"320-1"
    assert await bus.run("intake", where, sent("1", "320-*", "r")) == b""
    with pytest.raises(Refused, match="REPLACED"):
        await bus.run("intake", where, sent("0", "640-0"))
    assert await bus.call("XLEN", keys.audio(SID)) == 2
