"""One session's moderation: facts of `heard` and `draft` in, events out. No clock, no Redis: the shell is session.py.

`Place` is the checkpoint: places in the two streams, the floor, and how far into an entry we are; no text. What is
held back stays in `heard` and `draft` alone: `needed` says from where on, and after a restart it is read again
(`resumed`).
"""

from collections.abc import Sequence
from typing import assert_never

from msgspec.structs import replace

from moderation import eager, notes, replies
from moderation import floor as floors
from moderation.gate import Gate, Release, masked
from moderation.place import DraftEntry, HeardEntry, Kept, Place, behind, order, superseded
from moderation.screen import Screen
from moderation.transcript import Masked
from moderation.waiting import Waiting
from streaming.drafts import Draft, DraftDelta, DraftDone, DraftStarted, RepliesEnded
from streaming.events import AudioGap, Event, SessionDegraded, SpeechStarted, SpeechStopped
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


class Scribe:
    """Takes facts in order, gives events in order."""

    def __init__(self, screen: Screen, place: Place) -> None:
        self._screen = screen
        self._place = place
        self.floor = place.floor
        self._waiting = Waiting(screen)
        self._gate = Gate(screen)
        self._kept: list[Kept] = []
        self._shown: list[str] = []
        self._later: list[DraftEntry] = []  # a successor reads them again

    # ---- the checkpoint ------------------------------------------------------------------------------------

    @property
    def place(self) -> Place:
        """What has to be known to go on from here."""
        first = self._kept[0] if self._kept else None
        return replace(
            self._place,
            floor=self.floor,
            waiting=sorted(self._waiting.held, key=order),
            told=sorted(self._waiting.told, key=order),
            kept=first.entry if first else "",
            offset=self._gate.consumed - first.begin if first else 0,
            decided=self._gate.decided if first else 0,
            begun=first is not None and self._gate.begun,
        )

    @property
    def needed(self) -> tuple[str, str]:
        """The lowest ids of `heard` and of `draft` that are still needed."""
        place = self.place
        heard = min([*place.waiting, *place.told, behind(place.heard)], key=order)
        return heard, place.kept or behind(place.draft)

    def resumed(self, heard: Sequence[HeardEntry], draft: Sequence[DraftEntry], shown: str) -> None:
        """Take up what was undecided: entries up to the checkpoint, and the open reply's text as it was shown."""
        place = self._place
        for entry, fact in heard:
            if isinstance(fact, HeardFinal) and entry in (*place.waiting, *place.told):
                self._waiting.recall(entry, fact, told=entry in place.told)
        reply = self.floor.reply
        if reply is None:
            return
        self._shown = [shown]
        self._gate = Gate(self._screen, decided=place.decided, shown=reply.shown, begun=place.begun)
        begin = -place.offset
        for entry, fact in draft:
            if isinstance(fact, DraftDelta) and fact.reply == reply.reply and place.kept:
                end = begin + len(fact.text)
                self._kept.append(Kept(entry, begin, end))
                self._gate.recall(fact.text[max(0, -begin) :])
                begin = end

    # ---- taking facts --------------------------------------------------------------------------------------

    def take(self, heard: Sequence[HeardEntry], draft: Sequence[DraftEntry], now_ms: int) -> list[Event]:
        """What follows from new entries: what was heard first, so that no word of a reply follows its cancellation.

        Of the partials of a channel only the last is told, and none that a final of the batch overtakes.
        """
        events: list[Event] = []
        stale = superseded(heard)
        for place, (entry, fact) in enumerate(heard):
            if not self.floor.ended or (isinstance(fact, CancelReply | Feedback) and not self.floor.over):
                events += self._hear(entry, fact, now_ms, stale=place in stale)
            self._place = replace(self._place, heard=entry)
        waiting, self._later = [*self._later, *draft], []
        for entry, fact in waiting:
            if self._later or eager.early(self.floor, fact):
                self._later.append((entry, fact))
                continue
            if not self.floor.over and not eager.stale(self.floor, fact):
                events += self._draft(entry, fact)
            self._place = replace(self._place, draft=entry)
        return events

    def expired(self) -> list[Event]:
        """The deadline has passed."""
        return self._step(replies.over(self.floor, self._text))

    def _step(self, step: floors.Step) -> list[Event]:
        self.floor, events = step
        if self.floor.reply is None:
            self._kept, self._shown = [], []
        return events

    @property
    def _text(self) -> str:
        return "".join(self._shown)

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
                return left + self._step(replies.silent(self.floor, accounting, reason, deadline, self._text))
            case SpeechStarted(channel=channel, at_ms=at):
                self._waiting.began(channel, at)
                chat = self.floor.mode == "chat"
                return [fact, *(self._step(replies.interrupted(self.floor, self._text)) if chat else [])]
            case SpeechStopped() | AudioGap() | SessionDegraded():
                return [fact]
            case Feedback():
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
            events += self._step(floors.said(self.floor, one.final, one.judged, ref))
        return events

    def _typed(self, fact: Typed | Given) -> list[Event]:
        text, ref = fact.text, self._screen.ref
        if not text.strip():
            return []
        shown, judged = masked(text, self._screen.look(text, closed=True).findings, (0, len(text)), 0)
        if isinstance(fact, Given):
            return self._step(floors.given(self.floor, Given(fact.role, shown), judged, ref))
        over = self._step(replies.cancelled(self.floor, self._text))
        over += self._step(eager.resumed(self.floor))
        return over + self._step(floors.typed(self.floor, shown, judged, ref))

    # ---- what the responder wrote --------------------------------------------------------------------------

    def _draft(self, entry: str, fact: Draft) -> list[Event]:
        reply = self.floor.reply
        match fact:
            case DraftStarted():
                return self._begun(fact)
            case DraftDelta(reply=number, text=text):
                return self._release(self._feed(entry, text)) if reply and reply.reply == number else []
            case DraftDone(reply=number):
                return self._done(fact) if reply and reply.reply == number else []
            case RepliesEnded():
                return self._step(replies.over(self.floor, self._text))
            case _:
                return self._step(notes.told(self._screen, self.floor, fact))

    def _begun(self, fact: DraftStarted) -> list[Event]:
        left: list[Event] = []
        if fact.reply > self.floor.replied:
            left = self._step(replies.failed(self.floor, self._text, replies.DROPPED))
            self._gate, self._kept, self._shown = Gate(self._screen), [], []
        return left + self._step(replies.begun(self.floor, fact))

    def _feed(self, entry: str, text: str) -> Release:
        begin = self._kept[-1].end if self._kept else self._gate.consumed
        self._kept.append(Kept(entry, begin, begin + len(text)))
        release = self._gate.feed(text)
        self._kept = [kept for kept in self._kept if kept.end > self._gate.consumed]
        return release

    def _release(self, release: Release) -> list[Event]:
        self._shown.append(release.text)
        events = self._step(replies.shown(self.floor, release.text, release.judged, self._screen.ref))
        return events + (self._step(replies.blocked(self.floor, self._text)) if release.blocked else [])

    def _done(self, fact: DraftDone) -> list[Event]:
        events = self._release(self._gate.finish()) if fact.status == "completed" else []
        clean = notes.cleaned(self._screen, fact)
        return events + self._step(replies.done(self.floor, clean, self._text, self._screen.ref))
