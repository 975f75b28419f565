"""Sessions whose client is gone: which are ended, when, and what one of them may do to the others."""

import asyncio
import contextlib
import json

import msgspec
from websockets.asyncio.client import connect

from streaming import keys
from streaming.bus import Bus
from streaming.clock import now_ms
from streaming.events import SessionEnded
from streaming.facts import Ended, Mark, SessionConfig
from streaming.ingress import records
from streaming.ingress.intake import Intake
from tests.gateway import SECOND, START, Gateway, eventually, heard_until_closed
from tests.sessions import made
from tests.viewers import tell


async def gone_for(bus: Bus, sid: str, seconds: float) -> None:
    await bus.call("ZADD", keys.LIVE, now_ms() - int(seconds * 1000), sid)


async def ending(bus: Bus, sid: str, within_s: float) -> bool:
    """Whether the session is on its way to its end before that time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while not await bus.call("HGET", keys.session(sid), "ending"):  # noqa: ASYNC110 - another task ends it
                await asyncio.sleep(0.02)
            return True
    return False


@contextlib.asynccontextmanager
async def reaping(bus: Bus, window_s: float):
    intake = Intake(bus)
    tasks = [asyncio.create_task(intake.run()), asyncio.create_task(records.reap(bus, intake, window_s))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended


async def test_a_session_whose_record_cannot_be_read_keeps_no_other_one_from_its_end(bus: Bus) -> None:
    await bus.call("HSET", keys.session("odd"), "config", b'{"session_id":7}', "socket", "1")
    await gone_for(bus, "odd", 20)
    await made(bus, "plain")
    await gone_for(bus, "plain", 10)
    async with reaping(bus, 0.4):
        assert await ending(bus, "plain", 3)


async def test_a_client_has_its_whole_window_though_its_gateway_died_before_it_noted_it_once_more(
    bus: Bus,
) -> None:
    window_s = 1.0
    late_s = window_s + records.touch_s(window_s) / 2  # it was noted half a touch before it was lost
    config = msgspec.json.encode(SessionConfig(session_id="late"))
    await bus.call("HSET", keys.session("late"), "config", config, "socket", "1")
    await made(bus, "long")
    async with reaping(bus, window_s):
        await gone_for(bus, "late", late_s - window_s)  # the first look comes after one window
        await gone_for(bus, "long", 60)
        assert await ending(bus, "long", 4)
        assert not await ending(bus, "late", 0.2)  # it would have been next


async def test_the_sound_of_a_session_that_was_given_up_is_ended_though_its_client_says_nothing_more(
    gateway: Gateway, bus: Bus
) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START)
        sid = json.loads(await socket.recv())["session_id"]
        await socket.send(SECOND)
        await eventually(lambda: bus.read(keys.audio(sid)), lambda found: found)
        await tell(bus, sid, SessionEnded("failed", []))  # as of a moderator that no try survived
        got, closed = await heard_until_closed(socket)
    assert (got[-1]["type"], closed) == ("session.ended", 1000)
    sound = await eventually(lambda: bus.read(keys.audio(sid)), lambda found: found[-1].body)
    assert msgspec.json.decode(sound[-1].body, type=Mark) == Ended(16_000, "failed")
