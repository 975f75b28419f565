"""A session as it is read: what was said and answered, as it stands after all that moderation decided and readers
corrected. Made from the log by reading.py; every export is made from it.

Times are ms of the session's sound; offsets and spans count code points.
"""

from typing import Literal

from msgspec import Struct, field

from streaming.answers import ReplyStatus
from streaming.events import Action, ChannelAccount, GapReason, Mode, Step, TurnReason, Word


class Judgement(Struct, frozen=True):
    """What moderation decided: `span` [from, to) of the text before corrections."""

    id: str
    span: tuple[int, int]
    action: Action
    categories: list[str]
    score: float
    latency_ms: float
    replacement: str | None = None


class Original(Struct, frozen=True):
    """What a corrected segment said before."""

    text: str
    words: list[Word]


class Corrected(Struct, frozen=True):
    """Which note corrected a segment, whose it is, and when (Unix ms) it was made."""

    note_id: int
    author: str
    made_at: int


class Said(Struct, frozen=True, kw_only=True):
    """Something said (`speech`), typed (`text`) or answered (`reply`); `number` is its segment or reply.

    `words` have their times in the sound; a correction keeps them by alignment. `original`: None if there is no
    correction. Typed text and replies have no words; they stand where speech had come to. `id`: its entry in the log.
    `answers` (a turn), `status` and `timing` are a reply's.
    """

    kind: Literal["speech", "text", "reply"]
    number: int
    id: str
    channel: int
    start_ms: int
    end_ms: int
    text: str
    words: list[Word] = []
    language: str = ""
    confidence: float = 1.0
    made_by: str = ""
    lag_ms: int = 0
    turn: int | None = None
    verdicts: list[Judgement] = []
    original: Original | None = None
    corrected: Corrected | None = None
    answers: int | None = None
    status: ReplyStatus | None = None
    timing: dict[str, int] = field(default_factory=dict[str, int])


class Gap(Struct, frozen=True):
    """Sound that nobody could transcribe; or (`silenced`) that was, and is kept as silence, since moderation masked it
    in the text."""

    channel: int
    from_ms: float
    to_ms: float
    reason: GapReason | Literal["silenced"]


class Turn(Struct, frozen=True):
    """A turn that ended at `at_ms`, of these segments."""

    turn: int
    channel: int
    segments: list[int]
    reason: TurnReason
    at_ms: int


class Degraded(Struct, frozen=True):
    """From here (a place in the log, and about where in the sound) the recogniser was on this step of the ladder."""

    id: str
    at_ms: int
    step: Step


class Transcript(Struct, frozen=True, kw_only=True):
    """`said` is in the order of its times. `last_id`: how far the log was read. Numbers of channels begin at 0."""

    session_id: str
    mode: Mode
    started_at: int
    duration_ms: int
    channels: int
    said: list[Said]
    gaps: list[Gap] = []
    turns: list[Turn] = []
    degraded: list[Degraded] = []
    accounting: list[ChannelAccount] = []
    last_id: str = "0-0"
