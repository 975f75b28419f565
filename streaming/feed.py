"""Following many streams with one blocked read: a `Tail` a process, a `Feed` for each that follows.

What a read is to ask for is kept, not made anew each time: a thousand streams that are quiet cost nothing here.

A feed is bounded: while its reader is behind, its streams are left out of the read and wait in Redis, where nothing is
lost; the others go on.
"""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from msgspec import Struct

from streaming.errors import ServiceFault
from streaming.slots import tag

log = logging.getLogger(__name__)

CAPACITY: Final = 1024
GATHER_STREAM_S: Final = 10e-6
GATHER_S: Final = 0.02
"""After a read that found something, so long (for each stream, and at most) is waited for more: a server looks at every
stream of a read each time, about as long as that."""
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
            self._tail.changed(self)
        return batch

    def close(self) -> None:
        """Follow no more."""
        self._tail.drop(self)


Follow = Callable[[Mapping[str, str]], Awaitable[list[Entry]]]
Wake = Callable[[str], Awaitable[None]]
Lanes = Callable[[], Awaitable[Callable[[str], str]]]


class Tail:
    """All that a process follows: one blocked read for all streams for which `lanes` says the same (in a cluster, for
    those of a slot)."""

    def __init__(self, follow: Follow, wake: Wake, lanes: Lanes) -> None:
        self._follow = follow
        self._wake = wake
        self._lanes = lanes
        self._lane: Callable[[str], str] | None = None
        self._early: dict[Feed, None] = {}
        self._meeting: asyncio.Task[None] | None = None
        self._reads: dict[str, Read] = {}

    def open(self, after: Mapping[str, str]) -> Feed:
        """Follow `after`'s keys behind its ids."""
        feed = Feed(self, after)
        if self._lane is None:
            self._early[feed] = None
            self._meeting = self._meeting or asyncio.create_task(self._meet(), name="tail-meeting")
        for read, keys in self._of(feed):
            read.add(feed, keys)
        return feed

    async def _meet(self) -> None:
        """Learn which streams go together, then follow what was opened before that was known."""
        while self._lane is None:
            try:
                self._lane = await self._lanes()
            except Exception:  # noqa: BLE001 - whatever it was: everybody here waits for this
                await asyncio.sleep(RETRY_S[-1])
        for feed in self._early:
            for read, keys in self._of(feed):
                read.add(feed, keys)
        self._early.clear()

    def drop(self, feed: Feed) -> None:
        """Forget a feed; its streams leave the next read."""
        self._early.pop(feed, None)
        for read, keys in self._of(feed):
            read.drop(feed, keys)

    def changed(self, feed: Feed) -> None:
        """Its reader has caught up: its streams are read again."""
        for read, keys in self._of(feed):
            read.changed(keys)

    async def stop(self) -> None:
        """Follow nothing any more."""
        if self._meeting is not None:
            self._meeting.cancel()
            await asyncio.gather(self._meeting, return_exceptions=True)
        for read in self._reads.values():
            await read.stop()

    def _of(self, feed: Feed) -> list[tuple["Read", list[str]]]:
        lanes: dict[str, list[str]] = {}
        if self._lane is None:
            return []
        for key in feed.places:
            lanes.setdefault(self._lane(key), []).append(key)
        for lane, keys in lanes.items():
            if lane not in self._reads:
                self._reads[lane] = Read(self._follow, self._wake, tag(keys[0]))
        return [(self._reads[lane], keys) for lane, keys in lanes.items()]


class Read:
    """One blocked read. Opening a feed wakes it by an entry in a stream of its own, kept where the others are."""

    def __init__(self, follow: Follow, wake: Wake, tag: str) -> None:
        self._follow = follow
        self._wake = wake
        self._bell = f"wake:{{{tag}}}:{uuid.uuid4().hex}"
        self._places = {self._bell: "0-0"}
        self._followers: dict[str, list[Feed]] = {}
        self._task: asyncio.Task[None] | None = None
        self._ringing: asyncio.Task[None] | None = None
        self._rung = False

    def add(self, feed: Feed, keys: Iterable[str]) -> None:
        """Read these streams for it too."""
        for key in keys:
            self._followers.setdefault(key, []).append(feed)
        self.changed(keys)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="tail")

    def drop(self, feed: Feed, keys: Iterable[str]) -> None:
        """Read them for it no more."""
        for key in keys:
            followers = self._followers.get(key, [])
            if feed in followers:
                followers.remove(feed)
            if not followers:
                self._followers.pop(key, None)
            self._settle(key)

    def changed(self, keys: Iterable[str]) -> None:
        """What is to be read of these has changed: end the present read soon."""
        for key in keys:
            self._settle(key)
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

    def _settle(self, key: str) -> None:
        """The next read of a stream begins at the lowest place that anyone needs; who is full needs nothing now."""
        needed = [feed.places[key] for feed in self._followers.get(key, ()) if not feed.full]
        if needed:
            self._places[key] = needed[0] if len(needed) == 1 else min(needed, key=place)
        else:
            self._places.pop(key, None)

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                places = dict(self._places)
                found = await self._follow(places)
                failures = 0
            except Exception as wrong:  # noqa: BLE001 - whatever it was: everybody here depends on this task
                if failures == 0:
                    log.warning("following streams failed (%s); it is tried again", type(wrong).__name__)
                await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
                continue
            self._deal(found, places)
            if found:
                await asyncio.sleep(min(GATHER_S, len(places) * GATHER_STREAM_S))

    def _deal(self, found: list[Entry], read: Mapping[str, str]) -> None:
        """Give out what one read found. A feed that stands before the place of that read (it was opened, or emptied,
        while the read was under way) gets nothing from it: it would miss what lies between. Its turn comes next."""
        streams: dict[str, list[Entry]] = {}
        for entry in found:
            streams.setdefault(entry.key, []).append(entry)
        for key, rows in streams.items():
            if key == self._bell:
                self._places[key] = rows[-1].id
                continue
            start = place(read[key])
            for feed in self._followers.get(key, ()):
                if not feed.full and place(feed.places[key]) >= start:
                    for entry in rows:
                        feed.put(entry)
            self._settle(key)
