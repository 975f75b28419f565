"""What is suggested, summed up and told, and when: the decisions of mode `assist`, pure.

`Place` is the checkpoint as it stands in Redis: numbers alone. Each function takes a place and something that happened,
and gives the new place and what to write into the draft.

Rules:
- Each turn of the customer is worked on in steps: a quick answer, a better one, what to say or ask next. A newer turn
  of the customer ends the work on the one before, and so does the resumption of its own; the agent's speech does not.
- One suggestion is open at most. What is brought for a step that is not the present one is dropped.
- A suggestion that its client cancelled ends the work on its turn; one that was blocked, its own step.
- Summaries are made when no step is under way.
- After `audio.ended` the steps that are under way may end, then the wrap-up is made; `RepliesEnded` is written once,
  when there is nothing left to do, or no time.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from llm.assist.airtime import Heard
from streaming.answers import CUSTOMER, Alert, Checklist, ReplyStatus, SuggestionKind, Summary, SummaryKind
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
from streaming.events import AudioEnded, Event, SessionEnded, SuggestionDone, TurnEnded, TurnResumed
from streaming.parts import Citation, Section, Usage

INTERRUPTED = "The suggestion was interrupted; it is being made again."

Step = Literal["quick", "answer", "next", "done"]
FOLLOWS: dict[Step, Step] = {"quick": "answer", "answer": "next", "next": "done", "done": "done"}

Work = tuple[int, Step]
"""A step of the work on a turn."""


class Place(Struct, frozen=True, omit_defaults=True):
    """Where a session stands: all up to `after` of the log is dealt with.

    `turn` is the customer's last one, and `step` the one that is under way for it. `number`: the last suggestion's;
    `open`: it is being written, of `kind`, by `made_by`, in place of `supersedes`. `quick`: the number of the turn's
    quick answer. `latest`: the last turn of anybody. `items`: in which turn a checklist item was suggested last.
    `summed`: the last turn that a summary covers; `summed_ms`: when it was made. `silence`: from where dead air was
    told last. `ending_ms`: when `audio.ended` came (wall clock); `wrapped`: the wrap-up is made, or given up.
    `ticked`: what of the checklist was told to be said.
    """

    after: str = "0-0"
    turn: int = 0
    step: Step = "done"
    number: int = 0
    open: bool = False
    kind: SuggestionKind = "answer"
    made_by: str = ""
    supersedes: int = 0
    quick: int = 0
    latest: int = 0
    items: dict[int, int] = {}
    summaries: int = 0
    summed: int = 0
    summed_ms: int = 0
    alerts: int = 0
    silence: int = -1
    ending_ms: int = 0
    wrapped: bool = False
    ticked: int = -1
    over: bool = False

    @property
    def work(self) -> Work:
        """What is under way."""
        return self.turn, self.step


Decided = tuple[Place, list[Draft]]


class Outcome(Struct, frozen=True):
    """How a suggestion ended."""

    error: str | None = None
    citations: list[Citation] = []
    usage: Usage | None = None
    timing: dict[str, int] = {}
    flags: list[str] = []


def heard(place: Place, entry_id: str, event: Event, now_ms: int) -> Decided:
    """The log's next event, read at `now_ms` (wall clock)."""
    place = replace(place, after=entry_id)
    match event:
        case TurnEnded(turn=turn, channel=channel):
            if not event.eager:
                place = replace(place, latest=max(place.latest, turn), summed_ms=place.summed_ms or now_ms)
            if channel != CUSTOMER or turn <= place.turn:
                return place, []
            place, left = _broken(place, "cancelled")
            return replace(place, turn=turn, step="quick", quick=0), left
        case TurnResumed(turn=turn) if turn == place.turn:
            place, left = _broken(place, "cancelled")
            return replace(place, step="done"), left
        case SuggestionDone(suggestion=number, status=status) if place.open and number == place.number:
            step: Step = "done" if status == "cancelled" else FOLLOWS[place.step]
            return replace(place, open=False, step=step), []
        case AudioEnded():
            return replace(place, ending_ms=now_ms), []
        case SessionEnded():
            return replace(place, open=False, step="done", over=True), []
        case _:
            return place, []


