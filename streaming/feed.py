"""Following many streams with one blocked read: a `Tail` a process, a `Feed` for each that follows.

A feed is bounded: while its reader is behind, its streams are left out of the read and wait in Redis, where nothing is
lost; the others go on.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from msgspec import Struct

from streaming.errors import ServiceFault

log = logging.getLogger(__name__)

CAPACITY: Final = 1024
RETRY_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0)


class Entry(Struct, frozen=True):
    """An entry of a stream: JSON in `body`, or interleaved 16 kHz PCM16 in `pcm`; `at_ms`: when it came (wall ms)."""

    key: str
    id: str
    body: bytes = b""
    pcm: bytes = b""
    at_ms: int = 0


def place(entry_id: str) -> tuple[int, int]:
    """A stream id as numbers that compare as Redis compares them."""
    left, _, right = entry_id.partition("-")
    return int(left), int(right or 0)


class Feed:
    """Streams followed from places in them. `get` waits; batches keep each stream's order."""

    def __init__(self, tail: "Tail", after: Mapping[str, str]) -> None:
        self.places = dict(after)
        self._tail = tail
        self._waiting: list[Entry] = []
        self._arrived = asyncio.Event()

    @property
    def full(self) -> bool:
        """Too far behind: left out of the read until `get` is called."""
        return len(self._waiting) >= CAPACITY

    def put(self, entry: Entry) -> None:
        """Only the tail calls this. What stands at or before the known place is dropped."""
        if place(entry.id) <= place(self.places[entry.key]):
            return
        self.places[entry.key] = entry.id
        self._waiting.append(entry)
        self._arrived.set()

    async def get(self) -> list[Entry]:
        """All that has arrived, at least one entry."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        was_full = self.full
        batch, self._waiting = self._waiting, []
        if was_full:
            self._tail.changed()
        return batch

    def close(self) -> None:
        """Follow no more."""
        self._tail.drop(self)


Follow = Callable[[Mapping[str, str]], Awaitable[list[Entry]]]
Wake = Callable[[str], Awaitable[None]]


class Tail:
    """The one blocked read. Opening a feed wakes it by an entry in a stream of its own."""

    def __init__(self, follow: Follow, wake: Wake) -> None:
        self._follow = follow
        self._wake = wake
        self._bell = f"wake:{uuid.uuid4().hex}"
        self._bell_at = "0-0"
        self._feeds: set[Feed] = set()
        self._task: asyncio.Task[None] | None = None
        self._ringing: asyncio.Task[None] | None = None
        self._rung = False

    def open(self, after: Mapping[str, str]) -> Feed:
        """Follow `after`'s keys behind its ids."""
        feed = Feed(self, after)
        self._feeds.add(feed)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="tail")
        self.changed()
        return feed

    def drop(self, feed: Feed) -> None:
        """Forget a feed; its streams leave the next read."""
        self._feeds.discard(feed)

    def changed(self) -> None:
        """What is to be read has changed: end the present read soon."""
        self._rung = True
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.create_task(self._ring(), name="tail-bell")

    async def _ring(self) -> None:
        while self._rung:
            self._rung = False
            try:
                await self._wake(self._bell)
            except ServiceFault:
                return  # the read fails as well, and begins anew with all keys

    async def stop(self) -> None:
        """Follow nothing any more."""
        tasks = [task for task in (self._task, self._ringing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _places(self) -> dict[str, str]:
        """The lowest place that anyone needs of each key."""
        places = {self._bell: self._bell_at}
        for feed in self._feeds:
            if feed.full:
                continue
            for key, after in feed.places.items():
                known = places.get(key)
                places[key] = after if known is None else min(known, after, key=place)
        return places

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                places = self._places()
                found = await self._follow(places)
                failures = 0
            except Exception as wrong:  # noqa: BLE001 - whatever it was: everybody here depends on this task
                if failures == 0:
                    log.warning("following streams failed (%s); it is tried again", type(wrong).__name__)
                await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
                continue
            self._deal(found, places)

    def _deal(self, found: list[Entry], read: Mapping[str, str]) -> None:
        """Give out what one read found. A feed that stands before the place of that read (it was opened, or emptied,
        while the read was under way) gets nothing from it: it would miss what lies between. Its turn comes next."""
        wanted: dict[str, list[Feed]] = {}
        for feed in self._feeds:
            if not feed.full:
                for key, at in feed.places.items():
                    if key in read and place(at) >= place(read[key]):
                        wanted.setdefault(key, []).append(feed)
        for entry in found:
            if entry.key == self._bell:
                self._bell_at = entry.id
            for feed in wanted.get(entry.key, ()):
                feed.put(entry)
