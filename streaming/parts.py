"""Parts of events: what several of them tell, and what other messages tell as well. Units as in `streaming.events`."""

from typing import Any, Literal

from msgspec import Struct

from streaming.functions import Choice, Function

Role = Literal["system", "user", "assistant", "tool"]
Encoding = Literal["pcm_s16le", "pcm_f32le", "mulaw", "alaw", "opus"]
GapReason = Literal["lost", "concealed", "shed", "paused"]


class AudioFormat(Struct, frozen=True, forbid_unknown_fields=True):
    """How a client sends sound: little-endian samples, interleaved; for `opus` one packet a frame."""

    encoding: Encoding = "pcm_s16le"
    sample_rate: int = 16_000
    channels: int = 1


class Served(Struct, frozen=True):
    """What serves a part of a session: the file's whole SHA-256 in `hash`, `ref` as in `made_by`."""

    role: str
    name: str
    hash: str
    ref: str
    version: str = ""


class Sampling(Struct, frozen=True, omit_defaults=True):
    """How a session's replies are to be made, where that is not as the server's settings say (None, "" or empty).

    `max_tokens` of a reply at most; `stop`: the reply ends before the first of these; `schema`: it is JSON of this JSON
    Schema; `model`: by name. `functions` are the client's own: a reply may be a call of one of them (`choice`: it is
    one in any case). The others as OpenAI's chat completions have them.
    """

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    model: str = ""
    functions: tuple[Function, ...] = ()
    choice: Choice = "auto"


class Limits(Struct, frozen=True):
    """What the session may do: seconds of credit beyond the last ack, bytes of a frame, seconds to come back."""

    credit_s: float
    frame_bytes: int
    resume_window_s: float
    idle_timeout_s: float


class Word(Struct, frozen=True):
    """One word of a final: `offset` of its first code point in the final's text, its time, and its confidence."""

    text: str
    offset: int
    start_ms: int
    end_ms: int
    confidence: float


class Target(Struct, frozen=True, omit_defaults=True):
    """What a verdict is about: one of these, never two."""

    reply: int | None = None
    segment: int | None = None
    suggestion: int | None = None
    summary: int | None = None


class Citation(Struct, frozen=True, omit_defaults=True):
    """Where a part of an answer comes from; the answer's text names it as `[number]`.

    `quote` stands word for word in `document` of the index `index` (`name@<16 hex>`), at code points `span` [from, to)
    of its text; `place` says where that is for a person (headings, page). `passage` is the index's own name of it,
    `turn` the turn that asked. `before`, `after`: whole sentences that stand beside the quote there, if any.
    """

    number: int
    document: str
    passage: str
    quote: str
    span: tuple[int, int]
    index: str
    turn: int
    title: str = ""
    place: str = ""
    before: str = ""
    after: str = ""


class Section(Struct, frozen=True):
    """A part of a summary."""

    name: str
    text: str


class Usage(Struct, frozen=True):
    """Tokens that a reply cost, as its engine counts them."""

    prompt_tokens: int
    completion_tokens: int


class ChannelAccount(Struct, frozen=True):
    """Where a channel's time went. Each term is counted where it happens, none by subtraction.

    `duration_ms` at the edge of the gateway, the others by the recogniser: whenever nothing was lost on the way,
    duration_ms = transcribed_ms + silence_ms + sum(gap_ms). Multiples of 1/16 ms, so that sums are exact in floats.
    """

    channel: int
    duration_ms: float
    transcribed_ms: float
    silence_ms: float
    gap_ms: dict[GapReason, float]


def replaced(text: str, span: tuple[int, int], put: str) -> str:
    """`text` with `put` in place of its code points `span` [from, to), as a verdict wants it."""
    begin, end = span
    return text[:begin] + put + text[end:]
