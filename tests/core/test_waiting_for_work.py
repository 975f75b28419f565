"""Waiting for what comes to a process: work, and the way to the servers."""

import asyncio
from collections.abc import Callable, Mapping
from typing import cast

import pytest

from streaming import feed as feeds
from streaming.bus import Bus
from streaming.feed import Entry, Tail
from streaming.jobs import Jobs


async def test_a_worker_that_is_told_to_stop_as_work_comes_stops() -> None:
    jobs = Jobs(cast(Bus, None), "asr", "w", 3.0)
    waiting = asyncio.create_task(jobs.news(5))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    jobs._news.set()  # pyright: ignore[reportPrivateUsage] - as `follow` does
    waiting.cancel()
    await asyncio.wait({waiting})
    assert waiting.cancelled()


async def test_streams_are_followed_though_the_servers_answered_nonsense_at_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feeds, "RETRY_S", (0.01,))
    tries: list[int] = []

    async def lanes() -> Callable[[str], str]:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("nonsense")
        return lambda key: ""

    async def follow(places: Mapping[str, str]) -> list[Entry]:
        return [Entry(key, "1-0") for key in places if key == "a"]

    async def wake(key: str) -> None: ...

    tail = Tail(follow, wake, lanes)
    feed = tail.open({"a": "0-0"})
    try:
        async with asyncio.timeout(1):
            assert [entry.id for entry in await feed.get()] == ["1-0"]
    finally:
        await tail.stop()
