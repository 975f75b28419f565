"""Who has the floor: the numbers of segments and turns, and their order in the log. Pure; replies: replies.py.

`Floor` is all that has to be known to go on after a restart: numbers and marks, never text. Each function takes a
floor and something that happened, and gives the floor after it and the events to append, in order.

Rules:
- A channel has at most one open segment; a final closes it, and the next partial or final opens the next number.
- A turn is all finals of a channel since its last endpoint; a typed message is a turn of its own.
- At most one turn has ended eagerly and is not decided: eager.py.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from moderation.gate import Judged
from streaming.drafts import DraftKind
from streaming.events import (
    ChannelAccount,
    ContextGiven,
    EndReason,
    Event,
    Mode,
    ModerationVerdict,
    Target,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
    TurnReason,
)
from streaming.facts import Given, HeardFinal, HeardPartial


class Reply(Struct, frozen=True):
    """The open reply, or suggestion (`kind`): `shown` code points of it were shown; `judged`: a verdict about it was
    told."""

    reply: int
    answers: int
    made_by: str
    shown: int = 0
    judged: bool = False
    kind: DraftKind = "reply"
    supersedes: int | None = None

    @property
    def target(self) -> Target:
        """What a verdict about it is about."""
        return Target(reply=self.reply) if self.kind == "reply" else Target(suggestion=self.reply)


class Eager(Struct, frozen=True):
    """The turn that has ended eagerly: `expected` are the finals that confirm it, `heard` those that came since."""

    turn: int
    channel: int
    expected: str
    heard: str = ""


class Floor(Struct, frozen=True, omit_defaults=True):
    """Where a session stands.

    `open`: the number of each channel's open segment; `grown`: channels whose open segment was shown as it grew;
    `said`: the segments of each channel's turn so far. `last_ms`: the latest end of a final. `replied`: the last
    reply's (or suggestion's) number, `answered`: the last turn that had one; `muted`: replies to turns up to this one
    are not wanted. `summaries`, `alerts`: the last number of each. `ticked`: what of the
    checklist was told to be said.
    `eager`: the turn that may yet be taken back; `taken`: those that were, and to which a reply may yet begin.
    `ended`: `audio.ended` is in the log; `deadline_ms`: wall clock by which the session must end then. `over`:
    `session.ended` is there too.
    """

    mode: Mode = "transcribe"
    segments: int = 0
    turns: int = 0
    open: dict[int, int] = {}
    grown: list[int] = []
    said: dict[int, list[int]] = {}
    last_ms: int = 0
    replied: int = 0
    answered: int = 0
    muted: int = 0
    summaries: int = 0
    alerts: int = 0
    ticked: int = -1
    reply: Reply | None = None
    eager: Eager | None = None
    taken: list[int] = []
    ended: bool = False
    reason: EndReason = "client"
    accounting: list[ChannelAccount] = []
    deadline_ms: int = 0
    over: bool = False


Step = tuple[Floor, list[Event]]


def opened(floor: Floor, channel: int) -> tuple[Floor, int]:
    """The channel's open segment, opened if there is none."""
    if channel in floor.open:
        return floor, floor.open[channel]
    number = floor.segments + 1
    return replace(floor, segments=number, open={**floor.open, channel: number}), number


def growing(floor: Floor, heard: HeardPartial, text: str, stable: int) -> Step:
    """A partial, as it may be shown."""
    floor, segment = opened(floor, heard.channel)
    floor = replace(floor, grown=sorted({*floor.grown, heard.channel}))
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
    """The channel has no open segment any more: its number is not used again."""
    rest = {key: number for key, number in floor.open.items() if key != channel}
    return replace(floor, open=rest, grown=[key for key in floor.grown if key != channel])


def taken_back(floor: Floor, blank: HeardFinal) -> Step:
    """The channel's open segment had nothing in it: if it was shown, a final without text says so, and no verdict."""
    segment = floor.open.get(blank.channel)
    grown = blank.channel in floor.grown
    floor = closed(floor, blank.channel)
    return floor, [
        _final(segment, replace(blank, text="", words=[]))
    ] if segment is not None and grown else []


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
    event = _final(segment, final)
    return floor, [event, *verdicts(Target(segment=segment), judged, len(final.text), made_by)]


def turned(floor: Floor, channel: int, reason: TurnReason) -> Step:
    """The channel's speaker is done; a turn of no words is none."""
    segments = floor.said.get(channel, [])
    if not segments:
        return floor, []
    rest = {key: numbers for key, numbers in floor.said.items() if key != channel}
    floor = replace(floor, turns=floor.turns + 1, said=rest)
    return floor, [TurnEnded(turn=floor.turns, channel=channel, segments=segments, reason=reason)]


def _final(segment: int, final: HeardFinal) -> TranscriptFinal:
    return TranscriptFinal(
        channel=final.channel,
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


def given(floor: Floor, message: Given, judged: Sequence[Judged], made_by: str) -> Step:
    """What was said elsewhere, masked: it has a number, and is nobody's turn."""
    segment = floor.segments + 1
    told = verdicts(Target(segment=segment), judged, len(message.text), made_by)
    return replace(floor, segments=segment), [ContextGiven(segment, message.role, message.text), *told]


def verdicts(target: Target, judged: Sequence[Judged], size: int, made_by: str) -> list[Event]:
    """What was found, one verdict each; a single `pass` over all of it when nothing was."""
    told = judged or [Judged((0, size), "pass", ())]
    return [
        ModerationVerdict(
            target=target,
            span=one.span,
            action=one.action,
            categories=list(one.categories),
            score=0.0 if one.action == "pass" else one.score,
            latency_ms=one.latency_ms,
            made_by=one.made_by or made_by,
            replacement=one.replacement,
        )
        for one in told
    ]
