"""Who has the floor: segments, turns and replies, their numbers and their order in the log. Pure.

`Floor` is all that has to be known to go on after a restart: numbers and marks, never text. Each function takes a floor and
something that happened, and gives the floor after it and the events to append, in order.

Rules:
- A channel has at most one open segment; a final closes it, and the next partial or final opens the next number.
- A turn is all finals of a channel since its last endpoint; a typed message is a turn of its own.
- One reply is open at most. In mode `chat` speech, a typed message or a cancel ends it at once as it was shown; what the
  responder still writes of it is dropped. A cancel while a reply is due but has not begun ends it as it begins.
- After `audio.ended`, `session.ended` comes when no reply can come any more, or when its deadline has passed.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from moderation.gate import Judged
from streaming.events import (
    AudioEnded,
    ChannelAccount,
    EndReason,
    Event,
    Mode,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    ReplyStatus,
    SessionEnded,
    Target,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
    TurnReason,
)
from streaming.facts import DraftDone, DraftStarted, HeardFinal, HeardPartial

LATE = "The reply did not come in time."
DROPPED = "The reply was broken off and begun again."


class Reply(Struct, frozen=True):
    """The open reply: `shown` code points of it were shown; `judged`: a verdict about it was told."""

    reply: int
    answers: int
    made_by: str
    shown: int = 0
    judged: bool = False


class Floor(Struct, frozen=True, omit_defaults=True):
    """Where a session stands.

    `open`: the number of each channel's open segment; `said`: the segments of each channel's turn so far. `last_ms`: the
    latest end of a final. `replied`: the last reply's number; `muted`: replies to turns up to this one are not wanted.
    `ended`: `audio.ended` is in the log; `deadline_ms`: wall clock by which the session must end then.
    """

    mode: Mode = "transcribe"
    segments: int = 0
    turns: int = 0
    open: dict[int, int] = {}
    said: dict[int, list[int]] = {}
    last_ms: int = 0
    replied: int = 0
    answered: int = 0
    muted: int = 0
    reply: Reply | None = None
    ended: bool = False
    reason: EndReason = "client"
    accounting: list[ChannelAccount] = []
    deadline_ms: int = 0
    over: bool = False


Step = tuple[Floor, list[Event]]


# ---- what was said -----------------------------------------------------------------------------------------------------


def opened(floor: Floor, channel: int) -> tuple[Floor, int]:
    """The channel's open segment, opened if there is none."""
    if channel in floor.open:
        return floor, floor.open[channel]
    number = floor.segments + 1
    return replace(floor, segments=number, open={**floor.open, channel: number}), number


def growing(floor: Floor, heard: HeardPartial, text: str, stable: int) -> Step:
    """A partial, as it may be shown."""
    floor, segment = opened(floor, heard.channel)
    return floor, [
        TranscriptPartial(
            channel=heard.channel,
            segment=segment,
            revision=heard.revision,
            text=text,
            stable=stable,
            lag_ms=heard.lag_ms,
        )
    ]


def closed(floor: Floor, channel: int) -> Floor:
    """The channel's open segment had nothing in it: its number is not used again."""
    return replace(floor, open={key: number for key, number in floor.open.items() if key != channel})


def said(floor: Floor, final: HeardFinal, judged: Sequence[Judged], made_by: str) -> Step:
    """A final, masked, with its verdicts behind it."""
    channel = final.channel
    floor, segment = opened(floor, channel)
    floor = closed(floor, channel)
    floor = replace(
        floor,
        said={**floor.said, channel: [*floor.said.get(channel, []), segment]},
        last_ms=max(floor.last_ms, final.end_ms),
    )
    event = TranscriptFinal(
        channel=channel,
        segment=segment,
        text=final.text,
        start_ms=final.start_ms,
        end_ms=final.end_ms,
        words=final.words,
        language=final.language,
        confidence=final.confidence,
        made_by=final.made_by,
        lag_ms=final.lag_ms,
    )
    return floor, [event, *verdicts(Target(segment=segment), judged, len(final.text), made_by)]


def turned(floor: Floor, channel: int, reason: TurnReason) -> Step:
    """The channel's speaker is done; a turn of no words is none."""
    segments = floor.said.get(channel, [])
    if not segments:
        return floor, []
    rest = {key: numbers for key, numbers in floor.said.items() if key != channel}
    floor = replace(floor, turns=floor.turns + 1, said=rest)
    return floor, [TurnEnded(turn=floor.turns, channel=channel, segments=segments, reason=reason)]


def typed(floor: Floor, text: str, judged: Sequence[Judged], made_by: str) -> Step:
    """A typed message: a final and a turn of its own, at the place where the speech has come to."""
    segment, turn, at = floor.segments + 1, floor.turns + 1, floor.last_ms
    final = TranscriptFinal(
        channel=0,
        segment=segment,
        text=text,
        start_ms=at,
        end_ms=at,
        words=[],
        language="",
        confidence=1.0,
        made_by="",
        source="text",
    )
    told = verdicts(Target(segment=segment), judged, len(text), made_by)
    ended = TurnEnded(turn=turn, channel=0, segments=[segment], reason="text")
    return replace(floor, segments=segment, turns=turn), [final, *told, ended]


