"""What nobody waits for any more is not worked on."""

import asyncio

import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.calls import Calls, answering
from streaming.errors import Overloaded


async def test_a_question_is_dropped_by_its_worker_when_its_time_is_over(bus: Bus) -> None:
    calls, dropped = Calls(bus), asyncio.Event()

    async def answer(asked: bytes) -> bytes:
        if asked == b"2":
            return b"4"
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            dropped.set()
            raise
        return b"too late"

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(answering(bus, "moderator", answer)), tasks.create_task(calls.run())]
        with pytest.raises(Overloaded):
            await calls.ask("moderator", b"1", 0.2)
        async with asyncio.timeout(5):
            await dropped.wait()
        assert await calls.ask("moderator", b"2", 5) == b"4"  # and the worker goes on
        for task in running:
            task.cancel()
    assert await bus.call("XLEN", keys.calls("moderator")) == 0
