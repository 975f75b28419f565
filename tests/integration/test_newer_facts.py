"""Two versions at work on one Redis: what the older one cannot read is left to the newer one."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from moderation.worker import Moderator
from streaming import dead, keys
from streaming.bus import Bus
from streaming.jobs import GROUP
from streaming.lease import Lease
from streaming.leases import LeasePolicy, Leases
from tests.gateway import eventually
from tests.integration.moderator_session import SID, session

JOBS, STAGE = keys.jobs("moderator", SID), keys.stage(SID, "moderator")


@pytest.fixture
async def workers(bus: Bus) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Worker tasks, ended with the test; there is a session with a fact that nobody knows yet."""
    await session(bus)
    await bus.append(keys.heard(SID), b'{"type":"humidity","percent":70}', ttl_ms=60_000)
    await bus.call("XADD", JOBS, "*", "sid", SID)
    tasks: list[asyncio.Task[None]] = []
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def old(bus: Bus, moderator: Moderator, newer_s: float) -> asyncio.Task[None]:
    """A worker of today."""
    policy = LeasePolicy(renew_s=0.05, silent_s=0.1, newer_s=newer_s)
    leases = Leases(bus, "moderator", "old", policy)
    return asyncio.create_task(leases.run(lambda lease: moderator.serve(lease, bus)))


async def test_a_worker_that_cannot_read_a_fact_hands_the_session_back_and_that_is_no_try(
    bus: Bus, moderator: Moderator, workers: list[asyncio.Task[None]]
) -> None:
    epochs = set[bytes]()

    async def taken() -> int:
        if epoch := await bus.call("HGET", STAGE, "epoch"):
            epochs.add(epoch)
        return len(epochs)

    workers.append(old(bus, moderator, 600))
    assert await eventually(taken, lambda times: times > 3) > 3
    assert await dead.letters(bus) == []
    newer = asyncio.Queue[str]()

    async def serve(lease: Lease) -> None:
        await newer.put(lease.session_id)

    policy = LeasePolicy(renew_s=0.05, silent_s=0.1)
    workers.append(asyncio.create_task(Leases(bus, "moderator", "new", policy).run(serve)))
    assert await asyncio.wait_for(newer.get(), 10) == SID
    assert await eventually(lambda: bus.call("XLEN", JOBS), lambda count: count == 0) == 0
    assert (await bus.call("XPENDING", JOBS, GROUP))[0] == 0


async def test_what_no_version_can_read_is_given_up_after_a_while(
    bus: Bus, moderator: Moderator, workers: list[asyncio.Task[None]]
) -> None:
    workers.append(old(bus, moderator, 0))
    found = await eventually(lambda: dead.letters(bus), lambda letters: letters)
    assert [(letter.role, letter.session_id) for letter in found] == [("moderator", SID)]
