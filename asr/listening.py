"""One session being served: entries from Redis to the recognizer, its passes to the desk, its facts to Redis.

Facts are appended with the checkpoint that they are part of, in one commit; only a partial that commits no word goes
without. So a successor repeats nothing, and misses nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import numpy as np

from asr.endpointing.turns import Pauses, Turns
from asr.hearing.judge import Judge
from asr.hearing.sound import Float32
from asr.rates import RATE
from asr.recognizer import LEAP, Recognizer
from asr.sharing.desk import Desk, Ticket
from asr.sharing.wishes import Wish
from asr.speaker.channel import Channel
from asr.tools import Tools
from streaming import keys
from streaming.bus import Bus
from streaming.facts import Heard, HeardPartial, Mark
from streaming.feed import Entry, place
from streaming.lease import Lease

MARK: Final = msgspec.json.Decoder(Mark)
PAGE: Final = 256
"""Entries that are read at once before the checkpoint."""


async def until(bus: Bus, key: str, last: tuple[int, int]) -> AsyncIterator[Entry]:
    """The entries of a stream up to place `last`, a page at a time: there may be an hour of sound behind it."""
    at = "0-0"
    while page := await bus.read(key, at, PAGE):
        for entry in page:
            at = entry.id
            if place(at) > last:
                return
            yield entry


class Listening:
    """Serves the session of `lease` until its sound is over."""

    def __init__(
        self, lease: Lease, bus: Bus, tools: Tools, models: tuple[Judge, Desk], turns: Turns | None = None
    ) -> None:
        self._lease = lease
        self._bus = bus
        self._policy = tools.policy
        self._vad, self._desk = models
        self._recognizer = Recognizer(lease.config, tools, lease.state)
        self._pauses = Pauses(self._recognizer.channels, turns)
        self._memory = self._remembered()
        self._session, self._tenant = lease.session_id, lease.config.tenant
        self._audio, self._heard = keys.audio(lease.session_id), keys.heard(lease.session_id)
        self._asked: dict[int, Ticket] = {}
        self._committed = self._recognizer.cursor
        self._stable: dict[int, tuple[int, int]] = {}
        self._since = 0

    async def run(self) -> None:
        """Until all is said. Raises LeaseLost, BusDown, and whatever the engine failed with."""
        if self._recognizer.over:
            return
        await self._refill()
        at = self._recognizer.state.place
        self._desk.enter(self._session, self._tenant)
        feed = self._bus.open({self._audio: f"{at[0]}-{at[1]}"})
        reading = asyncio.ensure_future(feed.get())
        try:
            moved = self._desk.moved()  # before each step, which looks where we stand
            await self._step([])
            while not self._recognizer.over:
                coming = {reading, moved, *self._asked.values(), *self._pauses.coming}
                await asyncio.wait(coming, return_when=asyncio.FIRST_COMPLETED)
                moved = self._desk.moved()
                entries: list[Entry] = []
                if reading.done():
                    entries = reading.result()
                    reading = asyncio.ensure_future(feed.get())
                await self._step(entries)
        finally:
            reading.cancel()
            feed.close()
            for number in list(self._asked):
                self._desk.give_up((self._session, number))
            self._desk.leave(self._session)

    async def _refill(self) -> None:
        """The sound before the checkpoint, as far as it is needed; then a checkpoint of our own.

        It has the revisions on which we go on, so that our successor goes on above them.
        """
        recognizer = self._recognizer
        if not self._lease.state:
            return
        async for entry in until(self._bus, self._audio, recognizer.state.place):
            recognizer.refill(place(entry.id), entry.pcm, entry.at_ms)
        recognizer.refilled()
        await self._lease.commit(recognizer.checkpoint())

    async def _step(self, entries: list[Entry]) -> None:
        rung = self._desk.rung(self._tenant)
        searched = self._desk.searches
        facts = self._recognizer.paced(rung.step, rung.partial_s, lean=rung.lean, searched=searched)
        facts += self._answers()
        for entry in entries:
            facts += self._take(entry)
        facts += await self._judge()
        facts += self._pauses.settle()
        facts += self._recognizer.finish()
        await self._publish(facts)
        self._ask()

    def _take(self, entry: Entry) -> list[Heard]:
        at = place(entry.id)
        if entry.pcm:
            return self._recognizer.hear(at, entry.pcm, entry.at_ms)
        return self._recognizer.mark(at, MARK.decode(entry.body))

    async def _judge(self) -> list[Heard]:
        facts: list[Heard] = []
        while frames := self._recognizer.frames():
            chances, self._memory = await self._vad.judge(frames, self._memory)
            self._recognizer.state.vad = self._memory.tobytes()
            facts += self._recognizer.judged(chances)
        return facts + self._recognizer.judged([])

    def _answers(self) -> list[Heard]:
        facts: list[Heard] = []
        for number, served in list(self._asked.items()):
            if not served.done():
                continue
            del self._asked[number]
            answer = None if served.cancelled() else served.result()
            if answer:
                facts += self._recognizer.channels[number].settle(*answer, round(time.time() * 1000))
        return facts

    def _ask(self) -> None:
        """Queue every channel that is due; one whose pass runs asks again when it is back, unless it is to end."""
        for channel in self._recognizer.channels:
            unheard = channel.unheard()
            if unheard is not None:
                self._queue(channel, unheard)

    def _queue(self, channel: Channel, unheard: int) -> None:
        wish = Wish(
            key=(self._session, channel.number),
            tenant=self._tenant,
            final=channel.urgent,
            ahead=channel.closing and not channel.urgent,
            unheard_s=unheard / RATE,
            window_s=channel.window_s,
            replayed=channel.replayed,
            lean=channel.leans,
        )
        self._asked[channel.number] = self._desk.ask(wish, channel.request)

    async def _publish(self, facts: list[Heard]) -> None:
        encoded = [(self._heard, msgspec.json.encode(fact)) for fact in facts]
        at = self._recognizer.cursor
        if facts and self._passing(facts) and self._since + len(facts) < LEAP:
            self._since += len(facts)
            for key, body in encoded:
                await self._lease.append(key, body, at=at)
            return
        if facts or at - self._committed >= self._policy.commit_s * RATE:
            trims = [(self._audio, self._recognizer.trim())]
            await self._lease.commit(self._recognizer.checkpoint(), appends=encoded, trims=trims, at=at)
            self._committed, self._since = at, 0
            self._remember(facts)

    def _passing(self, facts: list[Heard]) -> bool:
        """Whether these are partials that commit no word: a successor need not know of them."""
        return all(
            isinstance(fact, HeardPartial) and self._stable.get(fact.channel) == (fact.utterance, fact.stable)
            for fact in facts
        )

    def _remember(self, facts: list[Heard]) -> None:
        for fact in facts:
            if isinstance(fact, HeardPartial):
                self._stable[fact.channel] = (fact.utterance, fact.stable)

    def _remembered(self) -> Float32:
        """The VAD's memory of the checkpoint."""
        state = self._recognizer.state
        if not state.vad:
            return self._vad.fresh(len(state.channels))
        return np.frombuffer(state.vad, np.float32).reshape(2, len(state.channels), -1)
