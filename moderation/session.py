"""One session between Redis and its `Scribe`: a batch of entries in, one commit out. A thin shell.

A commit appends events, moves the checkpoint and trims `heard` and `draft` to what is still needed, all at once:
what was masked is gone from Redis with the verdict about it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from moderation.floor import Floor
from moderation.judging import Judging, conduct
from moderation.model.judge import Judges
from moderation.names.asking import Namer, Naming
from moderation.notes import BETWEEN
from moderation.place import DraftEntry, HeardEntry, Place
from moderation.screen import Screen
from moderation.scribe import Scribe
from streaming import keys
from streaming.bus import Bus
from streaming.clock import now_ms, stamp
from streaming.drafts import Draft
from streaming.events import (
    ContextGiven,
    Event,
    ModerationVerdict,
    ReplyDelta,
    SuggestionDelta,
    Summary,
    TranscriptFinal,
)
from streaming.facts import Heard
from streaming.feed import Entry, place
from streaming.lease import Lease
from streaming.parts import Target

T = TypeVar("T")
HEARD: Final = msgspec.json.Decoder(Heard)
DRAFT: Final = msgspec.json.Decoder(Draft)
EVENT: Final = msgspec.json.Decoder(Event)
PAGE: Final = 512
PART: Final = 32


class Moderated:
    """All that the moderator does for one session, from the lease's checkpoint to `session.ended`."""

    def __init__(
        self,
        lease: Lease,
        bus: Bus,
        screen: Screen,
        judges: Judges | None = None,
        namer: Namer | None = None,
    ) -> None:
        """`namer` finds the names that `screen` looks for."""
        self._lease = lease
        self._bus = bus
        self._clock = time.monotonic
        self._heard = keys.heard(lease.session_id)
        self._draft = keys.draft(lease.session_id)
        self._events = keys.events(lease.session_id)
        self._place = (
            msgspec.json.decode(lease.state, type=Place)
            if lease.state
            else Place(floor=Floor(mode=lease.config.mode))
        )
        judges = judges or Judges()
        self._scribe = Scribe(screen, self._place, conduct(screen.policy, lease.config, judges))
        self._read = {self._heard: self._place.heard, self._draft: self._place.draft}
        holds = screen.policy.judge_away == "hold" and lease.config.moderation != "stream_first"
        self._judging = Judging(judges, screen.policy, self._clock, holds=holds)
        timeout_s = screen.policy.names_timeout_s
        self._naming = Naming(screen.names, namer, timeout_s) if screen.names and namer else None

    async def run(self) -> None:
        """Until the session has ended. Raises LeaseLost, BusDown."""
        if self._place.floor.over:
            return
        await self._resume()
        if self._place.floor.ended:
            await self._catch_up()
        self._judging.ask(self._scribe.asks())
        feed = self._bus.open(self._read)
        getting = asyncio.ensure_future(feed.get())
        try:
            while not self._scribe.floor.over:
                if not await self._judging.wait(getting, self._patience()):
                    await self._scribed(Scribe.expired)
                    continue
                await self._answered()
                if getting.done():
                    batch, getting = getting.result(), asyncio.ensure_future(feed.get())
                    await self._take(batch)
        finally:
            getting.cancel()
            await asyncio.gather(getting, self._judging.close(), return_exceptions=True)
            feed.close()

    async def _answered(self) -> None:
        """What the judge has said since."""
        for ask, answer in self._judging.answers():
            await self._scribed(lambda scribe, ask=ask, answer=answer: scribe.answered(ask, answer))

    def _patience(self) -> float | None:
        """Seconds until the session ends, replies or not; None while it goes on."""
        floor = self._scribe.floor
        return max(0.0, floor.deadline_ms / 1000 - time.time()) if floor.ended else None

    async def _scribed(self, act: Callable[[Scribe], list[Event]]) -> None:
        """What the scribe makes of something is committed. Where names are looked for it is tried with another in its
        place, until the names are known: text that waits for them is in Redis alone."""
        since = self._clock()
        if self._naming is None:
            events = act(self._scribe)
        else:
            scribe, events = await self._naming.settled(lambda: _tried(self._scribe.copy(), act))
            self._scribe = scribe
        await self._commit(events, since)

    async def _take(self, batch: Sequence[Entry]) -> None:
        """In parts where names are looked for: each is tried as often as it has texts that depend on each other."""
        size = PART if self._naming else max(1, len(batch))
        for at in range(0, len(batch), size):
            if not self._scribe.floor.over:
                await self._take_part(batch[at : at + size])

    async def _take_part(self, batch: Sequence[Entry]) -> None:
        heard = [(entry.id, HEARD.decode(entry.body)) for entry in batch if entry.key == self._heard]
        draft = [(entry.id, DRAFT.decode(entry.body)) for entry in batch if entry.key == self._draft]
        self._read |= {entry.key: entry.id for entry in batch}
        now = round(time.time() * 1000)
        await self._scribed(lambda scribe: scribe.take(heard, draft, now))

    async def _commit(self, events: Sequence[Event], since: float) -> None:
        latency = round((self._clock() - since) * 1000, 3)
        told_at = stamp(now_ms())
        appends: list[tuple[str, bytes]] = []
        for event in events:
            stamped = replace(event, time=told_at)
            if isinstance(stamped, ModerationVerdict) and not stamped.latency_ms:
                stamped = replace(stamped, latency_ms=latency)
            appends.append((self._events, msgspec.json.encode(stamped)))
        place = self._scribe.place
        heard, draft = place.needed
        trims = [(self._heard, heard), (self._draft, draft)]
        await self._lease.commit(msgspec.json.encode(place), appends=appends, trims=trims)
        self._judging.ask(self._scribe.asks())

    async def _catch_up(self) -> None:
        """What came while nobody was here counts, also if the session's time has run out since."""
        while not self._scribe.floor.over:
            heard = await self._bus.read(self._heard, self._read[self._heard], PAGE)
            draft = await self._bus.read(self._draft, self._read[self._draft], PAGE)
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

    async def _shown(self) -> dict[Target, str]:
        """The texts of the open reply, and of what is owed, as they stand in the log."""
        place, after, texts = self._place, "0-0", dict[Target, str]()
        wanted = {one.target for one in [*place.owed, *place.owed_after]}
        if place.floor.reply:
            wanted.add(place.floor.reply.target)
        while wanted and (page := await self._bus.read(self._events, after, PAGE)):
            after = page[-1].id
            for entry in page:
                fold(texts, EVENT.decode(entry.body))
        return {target: text for target, text in texts.items() if target in wanted}


def _tried(scribe: Scribe, act: Callable[[Scribe], T]) -> tuple[Scribe, T]:
    return scribe, act(scribe)


def fold(texts: dict[Target, str], event: Event) -> None:
    """What an event of the log makes of the texts that are shown."""
    match event:
        case ReplyDelta(reply=reply, text=text, offset=offset):
            texts[Target(reply=reply)] = texts.get(Target(reply=reply), "")[:offset] + text
        case SuggestionDelta(suggestion=number, text=text, offset=offset):
            texts[Target(suggestion=number)] = texts.get(Target(suggestion=number), "")[:offset] + text
        case TranscriptFinal(segment=segment, text=text) | ContextGiven(segment=segment, text=text):
            texts[Target(segment=segment)] = text
        case Summary(summary=number, sections=sections):
            texts[Target(summary=number)] = BETWEEN.join(section.text for section in sections)
        case ModerationVerdict(target=target, span=(begin, end), replacement=str(put)) if target in texts:
            texts[target] = texts[target][:begin] + put + texts[target][end:]
        case _:
            pass
