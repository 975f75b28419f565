"""When a reply is begun, broken off and done: the responder's decisions, pure.

`Place` is all that has to be known to go on after a restart, and is the checkpoint as it stands in Redis; it holds
numbers, no text. Each function takes a place and something that happened, and gives the new place and what to write
into the draft. The shell lets the engine work on `place.open`, whichever reply that is, and on nothing else.

Rules:
- Every turn of the log begins a reply, once: turns are numbered, and `answered` is the last one that was taken.
- At most one reply is open. A newer turn, or the start of speech, cancels it; so does the resumption of its own turn.
- A turn that ended eagerly is answered as any; when it ends once more, its reply is the right one already.
- A `reply.done` of the open reply in the log means that the moderator ended it: nothing more is written about it.
- What the engine brings for a reply that is not open is dropped.
- When the log says `audio.ended` and no reply is open, `RepliesEnded` is written, once.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from streaming.answers import ReplyStatus
from streaming.drafts import Draft, DraftDelta, DraftDone, DraftStarted, RepliesEnded
from streaming.events import AudioEnded, Event, ReplyDone, SessionEnded, SpeechStarted, TurnEnded, TurnResumed
from streaming.parts import Citation, Usage

INTERRUPTED = "The reply was interrupted; it is being made again."


class Place(Struct, frozen=True):
    """Where the responder is in a session: all up to `after` of the log is dealt with.

    `reply` is the last number given; `open`: it is under way, as the answer to turn `answered`. `ending`: no more turns
    will come. `over`: nothing is left to do. `ours` refers to the model that answers from now on, `made_by` to the one
    of the reply that is open. `eager`: that turn may yet be taken back. `called`: the last turn in which a tool was
    called, or was about to be.
    """

    ours: str
    made_by: str = ""
    after: str = "0-0"
    reply: int = 0
    answered: int = 0
    open: bool = False
    ending: bool = False
    over: bool = False
    eager: bool = False
    called: int = 0


Step = tuple[Place, list[Draft]]
Permit = Literal["granted", "wait", "spent", "gone"]


class Outcome(Struct, frozen=True):
    """How the engine's work on a reply ended: `error` says why it failed, if it did; `made_by` who made it after all,
    "" when nobody else than was thought at its beginning; `cut` and `function`: see ReplyDone;
    `citations`: where it comes from; `flags`: see DraftDone."""

    error: str | None = None
    usage: Usage | None = None
    timing: dict[str, int] = {}
    made_by: str = ""
    cut: bool = False
    citations: list[Citation] = []
    flags: list[str] = []
    function: str = ""


def heard(place: Place, entry_id: str, event: Event) -> Step:
    """The log's next event."""
    place = replace(place, after=entry_id)
    match event:
        case TurnEnded(turn=turn, eager=eager) if turn > place.answered:
            place, cancelled = _cancelled(place)
            place, begun = _begun(replace(place, eager=eager), turn)
            return place, [*cancelled, *begun]
        case TurnEnded(turn=turn, eager=False) if turn == place.answered:
            return replace(place, eager=False), []
        case TurnResumed(turn=turn) if turn == place.answered:
            return _closing(*_cancelled(place))
        case SpeechStarted():
            return _closing(*_cancelled(place))
        case ReplyDone(reply=reply) if reply == place.reply and place.open:
            return _closing(replace(place, open=False), [])
        case AudioEnded():
            return _closing(replace(place, ending=True), [])
        case SessionEnded():
            return replace(place, open=False, ending=True, over=True), []
        case _:
            return place, []


def wrote(place: Place, reply: int, text: str) -> Step:
    """The engine brought text of `reply`."""
    return place, [DraftDelta(reply=reply, text=text)] if _current(place, reply) else []


def ended(place: Place, reply: int, outcome: Outcome) -> Step:
    """The engine is done with `reply`, well or not."""
    if not _current(place, reply):
        return place, []
    done = _done(place, "failed" if outcome.error else "completed", outcome)
    return _closing(replace(place, open=False), [done])


def permitted(place: Place, reply: int, once: bool) -> tuple[Place, Permit]:
    """Whether the work on `reply` may call a tool now; `once`: it does something, which must not be done twice.

    Not while the turn may yet be taken back; not after it was; not when it was done before a restart.
    """
    if not _current(place, reply):
        return place, "gone"
    if place.eager:
        return place, "wait"
    if not once:
        return place, "granted"
    if place.called >= place.answered:
        return place, "spent"
    return replace(place, called=place.answered), "granted"


def restarted(place: Place, found: Place) -> Step:
    """Somebody before us left the reply of `found` open, and what stands in the log since then did not end it.

    Its text is lost: it is failed in so many words, and made again under a new number.
    """
    if not (found.open and place.open and place.reply == found.reply):
        return place, []
    failed = _done(place, "failed", Outcome(error=INTERRUPTED))
    place, begun = _begun(place, place.answered)
    return place, [failed, *begun]


def joined(facts: Sequence[Draft]) -> list[Draft]:
    """The same facts, with words of one reply that follow each other in one."""
    out: list[Draft] = []
    for fact in facts:
        last = out[-1] if out else None
        if isinstance(fact, DraftDelta) and isinstance(last, DraftDelta) and last.reply == fact.reply:
            out[-1] = DraftDelta(reply=fact.reply, text=last.text + fact.text)
        else:
            out.append(fact)
    return out


def _current(place: Place, reply: int) -> bool:
    return place.open and reply == place.reply


def _begun(place: Place, turn: int) -> Step:
    place = replace(place, reply=place.reply + 1, answered=turn, made_by=place.ours, open=True)
    return place, [DraftStarted(reply=place.reply, answers=turn, made_by=place.made_by)]


def _cancelled(place: Place) -> Step:
    if not place.open:
        return place, []
    return replace(place, open=False), [_done(place, "cancelled", Outcome())]


def _done(place: Place, status: ReplyStatus, outcome: Outcome) -> Draft:
    return DraftDone(
        reply=place.reply,
        answers=place.answered,
        status=status,
        made_by=outcome.made_by or place.made_by,
        usage=outcome.usage,
        timing=outcome.timing,
        error=outcome.error,
        cut=outcome.cut,
        citations=outcome.citations,
        flags=outcome.flags,
        function=outcome.function,
    )


def _closing(place: Place, facts: list[Draft]) -> Step:
    if place.ending and not place.open and not place.over:
        return replace(place, over=True), [*facts, RepliesEnded()]
    return place, facts