def verdicts(target: Target, judged: Sequence[Judged], size: int, made_by: str) -> list[Event]:
    """What was found, one verdict each; a single `pass` over all of it when nothing was."""
    told = judged or [Judged((0, size), "pass", ())]
    return [
        ModerationVerdict(
            target=target,
            span=one.span,
            action=one.action,
            categories=list(one.categories),
            score=0.0 if one.action == "pass" else 1.0,
            latency_ms=0.0,
            made_by=made_by,
            replacement=one.replacement,
        )
        for one in told
    ]


# ---- replies -----------------------------------------------------------------------------------------------------------


def begun(floor: Floor, started: DraftStarted) -> Step:
    """The responder begins a reply; one that it left open before has failed."""
    if started.reply <= floor.replied:
        return floor, []
    floor, left = failed(floor, "", DROPPED) if floor.reply else (floor, [])
    reply = Reply(reply=started.reply, answers=started.answers, made_by=started.made_by)
    floor = replace(floor, replied=started.reply, answered=max(floor.answered, started.answers), reply=reply)
    event = ReplyStarted(reply=started.reply, answers=started.answers, made_by=started.made_by)
    floor, over = cancelled(floor, "") if started.answers <= floor.muted else (floor, [])
    return floor, [*left, event, *over]


def shown(floor: Floor, text: str, judged: Sequence[Judged], made_by: str) -> Step:
    """More of the open reply may be shown, replacements in it."""
    reply = floor.reply
    assert reply is not None, "only an open reply is shown"
    events: list[Event] = []
    if text:
        events.append(ReplyDelta(reply=reply.reply, text=text, offset=reply.shown))
    if judged:
        events += verdicts(Target(reply=reply.reply), judged, 0, made_by)
    now = replace(reply, shown=reply.shown + len(text), judged=reply.judged or bool(judged))
    return replace(floor, reply=now), events


def done(floor: Floor, end: DraftDone, text: str, made_by: str) -> Step:
    """The open reply is over, `text` is all of it as it was shown."""
    reply = floor.reply
    if reply is None or reply.reply != end.reply:
        return floor, []
    told: list[Event] = []
    if not reply.judged and end.status == "completed":
        told = verdicts(Target(reply=reply.reply), [], reply.shown, made_by)
    event = ReplyDone(
        reply=reply.reply,
        answers=reply.answers,
        status=end.status,
        text=text,
        made_by=reply.made_by,
        usage=end.usage,
        timing=end.timing,
        error=end.error,
    )
    return replace(floor, reply=None), [*told, event]


def _broken(floor: Floor, text: str, status: ReplyStatus, error: str | None = None) -> Step:
    reply = floor.reply
    if reply is None:
        return floor, []
    end = DraftDone(reply.reply, reply.answers, status, reply.made_by, error=error)
    return done(floor, end, text, "")


def cancelled(floor: Floor, text: str) -> Step:
    """The open reply, if there is one, ends as it was shown."""
    return _broken(floor, text, "cancelled")


def blocked(floor: Floor, text: str) -> Step:
    """The open reply came to something that must not be shown."""
    return _broken(floor, text, "blocked")


def failed(floor: Floor, text: str, error: str) -> Step:
    """The open reply will not be completed."""
    return _broken(floor, text, "failed", error)


def unwanted(floor: Floor, number: int | None, text: str) -> Step:
    """The client cancels a reply: by its number, or (None) whichever is open or due."""
    if floor.reply is not None:
        return cancelled(floor, text) if number in (None, floor.reply.reply) else (floor, [])
    due = number is None or number > floor.replied
    return (replace(floor, muted=floor.turns), []) if due and floor.turns > floor.answered else (floor, [])


# ---- the end -----------------------------------------------------------------------------------------------------------


def silent(floor: Floor, accounting: list[ChannelAccount], reason: EndReason, deadline_ms: int) -> Step:
    """No more sound or text will come; what was said and not ended is a turn."""
    events: list[Event] = []
    for channel in sorted(floor.said):
        floor, turn = turned(floor, channel, "end")
        events += turn
    floor = replace(floor, ended=True, accounting=accounting, reason=reason, deadline_ms=deadline_ms, open={})
    events.append(AudioEnded(accounting=accounting, reason=reason))
    floor, end = (floor, []) if floor.mode == "chat" else over(floor, "")
    return floor, [*events, *end]


def over(floor: Floor, text: str) -> Step:
    """Nothing more can come: a reply that is still open has failed, and the session ends."""
    if not floor.ended or floor.over:
        return floor, []
    floor, left = failed(floor, text, LATE)
    return replace(floor, over=True), [*left, SessionEnded(reason=floor.reason, accounting=floor.accounting)]
