"""What a supervisor sees of a session at a glance: its last words, what it is about, its alerts. Pure.

A glance is folded from the session's log, and from what the list of live sessions says of it.
"""

from collections.abc import Iterable
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from streaming.answers import Alert, AlertKind, ReplyDone, Summary
from streaming.events import (
    AgentNote,
    ModerationVerdict,
    SessionEnded,
    TranscriptFinal,
    TranscriptPartial,
)
from streaming.feed import Entry, place
from streaming.ingress.live import Live
from streaming.parts import Target, replaced

LAST: Final = 2
"""Speakers whose last words are shown, the last to speak first."""
SHOWN_ALERTS: Final = 4
LONGEST: Final = 400
"""Code points of a text that are shown: the end of what is said, the beginning of a summary."""

Told: TypeAlias = (
    TranscriptPartial
    | TranscriptFinal
    | ReplyDone
    | Summary
    | Alert
    | AgentNote
    | ModerationVerdict
    | SessionEnded
)
TOLD: Final = msgspec.json.Decoder(Told)
TAGS: Final = (
    "transcript.partial",
    "transcript.final",
    "reply.done",
    "summary",
    "alert",
    "agent.note",
    "moderation.verdict",
    "session.ended",
)
BEGIN: Final = tuple(f'{{"type":"{tag}"'.encode() for tag in TAGS)
"""How entries begin that change a glance."""


class Words(Struct, frozen=True):
    """What somebody said last: a `channel`, or the service's own reply (null). `final`: it does not change any more."""

    channel: int | None
    text: str
    final: bool
    number: int = 0


class Raised(Struct, frozen=True):
    """An alert, and when it was told (Unix ms)."""

    kind: AlertKind
    name: str
    at: int


class Glance(Struct, frozen=True):
    """`alerts`: the last ones, newest first, of `alerts_told` in all. `topic`: of the last alert of that kind;
    `summary`: how the last one begins. `notes`: how many words of supervisors went to the agent.
    `over`: its log has ended."""

    session: Live
    words: list[Words] = []
    topic: str = ""
    summary: str = ""
    alerts: list[Raised] = []
    alerts_told: int = 0
    notes: int = 0
    over: bool = False


def folded(glance: Glance, entries: Iterable[Entry]) -> Glance:
    """The glance after these entries of the log."""
    for entry in entries:
        if entry.body.startswith(BEGIN):
            glance = _after(glance, TOLD.decode(entry.body), place(entry.id)[0])
    return glance


def _after(glance: Glance, event: Told, at: int) -> Glance:
    match event:
        case TranscriptPartial(channel=channel, text=text, segment=number):
            return _said(glance, Words(channel, text, final=False, number=number))
        case TranscriptFinal(channel=channel, text=text, segment=number):
            return _said(glance, Words(channel, text, final=True, number=number))
        case ReplyDone(text=text, reply=number):
            return _said(glance, Words(None, text, final=True, number=number))
        case Summary(sections=sections):
            first = next((one.text for one in sections if one.text.strip()), "")
            return replace(glance, summary=first[:LONGEST])
        case Alert(kind=kind, name=name):
            alerts = [Raised(kind, name, at), *glance.alerts][:SHOWN_ALERTS]
            topic = name if kind == "topic" else glance.topic
            return replace(glance, alerts=alerts, alerts_told=glance.alerts_told + 1, topic=topic)
        case AgentNote():
            return replace(glance, notes=glance.notes + 1)
        case ModerationVerdict(target=target, span=span, replacement=str(put)):
            words = [_replaced(one, target, span, put) for one in glance.words]
            return replace(glance, words=words)
        case SessionEnded():
            return replace(glance, over=True)
        case _:
            return glance


def _said(glance: Glance, words: Words) -> Glance:
    """The last words of a speaker take the place of the earlier ones. Blank ones take back what a partial had shown."""
    others = [one for one in glance.words if one.channel != words.channel]
    if not words.text.strip():
        return replace(glance, words=others)
    return replace(glance, words=[words, *others][:LAST])


def _replaced(words: Words, target: Target, span: tuple[int, int], put: str) -> Words:
    number = target.reply if words.channel is None else target.segment
    return replace(words, text=replaced(words.text, span, put)) if number == words.number else words


def clipped(glance: Glance) -> Glance:
    """As it is sent: of long texts the end."""
    words = [replace(one, text=_end(one.text)) for one in glance.words]
    return replace(glance, words=words)


def _end(text: str) -> str:
    return text if len(text) <= LONGEST else "…" + text[-LONGEST:]
