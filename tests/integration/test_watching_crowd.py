"""Many viewers of one session: at the cost of one read, and none of them harms another."""

import asyncio
import json
import socket
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from streaming.bus import Bus
from streaming.events import SpeechStarted, TranscriptPartial
from streaming.ingress import lines
from streaming.wire import native as wire
from tests.gateway import Gateway, heard_until_closed
from tests.viewers import ENDED, begun, seen, tell, watch


async def cost(bus: Bus, act: Any) -> tuple[int, int]:
    """How many XREADs, and how many bytes out of Redis, something takes."""

    async def counts() -> tuple[int, int]:
        told = (await bus.call("INFO", "everything")).decode()
        lines = dict(line.split(":", 1) for line in told.splitlines() if ":" in line)
        calls = lines.get("cmdstat_xread", "calls=0").split(",")[0].partition("=")[2]
        return int(calls), int(lines["total_net_output_bytes"])

    before = await counts()
    await act()
    after = await counts()
    return after[0] - before[0], after[1] - before[1]


async def test_a_hundred_viewers_cost_one_read_and_each_event_is_made_ready_once(
    gateway: Gateway, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined: list[str] = []
    plain = wire.joined
    monkeypatch.setattr(wire, "joined", lambda entry, *rest: joined.append(entry) or plain(entry, *rest))
    owner, started = await begun(gateway)
    sid = started["session_id"]
    filler = "x" * 2_000
    figures: dict[int, tuple[int, int]] = {}
    async with AsyncExitStack() as stack:
        viewers: list[ClientConnection] = []
        for many in (1, 100):
            [last] = await tell(bus, sid, SpeechStarted(0, 0))
            while len(viewers) < many:
                one = await watch(gateway.url, seen(started, after=last))
                viewers.append(await stack.enter_async_context(one))
                await one.recv()
            await tell(bus, sid, SpeechStarted(0, many))
            for viewer in viewers:
                while json.loads(await viewer.recv()).get("at_ms") != many:
                    pass
            events = [TranscriptPartial(0, many, n, filler, 0) for n in range(20)]

            async def act(events: list[TranscriptPartial] = events) -> None:
                for event in events:
                    await tell(bus, sid, event)
                    for viewer in viewers:
                        assert json.loads(await viewer.recv())["revision"] == event.revision

            joined.clear()
            figures[many] = await cost(bus, act)
            # For the owner, and for whoever watches; a few may still have been reading by ranges.
            assert 2 * len(events) <= len(joined) < 4 * len(events)
    (reads, out), (reads_of_many, out_of_many) = figures[1], figures[100]
    assert out > 20 * len(filler)
    assert reads_of_many <= reads + 5  # one read wakes for each entry; a slow machine's may time out between
    assert out_of_many < out * 1.5
    owner.transport.abort()  # it has not read what it was sent


async def test_who_joins_late_reads_a_long_log_apart_and_nobody_is_sent_anything_twice(
    gateway: Gateway, bus: Bus
) -> None:
    owner, started = await begun(gateway)
    sid = started["session_id"]
    early = await watch(gateway.url, seen(started))
    await tell(bus, sid, *[SpeechStarted(0, n) for n in range(700)])
    late = await watch(gateway.url, seen(started))
    await tell(bus, sid, *[SpeechStarted(0, n) for n in range(700, 1_200)], ENDED)
    for viewer in (early, late):
        got, closed = await heard_until_closed(viewer)
        assert closed == 1000
        assert [message["at_ms"] for message in got if "at_ms" in message] == list(range(1_200))
    owner.transport.abort()  # it has not read what it was sent


async def test_a_viewer_that_is_too_slow_is_closed_and_comes_back_and_others_see_all(
    gateway: Gateway, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, started = await begun(gateway)
    sid = started["session_id"]
    monkeypatch.setattr(lines, "WAITING", 600)  # one read of Redis brings 512
    monkeypatch.setattr(lines, "ROOM", 560)
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    narrow.connect(("127.0.0.1", gateway.port))
    slow = await watch(gateway.url, seen(started), max_queue=1, sock=narrow)
    quick = await watch(gateway.url, seen(started))
    for _ in range(3):  # it is let in, and sees two events: it has caught up
        await slow.recv()
    await asyncio.sleep(0.3)
    filler = "x" * 4_000

    async def read() -> list[dict[str, Any]]:
        return (await heard_until_closed(quick))[0]

    reading = asyncio.create_task(read())
    for begin in range(0, 2_200, 20):
        batch = [SpeechStarted(0, n, filler) for n in range(begin, begin + 20)]
        await tell(bus, sid, *batch)
    await asyncio.sleep(0.5)
    got, closed = await heard_until_closed(slow)
    assert (got[-1]["code"], closed) == ("slow", 1013)
    assert got[-1]["retry_after"] > 0
    back = await watch(gateway.url, seen(started, after=got[-2]["id"]))
    await tell(bus, sid, ENDED)
    rest, closed = await heard_until_closed(back)
    places = [message["at_ms"] for message in [*got, *rest] if "at_ms" in message]
    assert places == list(range(2_200))
    whole = await reading
    assert [message["at_ms"] for message in whole if "at_ms" in message] == places
    owner.transport.abort()  # it has not read what it was sent
