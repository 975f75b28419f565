"""Replies and the session's end, as the floor sees them: who may speak, and when nobody will any more. Pure.

Rules:
- One reply is open at most, or one suggestion, which has the same life. In mode `chat` speech, a typed message or a
  cancel ends it at once as it was shown; what the responder still writes of it is dropped. Speech, or a cancel, while a
  reply is due but has not begun ends it as it begins. In mode `assist` only a cancel does.
- After `audio.ended`, `session.ended` comes when no reply can come any more, or when its deadline has passed.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from moderation import eager
from moderation.floor import Floor, Reply, Step, verdicts
from moderation.gate import Judged
from streaming.answers import ReplyStatus
from streaming.drafts import DraftDone, DraftStarted
from streaming.events import (
    AudioEnded,
    ChannelAccount,
    EndReason,
    Event,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SessionEnded,
    SuggestionDelta,
    SuggestionDone,
    SuggestionStarted,
)

LATE = "The reply did not come in time."
DROPPED = "The reply was broken off and begun again."


def begun(floor: Floor, started: DraftStarted) -> Step:
    """The responder begins a reply; no other is open. A number that was there before is an echo of the past."""
    if started.reply <= floor.replied:
        return floor, []
    reply = Reply(
        reply=started.reply,
        answers=started.answers,
        made_by=started.made_by,
        kind=started.kind,
        supersedes=started.supersedes,
    )
    floor = replace(floor, replied=started.reply, answered=max(floor.answered, started.answers), reply=reply)
    floor = replace(floor, taken=[turn for turn in floor.taken if turn > floor.answered])
    event = _opening(reply)
    floor, unheard = cancelled(floor, "") if started.answers <= floor.muted else (floor, [])
    return floor, [event, *unheard]


def _opening(reply: Reply) -> Event:
    if reply.kind == "reply":
        return ReplyStarted(reply=reply.reply, answers=reply.answers, made_by=reply.made_by)
    return SuggestionStarted(
        suggestion=reply.reply,
        answers=reply.answers,
        kind=reply.kind,
        made_by=reply.made_by,
        supersedes=reply.supersedes,
    )


def shown(floor: Floor, text: str, judged: Sequence[Judged], made_by: str) -> Step:
    """More of the open reply may be shown, replacements in it."""
    reply = floor.reply
    assert reply is not None, "only an open reply is shown"
    events: list[Event] = []
    if text:
        delta = ReplyDelta if reply.kind == "reply" else SuggestionDelta
        events.append(delta(reply.reply, text=text, offset=reply.shown))
    if judged:
        events += verdicts(reply.target, judged, 0, made_by)
    now = replace(reply, shown=reply.shown + len(text), judged=reply.judged or bool(judged))
    return replace(floor, reply=now), events


def done(floor: Floor, end: DraftDone, text: str, made_by: str, judged: Sequence[Judged] = ()) -> Step:
    """The open reply is over, `text` is all of it as it was shown; `judged`: what was found in its sources and error.
    What was kept out of what it was made from is flagged, by whoever made it."""
    reply = floor.reply
    if reply is None or reply.reply != end.reply:
        return floor, []
    told: list[Event] = []
    if end.flags:
        flags = [Judged((0, reply.shown), "flag", tuple(end.flags), made_by=end.made_by)]
        told = verdicts(reply.target, flags, reply.shown, made_by)
    elif not reply.judged and end.status == "completed":
        told = verdicts(reply.target, [], reply.shown, made_by)
    if judged:
        told += verdicts(reply.target, judged, reply.shown, made_by)
    return replace(floor, reply=None), [*told, _closing(reply, end, text)]


def _closing(reply: Reply, end: DraftDone, text: str) -> Event:
    if reply.kind == "reply":
        return ReplyDone(
            reply=reply.reply,
            answers=reply.answers,
            status=end.status,
            text=text,
            made_by=end.made_by,
            citations=end.citations,
            usage=end.usage,
            timing=end.timing,
            error=end.error,
            cut=end.cut,
            function=end.function,
        )
    return SuggestionDone(
        suggestion=reply.reply,
        answers=reply.answers,
        kind=reply.kind,
        status=end.status,
        text=text,
        made_by=end.made_by,
        supersedes=reply.supersedes,
        citations=end.citations,
        usage=end.usage,
        timing=end.timing,
        error=end.error,
    )


def _broken(floor: Floor, text: str, status: ReplyStatus, error: str | None = None) -> Step:
    reply = floor.reply
    if reply is None:
        return floor, []
    end = DraftDone(reply.reply, reply.answers, status, reply.made_by, error=error)
    return done(floor, end, text, "")


def cancelled(floor: Floor, text: str) -> Step:
    """The open reply, if there is one, ends as it was shown."""
    return _broken(floor, text, "cancelled")


def interrupted(floor: Floor, text: str) -> Step:
    """Somebody speaks: the open reply ends as it was shown, and one that is due as it begins. A turn that has ended
    eagerly is not sure yet: it is taken back, and will have its reply when it ends."""
    floor, taken = eager.resumed(floor)
    floor, end = cancelled(replace(floor, muted=max(floor.muted, floor.turns)), text)
    return floor, [*taken, *end]


def blocked(floor: Floor, text: str) -> Step:
    """The open reply came to something that must not be shown."""
    return _broken(floor, text, "blocked")


def failed(floor: Floor, text: str, error: str) -> Step:
    """The open reply will not be completed."""
    return _broken(floor, text, "failed", error)


def unwanted(floor: Floor, number: int | None, text: str) -> Step:
    """The client cancels a reply: by its number, or (None) whichever is open or due."""
    reply = floor.reply
    if reply is not None:
        if number not in (None, reply.reply):
            return floor, []
        # A responder that is made anew makes an open reply again: it is not wanted then either.
        muted = floor.turns if number is None else reply.answers
        return cancelled(replace(floor, muted=max(floor.muted, muted)), text)
    due = number is None or number > floor.replied
    return (replace(floor, muted=floor.turns), []) if due and floor.turns > floor.answered else (floor, [])


# ---- the end -----------------------------------------------------------------------------------------------


def silent(floor: Floor, accounting: list[ChannelAccount], reason: EndReason, deadline_ms: int) -> Step:
    """No more sound or text will come; what was said and not ended is a turn."""
    events: list[Event] = []
    for channel in sorted(floor.said):
        floor, turn = eager.turned(floor, channel, "end")
        events += turn
    floor, taken = eager.resumed(floor)
    events += taken
    floor = replace(floor, ended=True, accounting=accounting, reason=reason, deadline_ms=deadline_ms, open={})
    return floor, [*events, AudioEnded(accounting=accounting, reason=reason)]


def over(floor: Floor, text: str) -> Step:
    """Nothing more can come: a reply that is still open has failed, and the session ends."""
    if not floor.ended or floor.over:
        return floor, []
    floor, left = failed(floor, text, LATE)
    return replace(floor, over=True), [*left, SessionEnded(reason=floor.reason, accounting=floor.accounting)]
