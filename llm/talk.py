"""One session's replies: the log in, drafts out, the engine in between. A thin shell around `llm.responder`.

The log and the engine are followed at the same time and bring what they have into one inbox. What is ready together is
decided together: the log first, so that no word follows a cancellation, and words that came together go out as one.
"""

import asyncio
import functools
import logging
import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Final, assert_never

import msgspec
from msgspec.structs import replace

from llm.answering import Cited, Said, Service, answer
from llm.desk import Desk
from llm.following import EVENT, PAGE, SIZE, listen, ready, write
from llm.history import History
from llm.inbox import Finished, Inbox, Item, Wish, Words, settled, wish
from llm.making import Decided, Maker, Token
from llm.recalling import Recalling
from llm.responder import Outcome, Place, ended, heard, restarted, wrote
from streaming import keys
from streaming.bus import Bus
from streaming.drafts import Draft
from streaming.errors import ServiceFault
from streaming.feed import Entry
from streaming.feed import place as order
from streaming.lease import Lease
from streaming.parts import Usage

log = logging.getLogger(__name__)

LONGEST: Final = 32_768
"""Code points of a reply: a server that does not keep to `max_tokens` is not read on."""

OURS: Final = "Something failed on our side."


class Talk:
    """Everything that the responder does for one session, from the lease's checkpoint to the last reply."""

    def __init__(self, lease: Lease, bus: Bus, service: Service, desk: Desk) -> None:
        self._lease = lease
        self._bus = bus
        self._service = service
        self._desk = desk
        self._events = keys.events(lease.session_id)
        self._draft = keys.draft(lease.session_id)
        self._history = History()
        self._recalling = Recalling(service, desk, self._history)
        self._inbox: Inbox = asyncio.Queue(SIZE)
        self._wish: Wish | None = None
        self._working: tuple[int, asyncio.Task[None]] | None = None
        self._place = Place(ours="")
        if lease.state:
            self._place = msgspec.json.decode(lease.state, type=Place)
        self._place = replace(self._place, ours=self._ours)

    async def run(self) -> None:
        """Until no reply can be owed any more. Raises LeaseLost, BusDown, alone or in a group."""
        if self._place.over:
            return
        feed = self._bus.open({self._events: await self._catch_up()})
        try:
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(listen(feed, self._inbox), name="responder-listen")
                self._follow(group)
                while not self._place.over:
                    await self._take(await ready(self._inbox))
                    self._follow(group)
                listening.cancel()
                self._recalling.leave()
        finally:
            feed.close()

    @property
    def _ours(self) -> str:
        """The reference that stands in `made_by` when a reply begins; its end may say better."""
        return self._desk.signed(self._service.engine.made_by, grounded=self._desk.grounding is not None)

    async def _catch_up(self) -> str:
        """Read the log as it stands: all of it is history, what is new is also decided upon. Its last id."""
        found, last = self._place, "0-0"
        facts: list[Draft] = []
        while page := await self._bus.read(self._events, last, PAGE):
            last = page[-1].id
            for entry in page:
                event = EVENT.decode(entry.body)
                self._history.heard(event)
                if order(entry.id) > order(found.after):
                    self._place, more = heard(self._place, entry.id, event)
                    facts += more
        self._place, more = restarted(self._place, found)
        await write(self._lease, self._draft, self._place, [*facts, *more])
        return last

    async def _take(self, items: Sequence[Item]) -> None:
        facts: list[Draft] = []
        for item in items:
            match item:
                case Words(reply=reply, text=text):
                    self._place, more = wrote(self._place, reply, text)
                    facts += more
                case Finished(reply=reply, outcome=outcome):
                    self._place, more = ended(self._place, reply, outcome)
                    facts += more
                case Wish():
                    self._wish = item
                case list():
                    facts += self._heard(item)
                case _:
                    assert_never(item)
        self._leave()
        await write(self._lease, self._draft, self._place, facts)
        self._place, self._wish = await settled(self._wish, self._place, self._lease)

    def _heard(self, entries: Sequence[Entry]) -> list[Draft]:
        facts: list[Draft] = []
        self._place = replace(self._place, ours=self._ours)
        for entry in entries:
            event = EVENT.decode(entry.body)
            self._history.heard(event)
            self._place, more = heard(self._place, entry.id, event)
            facts += more
        return facts

    # ---- the engine's work -------------------------------------------------------------------------------------------

    def _leave(self) -> None:
        """Close the request of a reply that is not open any more, before anything else is done; and that of a summary
        while one is."""
        if self._place.open:
            self._recalling.leave()
        if self._working and not (self._place.open and self._working[0] == self._place.reply):
            self._working[1].cancel()
            self._working = None

    def _follow(self, group: asyncio.TaskGroup) -> None:
        """Work on the open reply; on the summary when there is none."""
        self._leave()
        if not self._place.open and not self._place.ending:
            self._recalling.follow(group)
        if self._place.open and not self._working:
            reply, turn = self._place.reply, self._place.answered
            work = group.create_task(self._reply(reply, turn), name=f"responder-reply-{reply}")
            self._working = (reply, work)

    async def _reply(self, reply: int, turn: int) -> None:
        """Have `reply` made. Every word and the end go into the inbox under its number."""
        clock = time.monotonic
        since, timing = clock(), {"queue_ms": 0}
        usage, error, size, made_by, cited = None, None, 0, "", Cited()
        try:
            turns = self._history.turns(turn)
            said = Said(turns, self._history.given, self._recalling.earlier())
            timing["queue_ms"] = waited_ms(turns[-1].ended_at if turns else "", time.time())
            stream = answer(self._maker(reply, turn), self._service.policy, self._desk, said)
            async with aclosing(stream):
                async for made in stream:
                    match made:
                        case Token(text=text):
                            timing.setdefault("first_token_ms", round((clock() - since) * 1000))
                            await self._inbox.put(Words(reply, text))
                            size += len(text)
                            if size > LONGEST:
                                break
                        case Usage():
                            usage = made
                        case Decided():
                            made_by = made.made_by
                            timing |= made.timing
                        case Cited():
                            cited = replace(made, flags=made.flags or cited.flags)
                            timing |= made.timing
                        case _:
                            assert_never(made)
        except ServiceFault as fault:
            log.warning("reply failed: %s", fault.code, extra={"sid": self._lease.session_id, "reply": reply})
            error = fault.message
        except Exception as wrong:  # noqa: BLE001 - a successor would fail at the same turn, and the next one
            # What went wrong may hold what was said: the log has its kind alone.
            kind = type(wrong).__name__
            log.error("reply failed: %s", kind, extra={"sid": self._lease.session_id, "reply": reply})
            error = OURS
        timing["total_ms"] = round((clock() - since) * 1000)
        told = cited.cut, cited.citations, cited.flags, cited.function
        await self._inbox.put(Finished(reply, Outcome(error, usage, timing, made_by, *told)))

    def _maker(self, reply: int, turn: int) -> Maker:
        """Whoever makes `reply`, after a tool that has leave: see `llm.inbox`."""
        number, leave = f"{self._lease.session_id}-{turn}-1", functools.partial(wish, self._inbox, reply)
        return self._service.tools.beside(self._service.engine, number, leave)


def waited_ms(since: str, now: float) -> int:
    """Wall-clock ms from an event's `time` to `now` (s since 1970); 0 when the event has no time or clocks disagree."""
    return max(0, round((now - datetime.fromisoformat(since).timestamp()) * 1000)) if since else 0
