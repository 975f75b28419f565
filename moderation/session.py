"""One session between Redis and its `Scribe`: a batch of entries in, one commit out. A thin shell.

A commit appends events, moves the checkpoint and trims `heard` and `draft` to what is still needed, all at once:
what was masked is gone from Redis with the verdict about it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from moderation.floor import Floor
from moderation.place import DraftEntry, HeardEntry, Place
from moderation.screen import Screen
from moderation.scribe import Scribe
from streaming import keys
from streaming.bus import Bus
from streaming.clock import now_ms, stamp
from streaming.drafts import Draft
from streaming.events import Event, ModerationVerdict, ReplyDelta, SuggestionDelta
from streaming.facts import Heard
from streaming.feed import Entry, place
from streaming.lease import Lease

HEARD: Final = msgspec.json.Decoder(Heard)
DRAFT: Final = msgspec.json.Decoder(Draft)
EVENT: Final = msgspec.json.Decoder(Event)
PAGE: Final = 512


class Moderated:
    """All that the moderator does for one session, from the lease's checkpoint to `session.ended`."""

    def __init__(
        self, lease: Lease, bus: Bus, screen: Screen, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lease = lease
        self._bus = bus
        self._clock = clock
        self._heard = keys.heard(lease.session_id)
        self._draft = keys.draft(lease.session_id)
        self._events = keys.events(lease.session_id)
        self._place = (
            msgspec.json.decode(lease.state, type=Place)
            if lease.state
            else Place(floor=Floor(mode=lease.config.mode))
        )
        self._scribe = Scribe(screen, self._place)

    async def run(self) -> None:
        """Until the session has ended. Raises LeaseLost, BusDown."""
        if self._place.floor.over:
            return
        await self._resume()
        if self._place.floor.ended:
            await self._catch_up()
        reached = self._scribe.place
        feed = self._bus.open({self._heard: reached.heard, self._draft: reached.draft})
        try:
            while not self._scribe.floor.over:
                try:
                    async with asyncio.timeout(self._patience()):
                        batch = await feed.get()
                except TimeoutError:
                    await self._commit(self._scribe.expired(), self._clock())
                else:
                    await self._take(batch)
        finally:
            feed.close()

    def _patience(self) -> float | None:
        """Seconds until the session ends, replies or not; None while it goes on."""
        floor = self._scribe.floor
        return max(0.0, floor.deadline_ms / 1000 - time.time()) if floor.ended else None

    async def _take(self, batch: Sequence[Entry]) -> None:
        since = self._clock()
        heard = [(entry.id, HEARD.decode(entry.body)) for entry in batch if entry.key == self._heard]
        draft = [(entry.id, DRAFT.decode(entry.body)) for entry in batch if entry.key == self._draft]
        events = self._scribe.take(heard, draft, round(time.time() * 1000))
        await self._commit(events, since)

    async def _commit(self, events: Sequence[Event], since: float) -> None:
        latency = round((self._clock() - since) * 1000, 3)
        told_at = stamp(now_ms())
        appends: list[tuple[str, bytes]] = []
        for event in events:
            stamped = replace(event, time=told_at)
            if isinstance(stamped, ModerationVerdict):
                stamped = replace(stamped, latency_ms=latency)
            appends.append((self._events, msgspec.json.encode(stamped)))
        heard, draft = self._scribe.needed
        trims = [(self._heard, heard), (self._draft, draft)]
        await self._lease.commit(msgspec.json.encode(self._scribe.place), appends=appends, trims=trims)

    async def _catch_up(self) -> None:
        """What came while nobody was here counts, also if the session's time has run out since."""
        while not self._scribe.floor.over:
            reached = self._scribe.place
            heard = await self._bus.read(self._heard, reached.heard, PAGE)
            draft = await self._bus.read(self._draft, reached.draft, PAGE)
            if not heard and not draft:
                return
            await self._take([*heard, *draft])

    # ---- after a restart -----------------------------------------------------------------------------------

    async def _resume(self) -> None:
        """Read again what the checkpoint left undecided, and what was shown of the open reply."""
        if not self._lease.state:
            return
        heard: list[HeardEntry] = [
            (entry.id, HEARD.decode(entry.body)) for entry in await self._upto(self._heard, self._place.heard)
        ]
        draft: list[DraftEntry] = [
            (entry.id, DRAFT.decode(entry.body)) for entry in await self._upto(self._draft, self._place.draft)
        ]
        self._scribe.resumed(heard, draft, await self._shown())

    async def _upto(self, key: str, last: str) -> list[Entry]:
        return [entry for entry in await self._bus.read(key) if place(entry.id) <= place(last)]

    async def _shown(self) -> str:
        reply, after, text = self._place.floor.reply, "0-0", ""
        while reply and (page := await self._bus.read(self._events, after, PAGE)):
            after = page[-1].id
            for entry in page:
                event = EVENT.decode(entry.body)
                match event:
                    case ReplyDelta(reply=number) | SuggestionDelta(suggestion=number):
                        text = text[: event.offset] + event.text if number == reply.reply else text
                    case _:
                        pass
        return text
