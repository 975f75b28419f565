"""The native dialect's messages that are in no log: what a client sends, and what one client alone is told."""

from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from streaming.events import AudioFormat, Limits
from streaming.facts import Origin


class _Message(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """`ref` is the client's own: a message with a ref that was already taken is ignored."""

    ref: str | None = None


class EndpointingAsked(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`silence_ms`: 100 to 5000; `eager_ms`: the same, or 0 for never. What is left out stays; null is the default."""

    silence_ms: int | UnsetType | None = UNSET
    semantic: bool | UnsetType | None = UNSET
    eager_ms: int | UnsetType | None = UNSET


class SessionStart(_Message, tag="session.start", frozen=True):
    """The first message of a new session. Without `audio` it is typed only. `assist` needs two channels at least: the
    agent on channel 0, the customer on channel 1.

    `hotwords`: words that may well be said, and be spelled so: 100 of 1 to 60 characters. `prompt`: text as it is usual
    in this domain, up to 1000 characters. `translate`: finals and partials in English; the `language` of a final stays
    that which was spoken, and the times of its words are rough. `record`: it is kept in the archive, where it says from
    where it came: `origin`, and `parent`, the session whose sound this is `again`.
    """

    mode: Literal["transcribe", "chat", "assist"] = "transcribe"
    audio: AudioFormat | None = None
    language: str | None = None
    hotwords: list[str] = []
    prompt: str = ""
    translate: bool = False
    endpointing: EndpointingAsked = EndpointingAsked()
    moderation: Literal["hold", "stream_first", "block_all"] = "hold"
    record: bool = False
    origin: Origin = "live"
    parent: str | None = None
    metadata: dict[str, str] = {}


class SessionResume(_Message, tag="session.resume", frozen=True):
    """The first message of a client that is back."""

    session_id: str
    resume_token: str
    last_event_id: str = "0-0"


class SessionWatch(_Message, tag="session.watch", frozen=True):
    """The first message of a viewer, who only reads: the log behind the event `after`, and what is added to it.

    `token`: the session's `watch_token`; without it, a reader's key is needed, or a ticket that a reader made for this
    session. Superseded partials may be left out.
    """

    session_id: str
    token: str | None = None
    after: str = "0-0"


class SessionReplay(_Message, tag="session.replay", frozen=True):
    """The first message of a reader (with a reader's key): a recorded session again, in its own time, from behind the
    event `after`, at `speed` (0.5 to 16) times its pace. Its log comes byte for byte as viewers were sent it; behind
    all that is kept the socket is closed with 1000.
    """

    session_id: str
    speed: float = 1.0
    after: str = "0-0"


class AudioSkip(_Message, tag="audio.skip", frozen=True):
    """These samples (a channel, at the client's rate) are lost to the client: the clock moves on without them."""

    samples: int


class Text(_Message, tag="text", frozen=True):
    """A typed message of the user."""

    text: str


class AudioFinalize(_Message, tag="audio.finalize", frozen=True):
    """Commit what is pending now; the session goes on."""


class SessionUpdate(_Message, tag="session.update", frozen=True):
    """Change what a session was started with; what is left out stays."""

    language: str | UnsetType | None = UNSET
    endpointing: EndpointingAsked | UnsetType = UNSET
    hotwords: list[str] | UnsetType = UNSET
    prompt: str | UnsetType = UNSET


class ReplyCancel(_Message, tag="reply.cancel", frozen=True):
    """Stop the reply under way (None: whichever it is)."""

    reply: int | None = None


class SessionEnd(_Message, tag="session.end", frozen=True):
    """No more input: finals, a reply under way, then `session.ended`."""


class SuggestionFeedback(_Message, tag="suggestion.feedback", frozen=True):
    """What an agent did with a suggestion of mode `assist`; `text` (up to 8000 characters): what was said instead."""

    suggestion: int
    action: Literal["accepted", "edited", "rejected"]
    text: str = ""


class SessionPause(_Message, tag="session.pause", frozen=True):
    """Stop listening: what was said is finalised, and no sound or text that comes from now on is stored, recorded or
    transcribed. The clock goes on: send no sound, but tell with `audio.skip` how much time has passed."""


class SessionUnpause(_Message, tag="session.unpause", frozen=True):
    """Listen again; `audio.gap` (`paused`) says what was left out."""


ClientMessage: TypeAlias = (
    SessionStart
    | SessionResume
    | SessionWatch
    | SessionReplay
    | AudioSkip
    | Text
    | AudioFinalize
    | SessionUpdate
    | ReplyCancel
    | SessionEnd
    | SuggestionFeedback
    | SessionPause
    | SessionUnpause
)


class AudioAck(Struct, frozen=True, tag="audio.ack"):
    """Samples a channel, at the client's rate, that are safe with us: the client may be `credit_s` beyond them."""

    samples: int


class SessionLag(Struct, frozen=True, tag="session.lag"):
    """Sound that came `lag_ms` ago is not transcribed yet; told once a second while that is unusually long, and 0 when
    it is no longer so, and to whoever resumes. Nothing is lost: what comes late comes whole."""

    lag_ms: int


class SessionResumed(Struct, frozen=True, tag="session.resumed"):
    """Go on sending from sample `have_samples` (a channel, at the client's rate); what was missed follows.

    `ending`: the session has had its last input, and nothing need be sent again. `paused`: it still is.
    """

    session_id: str
    have_samples: int
    limits: Limits
    ending: bool = False
    paused: bool = False


class SessionWatching(Struct, frozen=True, tag="session.watching"):
    """The viewer is let in; the log follows."""

    session_id: str


class ErrorTold(Struct, frozen=True, tag="error", omit_defaults=True):
    """What was wrong and what to do. After a `fatal` one the socket is closed with the code of its fault."""

    code: str
    message: str
    fatal: bool | UnsetType = UNSET
    retry_after: float | None = None
    ref: str | None = None


Transient: TypeAlias = AudioAck | SessionLag | SessionResumed | SessionWatching | ErrorTold
