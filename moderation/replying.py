"""The open reply, from `draft` to the log: what came of it, and what the judge has yet to say. Pure.

Facts wait in `later` while the turn that they answer may yet be taken back, and while the judge has not passed what
stands before them; a successor reads them again.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from moderation import eager, notes, replies
from moderation.behind import Behind, Told
from moderation.ending import Ending
from moderation.floor import Floor, Step, verdicts
from moderation.gate import Cursor, Release
from moderation.place import DraftEntry, Place
from moderation.screen import Screen
from moderation.watch import Answer, Ask, Conduct
from moderation.whole import Whole
from moderation.writing import Writing
from streaming.drafts import (
    Draft,
    DraftAlert,
    DraftChecklist,
    DraftDelta,
    DraftDone,
    DraftStarted,
    DraftSummary,
    RepliesEnded,
)
from streaming.events import Event
from streaming.parts import Target


class Replying:
    """Takes drafts and answers in order; each method gives the floor after it, and the events."""

    def __init__(self, screen: Screen, conduct: Conduct, place: Place) -> None:
        self._screen = screen
        self._conduct = conduct
        self._writing, self._ending = self._fresh()
        self._behind = Behind(conduct)
        self._whole = Whole(conduct)
        self._after = Behind(conduct.afterwards, whole=True)
        self._asking: set[Target] = set()
        self._asking_after: set[Target] = set()
        self._later: list[DraftEntry] = []
        self.read = place.draft
        """The last entry that a successor need not take again."""

    @property
    def text(self) -> str:
        """The open reply as it was shown."""
        return self._writing.text

    @property
    def owes(self) -> bool:
        """Whether a verdict about what was shown is due: the session does not end before."""
        return bool(self._behind.owed or self._after.owed)

    # ---- the checkpoint ------------------------------------------------------------------------------------

    def noted(self, place: Place) -> Place:
        """The place with all of it that a successor has to know."""
        writing = self._writing
        first, cursor = writing.first, writing.cursor
        return replace(
            place,
            draft=self.read,
            kept=first.entry if first else "",
            offset=cursor.consumed - first.begin if first else 0,
            decided=cursor.decided if first else 0,
            begun=first is not None and cursor.begun,
            checked=writing.checked if place.floor.reply else 0,
            owed=self._behind.owed,
            owed_after=self._after.owed,
        )

    def resumed(self, place: Place, draft: Sequence[DraftEntry], shown: Mapping[Target, str]) -> None:
        """Take up what `place` left, with the texts of what was shown."""
        self._behind = Behind(self._conduct, place.owed, shown)
        self._after = Behind(self._conduct.afterwards, place.owed_after, shown, whole=True)
        reply = place.floor.reply
        if reply is None:
            return
        text = shown.get(reply.target, "")
        cursor = Cursor(decided=place.decided, shown=len(text), begun=place.begun)
        self._writing = Writing(self._screen, self._conduct, cursor, place.checked, text)
        begin = -place.offset
        for entry, fact in draft:
            if isinstance(fact, DraftDelta) and fact.reply == reply.reply and place.kept:
                self._writing.recall(entry, fact.text, begin)
                begin += len(fact.text)
        self._writing.recalled()

    # ---- what the responder wrote --------------------------------------------------------------------------

    def take(self, floor: Floor, draft: Sequence[DraftEntry]) -> Step:
        """New entries, behind those that wait."""
        events: list[Event] = []
        waiting, self._later = [*self._later, *draft], []
        for entry, fact in waiting:
            if self._later or eager.early(floor, fact):
                self._later.append((entry, fact))
                continue
            if isinstance(fact, DraftDone) and fact.status == "completed" and _is_open(floor, fact.reply):
                floor, more = self._shown(floor, self._writing.close())
                events += more
            if self._waits(floor, fact):
                self._later.append((entry, fact))
                continue
            if not floor.over and not eager.stale(floor, fact):
                floor, more = self._draft(floor, entry, fact)
                events += more
            self.read = entry
        return floor, events

    def _waits(self, floor: Floor, fact: Draft) -> bool:
        """Whether the judge must have answered before this is told."""
        match fact:
            case DraftDone(reply=number, status=status) if _is_open(floor, number):
                ends = self._ending.waits(fact)  # asked together with what is left of the text
                return ends or (status == "completed" and self._writing.waits)
            case DraftSummary(summary=summary) if summary.summary > floor.summaries:
                return self._whole.waits(Target(summary=summary.summary), notes.whole(self._screen, summary))
            case RepliesEnded():
                return self.owes
            case _:
                return False

    def _draft(self, floor: Floor, entry: str, fact: Draft) -> Step:
        match fact:
            case DraftStarted():
                return self._begun(floor, fact)
            case DraftDelta(reply=number, text=text):
                return (
                    self._shown(floor, self._writing.feed(entry, text))
                    if _is_open(floor, number)
                    else (floor, [])
                )
            case DraftDone(reply=number):
                return self._done(floor, fact) if _is_open(floor, number) else (floor, [])
            case RepliesEnded():
                return replies.over(floor, self.text)
            case DraftSummary():
                return self._summed(floor, fact)
            case DraftAlert() | DraftChecklist():
                return notes.told(self._screen, floor, fact)

    def _summed(self, floor: Floor, fact: DraftSummary) -> Step:
        """With what the judge found; where it comes behind all that is shown, it is owed."""
        before, number = floor.summaries, fact.summary.summary
        floor, events = notes.told(self._screen, floor, fact, self._whole.found)
        if number > before and self._conduct.mode == "stream_first":
            events += self.owe(Target(summary=number), notes.whole(self._screen, fact.summary))
        return floor, events

    def _begun(self, floor: Floor, fact: DraftStarted) -> Step:
        left: list[Event] = []
        if fact.reply > floor.replied:
            floor, left = self.after(floor, replies.failed(floor, self.text, replies.DROPPED))
            self._writing, self._ending = self._fresh()
        floor, events = replies.begun(floor, fact)
        return floor, [*left, *events]

    def _shown(self, floor: Floor, release: Release) -> Step:
        floor, events = replies.shown(floor, release.text, release.judged, self._screen.ref)
        if release.blocked:
            floor, end = self.after(floor, replies.blocked(floor, self.text))
            events += end
        return floor, events

    def _done(self, floor: Floor, fact: DraftDone) -> Step:
        clean, found = self._ending.told(fact, len(self.text))
        return self.after(floor, replies.done(floor, clean, self.text, self._screen.ref, found))

    def _fresh(self) -> tuple[Writing, Ending]:
        return Writing(self._screen, self._conduct), Ending(self._screen, self._conduct)

    def after(self, before: Floor, step: Step) -> Step:
        """A step that may have ended the open reply: what the judge has not passed of what was shown is owed."""
        floor, events = step
        reply = before.reply
        if reply is None or floor.reply is not None:
            return floor, events
        writing = self._writing
        self._writing, self._ending = self._fresh()
        return floor, events + self.owe(reply.target, writing.text, writing.unasked)

    # ---- the judge -----------------------------------------------------------------------------------------

    def owe(self, target: Target, text: str, checked: int = 0) -> list[Event]:
        """`text` was told, and is judged behind it from code point `checked` on, and once more as a whole."""
        return self._told([*self._behind.owe(target, text, checked), *self._after.owe(target, text)])

    def asks(self, floor: Floor) -> list[Ask]:
        """What the judge is to be asked now; each is answered once, whatever comes of it."""
        target = floor.reply.target if floor.reply else None
        ask = self._writing.due(target) if target and target not in self._asking else None
        new = [*([ask] if ask else []), *self._whole.due(self._asking), *self._behind.due(self._asking)]
        self._asking |= {one.target for one in new}
        if target and (end := self._ending.due(target)):
            new.append(end)
        if floor.reply and not floor.ended:
            return new  # a reply has the right of way
        yet = {one.target for one in self._behind.owed}  # their text may be taken back
        after = self._after.due(self._asking_after | yet)
        self._asking_after |= {one.target for one in after}
        return [*new, *after]

    def answered(self, floor: Floor, ask: Ask, answer: Answer) -> Step:
        """What follows from an answer."""
        if not ask.ending:
            (self._asking_after if ask.after else self._asking).discard(ask.target)
        open_now = floor.reply is not None and floor.reply.target == ask.target
        if ask.ending:
            events = list[Event]()
            if open_now:
                self._ending.answered(answer)
        elif ask.after:
            events = self._told(self._after.answered(ask, answer))
        elif open_now:
            floor, events = self._shown(floor, self._writing.answered(ask, answer))
        else:
            self._whole.answered(ask, answer)
            told = self._behind.answered(ask, answer)
            for target, one in ((target, one) for target, judged in told for one in judged):
                if one.action == "retract":
                    self._after.changed(target, one.span[0], one.replacement or "")
            events = self._told(told)
        floor, more = self.take(floor, [])
        return floor, events + more

    def given_up(self) -> list[Event]:
        """Nobody waits any longer for what the judge owes."""
        return self._told([*self._behind.given_up(), *self._after.given_up()])

    def _told(self, told: Told) -> list[Event]:
        return [event for target, judged in told for event in verdicts(target, judged, 0, self._screen.ref)]


def _is_open(floor: Floor, number: int) -> bool:
    return floor.reply is not None and floor.reply.reply == number
