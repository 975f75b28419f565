"""Who works on a session: taken, kept, handed over, taken over, given up."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.jobs import GROUP
from streaming.lease import Lease
from streaming.leases import LeasePolicy, Leases
from tests.sessions import SID, made


@pytest.fixture
async def workers(bus: Bus) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Worker tasks, ended with the test."""
    tasks: list[asyncio.Task[None]] = []
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


QUICK = LeasePolicy(renew_s=0.1, silent_s=0.5, look_s=0.2)


async def post(bus: Bus) -> None:
    await made(bus)
    await bus.call("XADD", keys.jobs("asr", SID), "*", "sid", SID)


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
    assert await bus.call("XLEN", keys.jobs("asr", SID)) == 0


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
        if await bus.call("XLEN", "dead") and not await bus.call("XLEN", keys.jobs("asr", SID)):
            break
    assert len(tries) == 3
    assert await bus.call("XLEN", keys.jobs("asr", SID)) == 0
    assert (await bus.call("XINFO", "GROUPS", keys.jobs("asr", SID)))[0]
    assert GROUP == "workers"


async def test_stopping_a_worker_is_no_failure_of_its_sessions(bus: Bus) -> None:
    taken = asyncio.Queue[str]()

    async def hold(lease: Lease) -> None:
        await taken.put(lease.session_id)
        await asyncio.Event().wait()

    await post(bus)
    for n in range(5):
        worker = asyncio.create_task(Leases(bus, "asr", f"w{n}", QUICK).run(hold))
        assert await asyncio.wait_for(taken.get(), 3) == SID
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    assert await bus.call("XLEN", "dead") == 0


async def test_a_lease_held_for_long_begins_to_count_its_tries_anew(
    bus: Bus, workers: list[asyncio.Task[None]]
) -> None:
    await post(bus)
    jobs = keys.jobs("asr", SID)
    await bus.call("XGROUP", "CREATE", jobs, GROUP, "0")
    await bus.take(jobs, GROUP, "gone")
    [[entry, *_]] = await bus.call("XPENDING", jobs, GROUP, "-", "+", 1)
    await bus.call("XCLAIM", jobs, GROUP, "gone", 0, entry, "IDLE", 9_000, "RETRYCOUNT", 2, "JUSTID")

    async def hold(lease: Lease) -> None:
        await asyncio.Event().wait()

    policy = LeasePolicy(renew_s=0.1, silent_s=0.5, healthy_s=0.5)
    workers.append(asyncio.create_task(Leases(bus, "asr", "w", policy).run(hold)))
    await asyncio.sleep(0.4)
    assert (await bus.call("XPENDING", jobs, GROUP, "-", "+", 1))[0][3] == 3
    await asyncio.sleep(1)
    assert (await bus.call("XPENDING", jobs, GROUP, "-", "+", 1))[0][3] == 1


async def test_a_session_whose_keys_are_gone_needs_nobody(
    bus: Bus, workers: list[asyncio.Task[None]]
) -> None:
    async def hold(lease: Lease) -> None:
        await asyncio.Event().wait()

    leases = Leases(bus, "asr", "w", QUICK)
    workers.append(asyncio.create_task(leases.run(hold)))
    await post(bus)
    await asyncio.sleep(0.5)
    assert leases.held == 1
    await bus.call("DEL", keys.session(SID))
    await asyncio.sleep(1)
    assert leases.held == 0
    assert await bus.call("XLEN", keys.jobs("asr", SID)) == 0


async def test_a_silent_lease_behind_many_busy_ones_is_taken_over(
    bus: Bus, workers: list[asyncio.Task[None]]
) -> None:
    jobs = keys.jobs("asr", SID)
    await bus.call("XGROUP", "CREATE", jobs, GROUP, "0", "MKSTREAM")
    for n in range(41):
        await made(bus, f"s{n}")
        await bus.call("XADD", jobs, "*", "sid", f"s{n}")
        await bus.take(jobs, GROUP, "busy")
    pending = await bus.call("XPENDING", jobs, GROUP, "-", "+", 50)
    taken = asyncio.Queue[str]()

    async def busy() -> None:
        while True:
            await bus.call("XCLAIM", jobs, GROUP, "busy", 0, *[row[0] for row in pending[:40]], "JUSTID")
            await asyncio.sleep(0.1)

    async def hold(lease: Lease) -> None:
        await taken.put(lease.session_id)
        await asyncio.Event().wait()

    workers.append(asyncio.create_task(busy()))
    policy = LeasePolicy(renew_s=0.1, silent_s=1, capacity=1)
    workers.append(asyncio.create_task(Leases(bus, "asr", "w", policy).run(hold)))
    assert await asyncio.wait_for(taken.get(), 15) == "s40"


async def test_one_broken_session_harms_no_other(bus: Bus, workers: list[asyncio.Task[None]]) -> None:
    taken = asyncio.Queue[str]()

    async def hold(lease: Lease) -> None:
        await taken.put(lease.session_id)

    await bus.call("SET", keys.session("broken"), "not a hash")
    await bus.call("XADD", keys.jobs("asr", "broken"), "*", "sid", "broken")
    await post(bus)
    workers.append(asyncio.create_task(Leases(bus, "asr", "w", QUICK).run(hold)))
    assert await asyncio.wait_for(taken.get(), 5) == SID


async def test_a_redis_that_comes_back_empty_gets_its_group_again(
    bus: Bus, workers: list[asyncio.Task[None]]
) -> None:
    taken = asyncio.Queue[str]()

    async def hold(lease: Lease) -> None:
        await taken.put(lease.session_id)

    workers.append(asyncio.create_task(Leases(bus, "asr", "w", QUICK).run(hold)))
    await asyncio.sleep(0.3)
    await bus.everywhere("FLUSHALL")
    await asyncio.sleep(0.3)
    await post(bus)
    assert await asyncio.wait_for(taken.get(), 5) == SID


async def test_a_busy_worker_leaves_a_new_session_to_one_that_is_not_and_takes_it_when_nobody_else_does(
    bus: Bus, workers: list[asyncio.Task[None]]
) -> None:
    policy = LeasePolicy(yield_s=0.6)
    taken = asyncio.Queue[str]()

    def holding(name: str, *, busy: bool) -> asyncio.Task[None]:
        async def hold(lease: Lease) -> None:
            taken.put_nowait(name)

        return asyncio.create_task(Leases(bus, "asr", name, policy).run(hold, lambda: busy))

    workers.append(holding("busy", busy=True))
    await post(bus)
    assert await asyncio.wait_for(taken.get(), 5) == "busy"
    workers.append(holding("idle", busy=False))
    for _ in range(8):
        await asyncio.sleep(0.25)
        await post(bus)
    assert [await asyncio.wait_for(taken.get(), 5) for _ in range(8)].count("idle") >= 7


async def test_a_busy_worker_lets_no_queue_wait_for_its_politeness(
    bus: Bus, workers: list[asyncio.Task[None]]
) -> None:
    taken = asyncio.Queue[str]()

    async def hold(lease: Lease) -> None:
        taken.put_nowait(lease.session_id)

    for _ in range(8):
        await post(bus)
    policy = LeasePolicy(yield_s=2.0)
    workers.append(asyncio.create_task(Leases(bus, "asr", "w", policy).run(hold, lambda: True)))
    async with asyncio.timeout(8):
        for _ in range(8):
            await taken.get()