def begun(place: Place, work: Work, kind: SuggestionKind, made_by: str) -> Decided:
    """A suggestion of the present step begins; an answer that is not the quick one takes its place."""
    if work != place.work:
        return place, []
    place, left = _broken(place, "failed", Outcome(error=INTERRUPTED))
    supersedes = place.quick if kind == "answer" and place.step == "answer" else 0
    quick = place.number + 1 if place.step == "quick" else place.quick
    place = replace(
        place,
        number=place.number + 1,
        open=True,
        kind=kind,
        made_by=made_by,
        supersedes=supersedes,
        quick=quick,
    )
    told = DraftStarted(place.number, place.turn, made_by, kind, supersedes or None)
    return place, [*left, told]


def wrote(place: Place, work: Work, text: str) -> Decided:
    """More of its text."""
    current = place.open and work == place.work
    return place, [DraftDelta(place.number, text)] if current else []


def ended(place: Place, work: Work, outcome: Outcome) -> Decided:
    """It is whole, or failed."""
    if not place.open or work != place.work:
        return place, []
    return _broken(place, "failed" if outcome.error else "completed", outcome)


def failed(place: Place, work: Work, made_by: str, error: str) -> Decided:
    """A step failed: the suggestion that is open, or one that would have begun."""
    if work != place.work:
        return place, []
    begin: list[Draft] = []
    if not place.open:
        kind: SuggestionKind = "question" if place.step == "next" else "answer"
        place, begin = begun(place, work, kind, made_by)
    place, end = _broken(place, "failed", Outcome(error=error))
    return place, [*begin, *end]


def suggested(place: Place, work: Work, item: int) -> Place:
    """The checklist's `item` was suggested just now."""
    return replace(place, items={**place.items, item: place.turn}) if work == place.work else place


def stepped(place: Place, work: Work) -> Decided:
    """All of a step was brought."""
    if work != place.work:
        return place, []
    place, left = _broken(place, "failed", Outcome(error=INTERRUPTED))
    return replace(place, step=FOLLOWS[place.step]), left


def restarted(place: Place, found: Place) -> Decided:
    """Somebody before us left a suggestion open, and nothing has ended it since: it is failed, its step made again."""
    if not (found.open and place.open and place.number == found.number):
        return place, []
    return _broken(place, "failed", Outcome(error=INTERRUPTED))


def alerted(place: Place, alert: Heard) -> Decided:
    """Something to be told at once. Dead air that was told by a timer is not told again by a successor."""
    if alert.kind == "dead_air":
        if alert.from_ms <= place.silence:
            return place, []
        place = replace(place, silence=alert.from_ms)
    place = replace(place, alerts=place.alerts + 1)
    found = (alert.from_ms, alert.to_ms, alert.channel, alert.segment, alert.value)
    told = Alert(place.alerts, alert.kind, alert.name, *found)
    return place, [DraftAlert(told)]


def ticked(place: Place, checklist: Checklist) -> Decided:
    """What was said of the checklist, if that is news; an empty one never is."""
    if not checklist.items or checklist.ticked <= place.ticked:
        return place, []
    return replace(place, ticked=checklist.ticked), [DraftChecklist(checklist)]


def summed(
    place: Place, kind: SummaryKind, up_to: int, sections: list[Section], made: tuple[str, int]
) -> Decided:
    """A summary was made (by whom, when); no sections: it was not, and is not tried again before the next is due."""
    made_by, now_ms = made
    place = replace(
        place, summed=max(place.summed, up_to), summed_ms=now_ms, wrapped=place.wrapped or kind == "wrapup"
    )
    if not sections:
        return place, []
    place = replace(place, summaries=place.summaries + 1)
    return place, [DraftSummary(Summary(place.summaries, kind, up_to, sections, made_by))]


def closed(place: Place, now_ms: int, wrapup_ms: int) -> Decided:
    """After `audio.ended`: nothing is left to do, or there is no time left."""
    if not place.ending_ms or place.over:
        return place, []
    if now_ms < place.ending_ms + wrapup_ms and not (place.step == "done" and place.wrapped):
        return place, []
    place, left = _broken(place, "cancelled")
    return replace(place, step="done", over=True), [*left, RepliesEnded()]


def _broken(place: Place, status: ReplyStatus, outcome: Outcome = Outcome()) -> Decided:  # noqa: B008 - frozen
    if not place.open:
        return place, []
    done = DraftDone(
        reply=place.number,
        answers=place.turn,
        status=status,
        made_by=place.made_by,
        usage=outcome.usage,
        timing=outcome.timing,
        error=outcome.error,
        citations=outcome.citations,
        flags=outcome.flags,
    )
    return replace(place, open=False), [done]
