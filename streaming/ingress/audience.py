"""Viewers of one gateway: each session that is watched has one feed of its log, however many watch it."""

import asyncio
import logging
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Final, NoReturn

import msgspec

from streaming import keys
from streaming.bus import Bus, BusDown
from streaming.clock import now_ms, stamp
from streaming.errors import ClientFault, Close, Fault
from streaming.events import ViewerJoined, ViewerLeft
from streaming.feed import place
from streaming.ingress.lines import Line, Lines, line
from streaming.ingress.live import FRESH_MS
from streaming.journal import Call, Put

log = logging.getLogger(__name__)

TELL_S: Final = 10.0
"""How often a gateway says who watches there; who has left is told after one to two of these."""

ENCODED: Final = msgspec.json.Encoder().encode


class Seat:
    """One viewer's place in an audience. `sent`: it was sent what stands there already, and all before."""

    def __init__(self, after: str) -> None:
        self._lines = Lines(place(after))
        self.sent = place(after)
        self._come = asyncio.Event()
        self._gone = False

    def put(self, one: Line) -> None:
        """The audience's next line."""
        self._lines.put(one)
        self._come.set()

    def close(self) -> None:
        """The session's log is gone."""
        self._gone = True
        self._come.set()

    async def get(self) -> Line:
        """The next line.

        Raises:
            Fault: too many wait (1013); the viewer may come back behind the last one it was sent.
            ClientFault: the session is there no more.
        """
        while True:
            self._come.clear()
            if self._lines.over:
                told = "events are read too slowly: watch again, `after` the last one read"
                raise Fault("slow", told, close=Close.OVERLOAD, retry_after=1)
            if one := self._lines.take():
                if one.at <= self.sent:
                    continue
                return one
            if self._gone:
                raise ClientFault("unknown_session", "the session is gone", close=Close.POLICY)
            await self._come.wait()


class Audience:
    """All viewers of one session here."""

    def __init__(self, bus: Bus, session_id: str, after: str) -> None:
        self._feed = bus.open({keys.events(session_id): after})
        self.seats: set[Seat] = set()

    async def run(self) -> NoReturn:
        """Hand out what comes, until cancelled: an event is made into a line once."""
        try:
            while True:
                for entry in await self._feed.get():
                    one = line(entry)
                    for seat in self.seats:
                        seat.put(one)
        finally:
            self._feed.close()


class Watching:
    """All audiences of a gateway, and what is told of them."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._gateway = uuid.uuid4().hex
        self._audiences: dict[str, tuple[Audience, asyncio.Task[NoReturn]]] = {}
        self._here: Counter[tuple[str, str]] = Counter()
        self._tasks: asyncio.TaskGroup | None = None

    @property
    def viewers(self) -> int:
        """How many watch."""
        return self._here.total()

    async def run(self) -> None:
        """Until cancelled: the audiences' tasks, and who watches told again and again."""
        async with asyncio.TaskGroup() as self._tasks:
            while True:
                left = [name for name, count in self._here.items() if not count]
                await asyncio.sleep(TELL_S)
                gone = [name for name in left if not self._here[name]]
                await self._tell([*gone, *(name for name, count in self._here.items() if count)])
                for name in gone:
                    if not self._here[name]:
                        del self._here[name]

    async def enter(self, session_id: str, who: str) -> None:
        """One more of that name watches; the first is told in the log. Raises BusDown."""
        self._here[session_id, who] += 1
        await self._tell([(session_id, who)])

    def leave(self, session_id: str, who: str) -> None:
        """One less."""
        self._here[session_id, who] -= 1

    def sit(self, session_id: str, after: str) -> Seat:
        """A place from which the log is seen behind `after`, or behind a later entry that is in the log already."""
        if session_id not in self._audiences:
            assert self._tasks is not None
            audience = Audience(self._bus, session_id, after)
            task = self._tasks.create_task(audience.run(), name="audience")
            self._audiences[session_id] = audience, task
        seat = Seat(after)
        self._audiences[session_id][0].seats.add(seat)
        return seat

    def rise(self, session_id: str, seat: Seat) -> None:
        """The viewer goes; the last one closes the feed."""
        audience, task = self._audiences[session_id]
        audience.seats.discard(seat)
        if not audience.seats:
            del self._audiences[session_id]
            task.cancel()

    async def _tell(self, names: Sequence[tuple[str, str]]) -> None:
        """Say how many of each name watch here. Whose session is gone is let go."""
        calls = [self._told(*name) for name in names]
        try:
            there = await self._bus.run_many("watched", calls)
        except BusDown as down:  # it is told again; nobody's watching depends on it
            log.warning("who watches is not told: %s", down.message)
            return
        for (session_id, _), call, reply in zip(names, calls, there, strict=True):
            if isinstance(reply, bytes) and reply:
                self._keep(session_id, call, reply.decode())
            if reply is None and session_id in self._audiences:
                for seat in self._audiences[session_id][0].seats:
                    seat.close()

    def _keep(self, session_id: str, call: Call, entry: str) -> None:
        """What was told, to be written again if Redis forgets it: viewers have seen it."""
        journal, (_, args) = self._bus.journal, call
        page = journal.page(keys.viewers(session_id), "record", 2 * FRESH_MS, time.monotonic())
        body = args[-2] if args[1] else args[-1]
        journal.put(page, Put(keys.events(session_id), entry, ("e", body), keys.KEPT_MS))

    def _told(self, session_id: str, who: str) -> Call:
        now = now_ms()
        events = [ENCODED(kind(who, stamp(now))) for kind in (ViewerJoined, ViewerLeft)]
        field, count = f"{who}@{self._gateway}", self._here[session_id, who]
        where = [keys.session(session_id), keys.viewers(session_id), keys.events(session_id)]
        return where, [field, count, now, now - FRESH_MS, 2 * FRESH_MS, *events]
