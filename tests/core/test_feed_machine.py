"""The one read of a process, with followers that come, fall behind and go, and a server that fails now and then."""

import asyncio
from collections.abc import Callable, Mapping

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from streaming import feed as feeds
from streaming.errors import ServiceFault
from streaming.feed import Entry, Feed, Tail, place

KEYS = ("a", "b")
FEW = 4
TURNS = 30


class Following(RuleBasedStateMachine):
    """`owed`: for each feed the ids that it has not had yet."""

    def __init__(self) -> None:
        super().__init__()
        self.capacity, feeds.CAPACITY = feeds.CAPACITY, FEW
        self.retry, feeds.RETRY_S = feeds.RETRY_S, (0.0,)
        self.loop = asyncio.new_event_loop()
        self.streams: dict[str, list[Entry]] = {}
        self.number = 0
        self.failing = 0
        self.owed: dict[Feed, list[str]] = {}
        self.arrived = asyncio.Event()
        self.tail = Tail(self.follow, self.wake, self.lanes)

    async def follow(self, places: Mapping[str, str]) -> list[Entry]:
        while True:
            if self.failing:
                self.failing -= 1
                raise ServiceFault("away", "it is away")
            found = [
                entry
                for key, after in places.items()
                for entry in self.streams.get(key, ())
                if place(entry.id) > place(after)
            ]
            if found:
                return found[:3]
            self.arrived.clear()
            await self.arrived.wait()

    async def lanes(self) -> Callable[[str], str]:
        return lambda key: "one"

    async def wake(self, key: str) -> None:
        self.put(key)

    def put(self, key: str) -> str:
        self.number += 1
        self.streams.setdefault(key, []).append(Entry(key, f"{self.number}-0"))
        self.arrived.set()
        return f"{self.number}-0"

    def turn(self, turns: int = TURNS) -> None:
        for _ in range(turns):
            self.loop.run_until_complete(asyncio.sleep(0))

    @rule(key=st.sampled_from(KEYS), count=st.integers(1, 6), turns=st.integers(0, 5))
    def append(self, key: str, count: int, turns: int) -> None:
        for _ in range(count):
            name = self.put(key)
            for feed, owed in self.owed.items():
                if key in feed.places:
                    owed.append(name)
        self.turn(turns)

    @rule(keys=st.sampled_from([("a",), ("b",), KEYS]), back=st.integers(0, 8), turns=st.integers(0, 5))
    def open(self, keys: tuple[str, ...], back: int, turns: int) -> None:
        after = {key: f"{max(0, self.number - back)}-0" for key in keys}

        async def opened() -> Feed:
            return self.tail.open(after)

        known = [entry for key in keys for entry in self.streams.get(key, ())]
        feed = self.loop.run_until_complete(opened())
        self.owed[feed] = [entry.id for entry in known if place(entry.id) > place(after[entry.key])]
        self.turn(turns)

    @precondition(lambda self: any(self.owed.values()))
    @rule(which=st.integers(0, 5))
    def take(self, which: int) -> None:
        hungry = [feed for feed, owed in self.owed.items() if owed]
        self.had(hungry[which % len(hungry)])

    def had(self, feed: Feed) -> None:
        batch = self.loop.run_until_complete(asyncio.wait_for(feed.get(), 5))
        owed = self.owed[feed]
        for entry in batch:
            mine = [name for name in owed if name in {one.id for one in self.streams[entry.key]}]
            assert entry.id == mine[0]  # each stream in its order, nothing twice, nothing left out
            owed.remove(entry.id)

    @precondition(lambda self: bool(self.owed))
    @rule(which=st.integers(0, 5))
    def close(self, which: int) -> None:
        feed = [*self.owed][which % len(self.owed)]
        feed.close()
        del self.owed[feed]

    @rule(times=st.integers(1, 3))
    def fail(self, times: int) -> None:
        self.failing = times
        self.arrived.set()
        self.turn(2)

    def teardown(self) -> None:
        """Everybody gets what is still owed."""
        try:
            self.failing = 0
            for feed, owed in self.owed.items():
                while owed:
                    self.had(feed)
            self.loop.run_until_complete(self.tail.stop())
        finally:
            feeds.CAPACITY, feeds.RETRY_S = self.capacity, self.retry
            self.loop.close()


TestFollowing = Following.TestCase
TestFollowing.settings = settings(
    max_examples=50, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
