"""One session's moderation: facts of `heard` and `draft` in, events out. No clock, no Redis: the shell is session.py.

`Place` is the checkpoint: places in the two streams, the floor, and how far into an entry we are; no text. What is
held back stays in `heard` and `draft` alone: its `needed` says from where on, and after a restart it is read again
(`resumed`). What a judge is to be asked it says too (`asks`), and takes the answers (`answered`).
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import assert_never

from msgspec.structs import replace

from moderation import eager, notes, repeats, replies
from moderation import floor as floors
from moderation.gate import masked
from moderation.place import DraftEntry, HeardEntry, Place, order, superseded
from moderation.replying import Replying
from moderation.screen import Screen
from moderation.transcript import Masked
from moderation.waiting import Waiting
from moderation.watch import Answer, Ask, Conduct
from streaming.events import (
    AgentNote,
    AudioFinalized,
    AudioGap,
    ContextGiven,
    Dtmf,
    Event,
    SessionDegraded,
    SessionPaused,
    SessionUnpaused,
    SpeechStarted,
    SpeechStopped,
    TranscriptFinal,
)
from streaming.facts import (
    CancelReply,
    EagerEndpoint,
    Endpoint,
    Feedback,
    Given,
    Heard,
    HeardFinal,
    HeardPartial,
    Resumed,
    SoundEnded,
    Typed,
)
from streaming.parts import Target


class Scribe:
    """Takes facts in order, gives events in order."""

    def __init__(self, screen: Screen, place: Place, conduct: Conduct | None = None) -> None:
        self._screen = screen
        self._place = place
        self.floor = place.floor
        self._past = place.past
        self._waiting = Waiting(screen)
        self._conduct = conduct or Conduct()
        self._replying = Replying(screen, self._conduct, place)

    # ---- the checkpoint ------------------------------------------------------------------------------------

    @property
    def place(self) -> Place:
        """What has to be known to go on from here."""
        place = replace(
            self._place,
            floor=self.floor,
            waiting=sorted(self._waiting.held, key=order),
            told=sorted(self._waiting.told, key=order),
            past=self._past,
        )
        return self._replying.noted(place)

    def copy(self) -> "Scribe":
        """Another one in the same place, which takes its own way from here. Screen and conduct are shared."""
        return deepcopy(self, {id(one): one for one in (self._screen, self._conduct)})

    def resumed(
        self, heard: Sequence[HeardEntry], draft: Sequence[DraftEntry], shown: Mapping[Target, str]
    ) -> None:
        """Take up what was undecided: entries up to the checkpoint, and the texts of the open reply and of what is
        owed, as they stand in the log."""
        place = self._place
        for entry, fact in heard:
            if isinstance(fact, HeardFinal) and entry in (*place.waiting, *place.told):
                self._waiting.recall(entry, fact, told=entry in place.told)
        self._replying.resumed(place, draft, shown)

    # ---- taking facts --------------------------------------------------------------------------------------

    def take(self, heard: Sequence[HeardEntry], draft: Sequence[DraftEntry], now_ms: int) -> list[Event]:
        """What follows from new entries: what was heard first, so that no word of a reply follows its cancellation.

        Of the partials of a channel only the last is told, and none that a final of the batch overtakes.
        """
        events: list[Event] = []
        stale = superseded(heard)
        for place, (entry, fact) in enumerate(heard):
            self._past, new = repeats.fresh(self._past, fact)
            late = isinstance(fact, CancelReply | Feedback | AgentNote) and not self.floor.over
            if new and (late or not self.floor.ended):
                events += self._hear(entry, fact, now_ms, stale=place in stale)
            self._place = replace(self._place, heard=entry)
        return events + self._step(self._replying.take(self.floor, draft)) + self._settled()

    def asks(self) -> list[Ask]:
        """What the judge is to be asked now. Each is to be answered, if only by None."""
        return self._replying.asks(self.floor)

    def answered(self, ask: Ask, answer: Answer) -> list[Event]:
        """What follows from the judge's answer."""
        return self._step(self._replying.answered(self.floor, ask, answer)) + self._settled()

    def expired(self) -> list[Event]:
        """The deadline has passed: what was shown of the open reply is owed no longer than all else."""
        late = self._step(replies.failed(self.floor, self._text, replies.LATE)) if self.floor.ended else []
        return late + self._replying.given_up() + self._step(replies.over(self.floor, self._text))

    def _settled(self) -> list[Event]:
        """Where nobody replies, a session ends with the last verdict about what was said in it."""
        if self.floor.mode != "transcribe" or self._replying.owes:
            return []
        return self._step(replies.over(self.floor, self._text))

    def _step(self, step: floors.Step) -> list[Event]:
        self.floor, events = self._replying.after(self.floor, step)
        return events

    # ---- what was heard ------------------------------------------------------------------------------------

    def _hear(self, entry: str, fact: Heard, now_ms: int, *, stale: bool) -> list[Event]:
        match fact:
            case HeardPartial():
                return self._partial(fact, stale=stale)
            case HeardFinal():
                return self._final(entry, fact)
            case Endpoint() | EagerEndpoint() | Resumed():
                return self._turn(fact)
            case Typed() | Given():
                return self._typed(fact)
            case CancelReply(reply=number):
                return self._step(replies.unwanted(self.floor, number, self._text))
            case SoundEnded(accounting=accounting, reason=reason):
                waiting = self._waiting
                left = [event for one in waiting.channels for event in self._said(waiting.let_go(one))]
                waiting.forget()
                deadline = now_ms + round(self._screen.policy.end_timeout_s * 1000)
                return left + self._step(replies.silent(self.floor, accounting, reason, deadline))
            case SpeechStarted(channel=channel, at_ms=at):
                self._waiting.began(channel, at)
                chat = self.floor.mode == "chat"
                return [fact, *(self._step(replies.interrupted(self.floor, self._text)) if chat else [])]
            case (
                SpeechStopped()
                | AudioFinalized()
                | AudioGap()
                | Dtmf()
                | SessionDegraded()
                | SessionPaused()
                | SessionUnpaused()
            ):
                return [fact]
            case Feedback() | AgentNote():
                return self._step(notes.fed_back(self._screen, self.floor, fact))
            case _:
                assert_never(fact)

    def _turn(self, fact: Endpoint | EagerEndpoint | Resumed) -> list[Event]:
        channel, waiting = fact.channel, self._waiting
        match fact:
            case Endpoint(reason=reason):
                left = self._said(waiting.let_go(channel, cut=reason in ("finalize", "length")))
                return left + self._step(eager.turned(self.floor, channel, reason))
            case EagerEndpoint(reason=reason, text=text):
                texts = waiting.provisional(channel, text)
                return self._step(eager.ended(self.floor, channel, reason, texts)) if texts else []
            case Resumed():
                return self._step(eager.resumed(self.floor, channel))

    def _partial(self, fact: HeardPartial, *, stale: bool) -> list[Event]:
        events = self._said(self._waiting.followed(fact.channel, fact.text[: fact.stable]))
        if fact.channel in self._waiting.channels:
            return events  # it goes on with what nobody has seen yet
        if stale:
            self.floor, _ = floors.opened(self.floor, fact.channel)
            return events
        text, stable = self._waiting.shown(fact)
        return events + self._step(floors.growing(self.floor, fact, text, stable))

    def _final(self, entry: str, fact: HeardFinal) -> list[Event]:
        if fact.text.strip():
            return self._said(self._waiting.final(entry, fact))
        waits = fact.channel in self._waiting.channels  # then nothing was shown since
        return [] if waits else self._step(floors.taken_back(self.floor, fact))

    def _said(self, finals: Sequence[Masked]) -> list[Event]:
        ref, events = self._screen.ref, list[Event]()
        for one in finals:
            self.floor = eager.followed(self.floor, one.final.channel, one.final.text)
            events += self._judged(self._step(floors.said(self.floor, one.final, one.judged, ref)))
        return events

    def _typed(self, fact: Typed | Given) -> list[Event]:
        text, ref = fact.text, self._screen.ref
        if not text.strip():
            return []
        shown, judged = masked(text, self._screen.look(text, closed=True).findings, (0, len(text)), 0)
        if isinstance(fact, Given):
            return self._judged(self._step(floors.given(self.floor, Given(fact.role, shown), judged, ref)))
        over = self._step(replies.cancelled(self.floor, self._text))
        over += self._step(eager.resumed(self.floor))
        return over + self._judged(self._step(floors.typed(self.floor, shown, judged, ref)))

    @property
    def _text(self) -> str:
        return self._replying.text

    def _judged(self, events: list[Event]) -> list[Event]:
        """Events of what users said, and what is told at once because the judge has too much before it."""
        finals = (event for event in events if isinstance(event, TranscriptFinal | ContextGiven))
        late = [
            one for final in finals for one in self._replying.owe(Target(segment=final.segment), final.text)
        ]
        return [*events, *late]
