"""Names of workers in the groups that read their work."""

import asyncio

from streaming import keys
from streaming.bus import Bus
from streaming.jobs import GROUP, Jobs
from streaming.leases import LeasePolicy, Leases
from tests.sessions import SID, made

STREAM = keys.jobs("asr", SID)


async def named(bus: Bus) -> set[str]:
    return {dict(zip(one[::2], one[1::2], strict=True))[b"name"].decode() for one in await _consumers(bus)}


async def _consumers(bus: Bus) -> list[list[bytes]]:
    return await bus.call("XINFO", "CONSUMERS", STREAM, GROUP)


async def test_a_worker_that_is_gone_is_known_no_more_unless_it_holds_what_others_are_to_take(
    bus: Bus,
) -> None:
    await made(bus)
    for worker in ("ended", "holds"):
        jobs = Jobs(bus, "asr", worker, 3.0)
        await jobs.join()
        jobs.sweep()
        await bus.call("XADD", STREAM, "*", "sid", SID)
        held = await jobs.fresh()
        assert held
        if worker == "ended":
            await jobs.finish(held)
    assert await named(bus) == {"ended", "holds"}
    new = Jobs(bus, "asr", "new", 0.0)
    await new.forget()
    assert await named(bus) == {"ended", "holds"}  # they were there just now
    await new.forget(-1)
    assert await named(bus) == {"holds"}
    assert [job.session_id for job in await new.silent(16)] == [SID]


async def test_a_worker_looks_for_names_of_those_that_are_gone(bus: Bus) -> None:
    leases = Leases(bus, "asr", "here", LeasePolicy(look_s=0.05))
    looked = asyncio.Event()

    async def forget(left_ms: int = 0) -> None:
        looked.set()

    leases._jobs.forget = forget  # pyright: ignore[reportPrivateUsage]

    async def serve(lease: object) -> None: ...

    running = asyncio.create_task(leases.run(serve))
    try:
        await asyncio.wait_for(looked.wait(), 3)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
