"""What the stages tell each other about a session: entries that no client reads and no archive keeps.

`<sid>:audio` (gateway -> recogniser)   sound, and the marks that stand at a place in the sound
`<sid>:heard` (recogniser, gateway -> moderator)   what was heard or typed, not yet moderated
`<sid>:draft` (responder -> moderator)  what the language model wrote, not yet moderated

An `utterance` is the recogniser's own number of a stretch of speech; the moderator gives the public `segment`.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

from streaming.answers import FeedbackAction
from streaming.events import (
    AudioFinalized,
    AudioFormat,
    AudioGap,
    ChannelAccount,
    EndReason,
    Mode,
    Moderation,
    SessionDegraded,
    SpeechStarted,
    SpeechStopped,
    TurnReason,
    Word,
)
from streaming.parts import GapReason, Role, Sampling
from streaming.presence import AgentNote, Dtmf, SessionPaused, SessionUnpaused

Origin = Literal["live", "import", "again"]
"""From where a session's sound came; `again`: it was that of another session."""


class Endpointing(Struct, frozen=True):
    """How a session ends its turns; None means the server's default.

    `silence_ms` of silence after the voice end it; `semantic`: sooner or later, by what the voice sounds like. After
    `eager_ms` of silence it is ended eagerly, which may be taken back; 0 means never.
    """

    silence_ms: int | None = None
    semantic: bool | None = None
    eager_ms: int | None = None


class Hints(Struct, frozen=True):
    """What may well be said in a session: `hotwords`, and a `prompt` of text as it is usual there."""

    hotwords: tuple[str, ...] = ()
    prompt: str = ""


class SessionConfig(Struct, frozen=True):
    """What a session was started with (and `session.update` changed), kept in Redis for every stage."""

    session_id: str
    mode: Mode = "transcribe"
    audio: AudioFormat | None = None
    language: str | None = None
    hints: Hints = Hints()
    translate: bool = False
    endpointing: Endpointing = Endpointing()
    paused: bool = False
    moderation: Moderation = "hold"
    record: bool = False
    origin: Origin = "live"
    parent: str | None = None
    tenant: str = "default"
    sampling: Sampling = Sampling()
    metadata: dict[str, str] = {}


# ---- <sid>:audio: entry `<end sample>-0` has the sound itself; the marks stand at `<sample>-1`, `-2`, ... ----------


class Skipped(Struct, frozen=True, tag="skipped"):
    """`samples` (16 kHz, a channel) up to this entry's id are lost to the client, or were dropped at the edge while the
    session was paused: the clock moved on without them. `pcm`: what a decoder made up in their place ("concealed"),
    interleaved; it helps to understand what is around it, and is no sound of the client."""

    samples: int
    reason: GapReason = "lost"
    pcm: bytes = b""


class Finalize(Struct, frozen=True, tag="finalize"):
    """Commit what is pending, here; the session goes on."""


class Updated(Struct, frozen=True, tag="updated"):
    """From here on the session has this configuration."""

    config: SessionConfig


class Ended(Struct, frozen=True, tag="ended"):
    """The sound is over: `samples` (16 kHz, a channel) were counted at the gateway's edge in the whole session."""

    samples: int
    reason: EndReason = "client"


Mark: TypeAlias = Skipped | Finalize | Updated | Ended

# ---- <sid>:heard ---------------------------------------------------------------------------------------------------


class HeardPartial(Struct, frozen=True, tag="partial"):
    """The recogniser's present idea of an utterance; the first `stable` code points will never change."""

    utterance: int
    channel: int
    revision: int
    text: str
    stable: int
    lag_ms: int = 0


class HeardFinal(Struct, frozen=True, tag="final"):
    """An utterance, or the part of it before a cut for length: its text never changes again.

    Blank, when nothing was left in the end of what a partial had shown.
    """

    utterance: int
    channel: int
    text: str
    start_ms: int
    end_ms: int
    words: list[Word]
    language: str
    confidence: float
    made_by: str
    lag_ms: int = 0


class Endpoint(Struct, frozen=True, tag="endpoint"):
    """The turn of the speaker on `channel` is over: the finals since the last endpoint are one turn."""

    channel: int
    reason: TurnReason


class EagerEndpoint(Struct, frozen=True, tag="eager"):
    """The turn on `channel` is over, it seems. `text` is what was said in it since the last final, as far as is known.

    An `Endpoint` confirms it, `Resumed` takes it back. The final text may yet be another one.
    """

    channel: int
    reason: TurnReason
    text: str


class Resumed(Struct, frozen=True, tag="resumed"):
    """The speaker on `channel` goes on: the last `EagerEndpoint` was none."""

    channel: int


class Typed(Struct, frozen=True, tag="typed"):
    """A typed message of the user: a turn of its own."""

    text: str


class Given(Struct, frozen=True, tag="given"):
    """What was said before the session began, elsewhere: a message of a conversation that goes on here."""

    role: Role
    text: str


class CancelReply(Struct, frozen=True, tag="cancel"):
    """The client wants the reply under way to stop (None: whichever it is)."""

    reply: int | None = None


class Feedback(Struct, frozen=True, tag="feedback"):
    """What the agent did with a suggestion; `by` as the event has it."""

    suggestion: int
    action: FeedbackAction
    text: str = ""
    by: str = ""


class Wish(Struct, frozen=True):
    """What an agent who is not the session's client wants of the gateway that has it: field `wish` of the record, which
    whoever fulfils it takes away."""

    paused: bool
    by: str


class SoundEnded(Struct, frozen=True, tag="sound_ended"):
    """All that was to be heard stands above: what the recogniser and the gateway's edge counted."""

    accounting: list[ChannelAccount]
    reason: EndReason = "client"


Heard: TypeAlias = (
    HeardPartial
    | HeardFinal
    | Endpoint
    | EagerEndpoint
    | Resumed
    | Typed
    | Given
    | CancelReply
    | Feedback
    | SoundEnded
    | SpeechStarted
    | SpeechStopped
    | AudioFinalized
    | AudioGap
    | Dtmf
    | AgentNote
    | SessionPaused
    | SessionUnpaused
    | SessionDegraded
)
