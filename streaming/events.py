"""THE vocabulary: everything a client may see, as frozen, tagged structs.

An event is an entry of its session's log `<sid>:events`; its id is the entry's stream id and is joined on when it is
sent. The log is written by the moderator (what was said or answered) and by the gateway (control events) only.

Units: `*_ms` counts milliseconds of that channel's sound from the session's first sample (1 ms = 16 samples at 16
kHz); `latency_ms`, `lag_ms` and the members of `timing` are wall-clock durations. Offsets and spans count Unicode code
points. `segment`, `turn` and `reply` grow within a session. `made_by` is `name@<16 hex>`, the beginning of the SHA-256
of the file that made the text (`session.started` and `/readyz` have all of it); of replies several, joined by blanks.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from streaming.answers import (
    Alert,
    Checklist,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SuggestionDelta,
    SuggestionDone,
    SuggestionFeedback,
    SuggestionStarted,
    Summary,
)
from streaming.parts import (
    AudioFormat,
    ChannelAccount,
    GapReason,
    Limits,
    Role,
    Served,
    Target,
    Word,
)
from streaming.presence import AgentNote, Dtmf, SessionPaused, SessionUnpaused, ViewerJoined, ViewerLeft

Mode = Literal["transcribe", "chat", "assist"]
Moderation = Literal["hold", "stream_first", "block_all"]
TurnReason = Literal["silence", "semantic", "finalize", "length", "text", "end"]
Action = Literal["pass", "flag", "redact", "retract", "block"]
EndReason = Literal["client", "lost", "idle", "failed"]
Step = Literal["full", "slower", "slowest", "draft", "finals", "late", "held"]


class SessionStarted(Struct, frozen=True, tag="session.started"):
    """The first entry of every log. Only its owner is sent `resume_token` and `watch_token` along with it. `record`: it
    is kept in the archive."""

    session_id: str
    mode: Mode
    serves: list[Served]
    limits: Limits
    time: str
    audio: AudioFormat | None = None
    record: bool = False


class SpeechStarted(Struct, frozen=True, tag="speech.started"):
    """Somebody has been speaking for long enough (200 ms of voiced sound) to be sure of it."""

    channel: int
    at_ms: int
    time: str = ""


class SpeechStopped(Struct, frozen=True, tag="speech.stopped"):
    """The endpoint's silence has passed; `at_ms` is where the voice ended. A `speech.started` at the same place takes
    it back: a number turns out to be being dictated, whose pauses are longer."""

    channel: int
    at_ms: int
    time: str = ""


class TranscriptPartial(Struct, frozen=True, tag="transcript.partial"):
    """What is heard so far. The first `stable` code points of `text` begin every later partial and the final."""

    channel: int
    segment: int
    revision: int
    text: str
    stable: int
    lag_ms: int = 0
    time: str = ""


class TranscriptFinal(Struct, frozen=True, tag="transcript.final"):
    """What was said, once and for all. A typed message is a final too: `source` is "text" and it has no words.

    A blank one takes back what a partial had shown: nothing was said after all.
    """

    channel: int
    segment: int
    text: str
    start_ms: int
    end_ms: int
    words: list[Word]
    language: str
    confidence: float
    made_by: str
    source: Literal["speech", "text"] = "speech"
    lag_ms: int = 0
    time: str = ""


class ContextGiven(Struct, frozen=True, tag="context.given"):
    """A message of a conversation that goes on in this session; it has a segment's number, and is no turn."""

    segment: int
    role: Role
    text: str
    time: str = ""


class TurnEnded(Struct, frozen=True, tag="turn.ended"):
    """The speaker is done (`reason` says how we know); in mode `chat` a reply is due.

    `eager`: so it seems, and `text` is what was said beyond `segments`, though no final says it yet. Either the same
    `turn` ends once more, not eagerly, and exactly this was said; or `turn.resumed` takes it back. A reply may be made
    meanwhile, and is not shown before.
    """

    turn: int
    channel: int
    segments: list[int]
    reason: TurnReason
    eager: bool = False
    text: str = ""
    time: str = ""


class TurnResumed(Struct, frozen=True, tag="turn.resumed"):
    """The eager end of `turn` was none: somebody goes on, or has said something else. There is no such turn."""

    turn: int
    channel: int
    time: str = ""


class AudioFinalized(Struct, frozen=True, tag="audio.finalized"):
    """What the client finalised is done: all that was said on `channel` before `at_ms` stands above, if anything."""

    channel: int
    at_ms: int
    time: str = ""


class ModerationVerdict(Struct, frozen=True, tag="moderation.verdict"):
    """What was decided about `span` [from, to) of the target's text as shown so far, and what to put in its place.

    In mode `hold` the text was shown with the replacement already in it, and putting it there again changes nothing.
    """

    target: Target
    span: tuple[int, int]
    action: Action
    categories: list[str]
    score: float
    latency_ms: float
    made_by: str
    replacement: str | None = None
    time: str = ""


class AudioGap(Struct, frozen=True, tag="audio.gap"):
    """Sound that nobody can transcribe: it never came, or it was left out on purpose."""

    channel: int
    from_ms: float
    to_ms: float
    reason: GapReason
    time: str = ""


class SessionDegraded(Struct, frozen=True, tag="session.degraded"):
    """The recogniser has more to do than it can: from now on a partial comes every `partial_s` (None: none comes).

    `step` of the ladder, from the best down: `full`, `slower`, `slowest`, `draft` (partials of a smaller model),
    `finals` only, and those `late`. No word is left out at any of them. `reason`: `recovered` for a step up.

    `held` because of the `bus`: what is said is kept, and is transcribed when it is back, which is told as the step
    that is so again. These two are told to whoever is there and are no entries of the log, which cannot be written.
    """

    step: Step
    partial_s: float | None
    reason: Literal["load", "bus", "recovered"]
    time: str = ""


class AudioEnded(Struct, frozen=True, tag="audio.ended"):
    """No more sound or text will come, and all finals are above. A reply may still be under way."""

    accounting: list[ChannelAccount]
    reason: EndReason = "client"
    time: str = ""


class SessionEnded(Struct, frozen=True, tag="session.ended"):
    """The last entry of every log."""

    reason: EndReason
    accounting: list[ChannelAccount]
    time: str = ""


Event: TypeAlias = (
    SessionStarted
    | SpeechStarted
    | SpeechStopped
    | TranscriptPartial
    | TranscriptFinal
    | ContextGiven
    | TurnEnded
    | TurnResumed
    | AudioFinalized
    | ReplyStarted
    | ReplyDelta
    | ReplyDone
    | SuggestionStarted
    | SuggestionDelta
    | SuggestionDone
    | SuggestionFeedback
    | Summary
    | Alert
    | Checklist
    | ModerationVerdict
    | AudioGap
    | Dtmf
    | AgentNote
    | SessionPaused
    | SessionUnpaused
    | SessionDegraded
    | ViewerJoined
    | ViewerLeft
    | AudioEnded
    | SessionEnded
)
