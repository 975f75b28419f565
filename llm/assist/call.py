"""One session in mode `assist`: the log in, drafts out, the engine and the clock in between. A thin shell around
`place`, `alerts`, `suggesting` and `summing`.

The log and all work bring what they have into one inbox; what is ready together is decided together, the log first.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import assert_never

import msgspec

from llm.assist import place as places
from llm.assist import summing
from llm.assist.airtime import Heard
from llm.assist.alerts import Alerts
from llm.assist.checklist import Checklist
from llm.assist.dialogue import Dialogue
from llm.assist.items import Begun, Ended, Failed, Found, Item, Stepped, Summed, Words
from llm.assist.means import Means
from llm.assist.place import Place, Work
from llm.assist.suggesting import Suggesting
from llm.assist.topics import Topics
from llm.following import EVENT, PAGE, SIZE, listen, ready, write
from streaming import keys
from streaming.bus import Bus
from streaming.drafts import Draft
from streaming.events import TranscriptFinal
from streaming.feed import Entry
from streaming.feed import place as order
from streaming.lease import Lease


def wall_ms() -> int:
    """The wall clock: it goes on where another process left off."""
    return round(time.time() * 1000)


class Call:
    """Everything that an agent is told in one session, from the lease's checkpoint to `RepliesEnded`."""

    def __init__(
        self,
        lease: Lease,
        bus: Bus,
        means: Means,
        topics: Topics | None = None,
        now: Callable[[], int] = wall_ms,
    ) -> None:
        self._lease = lease
        self._bus = bus
        self._means = means
        self._policy = means.policy.assist
        self._now = now
        self._events = keys.events(lease.session_id)
        self._draft = keys.draft(lease.session_id)
        self._inbox: asyncio.Queue[Item] = asyncio.Queue(SIZE)
        self._dialogue = Dialogue()
        self._checklist = Checklist(self._policy.checklist)
        self._alerts = Alerts(self._policy)
        self._topics = topics
        self._said: asyncio.Queue[TranscriptFinal] = asyncio.Queue()  # no more than the log had
        self._suggesting = Suggesting(means, self._dialogue, self._checklist, self._inbox.put)
        self._working: tuple[Work, asyncio.Task[None]] | None = None
        self._summing: asyncio.Task[None] | None = None
        self._place = msgspec.json.decode(lease.state, type=Place) if lease.state else Place()

    async def run(self) -> None:
        """Until nothing can be owed any more. Raises LeaseLost, BusDown, alone or in a group."""
        if self._place.over:
            return
        feed = self._bus.open({self._events: await self._catch_up()})
        try:
            async with asyncio.TaskGroup() as group:
                beside = [group.create_task(listen(feed, self._inbox), name="assist-listen")]
                if self._topics:
                    beside.append(group.create_task(self._topics.follow(self._said, self._inbox.put)))
                while not self._place.over:
                    self._follow(group)
                    await self._take(await self._ready())
                for task in [*beside, *self._under_way()]:
                    task.cancel()
        finally:
            feed.close()

    async def _catch_up(self) -> str:
        """Read the log as it stands: all of it is history, what is new is also decided upon. Its last id."""
        found, last = self._place, "0-0"
        facts: list[Draft] = []
        while page := await self._bus.read(self._events, last, PAGE):
            last = page[-1].id
            facts += self._heard(page, found.after)
        self._place, more = places.restarted(self._place, found)
        facts += [*more, *self._closed()]
        facts += self._step(places.ticked(self._place, self._checklist.told()))
        await write(self._lease, self._draft, self._place, facts)
        return last

    async def _ready(self) -> list[Item]:
        """What has come, the log first; nothing, when only time has passed."""
        try:
            async with asyncio.timeout(self._patience()):
                return await ready(self._inbox)
        except TimeoutError:
            return []

    def _patience(self) -> float | None:
        now, waits = self._now(), list[int | None]()
        waits += [self._alerts.wait_ms(now)]
        if self._summing is None:
            waits += [summing.wait_ms(self._place, now, self._policy)]
        if self._place.ending_ms:
            waits += [max(0, self._place.ending_ms + self._wrapup_ms - now)]
        known = [wait for wait in waits if wait is not None]
        return min(known) / 1000 + 0.005 if known else None

    @property
    def _wrapup_ms(self) -> int:
        return round(self._policy.wrapup_s * 1000)

    # ---- deciding --------------------------------------------------------------------------------------------------

    async def _take(self, items: Sequence[Item]) -> None:
        facts: list[Draft] = []
        for item in items:
            facts += self._heard(item, self._place.after) if isinstance(item, list) else self._brought(item)
        facts += self._told(self._alerts.due(self._now()))
        facts += self._step(places.ticked(self._place, self._checklist.told()))
        self._leave()
        facts += self._closed()
        await write(self._lease, self._draft, self._place, facts)

    def _heard(self, entries: Sequence[Entry], after: str) -> list[Draft]:
        facts: list[Draft] = []
        for entry in entries:
            event, now = EVENT.decode(entry.body), self._now()
            self._dialogue.heard(event)
            self._checklist.heard(event)
            found = self._alerts.heard(event, now)
            if order(entry.id) <= order(after):
                continue  # that was told before
            self._place, more = places.heard(self._place, entry.id, event, now)
            facts += [*more, *self._told(found)]
            if self._topics and isinstance(event, TranscriptFinal):
                self._said.put_nowait(event)
        return facts

    def _brought(self, item: Begun | Words | Ended | Failed | Stepped | Summed | Found) -> list[Draft]:
        match item:
            case Begun(work=work, kind=kind, made_by=made_by):
                return self._step(places.begun(self._place, work, kind, made_by))
            case Words(work=work, text=text):
                return self._step(places.wrote(self._place, work, text))
            case Ended(work=work, outcome=outcome, item=number):
                if number is not None:
                    self._place = places.suggested(self._place, work, number)
                return self._step(places.ended(self._place, work, outcome))
            case Failed(work=work, made_by=made_by, error=error):
                return self._step(places.failed(self._place, work, made_by, error))
            case Stepped(work=work):
                return self._step(places.stepped(self._place, work))
            case Summed(kind=kind, up_to=up_to, sections=sections, made_by=made_by):
                self._summing = None
                made = (made_by, self._now())
                return self._step(places.summed(self._place, kind, up_to, sections, made))
            case Found(topics=topics, final=final):
                return self._told(
                    [one for name in topics for one in self._alerts.named("topic", name, final)]
                )
            case _:
                assert_never(item)

    def _told(self, found: Sequence[Heard]) -> list[Draft]:
        return [fact for one in found for fact in self._step(places.alerted(self._place, one))]

    def _closed(self) -> list[Draft]:
        return self._step(places.closed(self._place, self._now(), self._wrapup_ms))

    def _step(self, decided: places.Decided) -> list[Draft]:
        self._place, facts = decided
        return facts

    # ---- the work --------------------------------------------------------------------------------------------------

    def _leave(self) -> None:
        """Close the request of a step that is not under way any more, before anything else is done."""
        if self._working and self._working[0] != self._place.work:
            self._working[1].cancel()
            self._working = None

    def _follow(self, group: asyncio.TaskGroup) -> None:
        """Work on the present step; sum up when there is none."""
        self._leave()
        if self._place.step != "done" and not self._working:
            work = group.create_task(self._suggesting.run(self._place), name=f"assist-{self._place.step}")
            self._working = (self._place.work, work)
        kind = summing.due(self._place, self._now(), self._policy)
        if kind and self._summing is None:
            making = summing.summarise(self._means, self._dialogue, kind, self._inbox.put)
            self._summing = group.create_task(making, name="assist-summary")

    def _under_way(self) -> list[asyncio.Task[None]]:
        return [task for task in (self._working[1] if self._working else None, self._summing) if task]
