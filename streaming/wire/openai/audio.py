"""`POST /v1/audio/transcriptions` and `/v1/audio/translations`: a form in, a transcript out. Pure.

Members that change nothing here (`temperature`, `chunking_strategy`) are let pass; what would change the answer and
cannot be done is refused by its name. `model` is whatever the client calls it: this server has its own.
"""

import math
import zlib
from collections.abc import Sequence
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from streaming.events import TranscriptFinal
from streaming.languages import CODES, NAMES
from streaming.wire.messages import SessionStart
from streaming.wire.openai.faults import Wrong, member

Shape = Literal["json", "text", "srt", "verbose_json", "vtt"]
PROMPT: Final = 1_000
LISTS: Final = ("timestamp_granularities", "include", "keywords", "languages", "known_speaker_names")


class TranscriptionAsked(Struct, frozen=True):
    """How a file is to be transcribed. Of a longer `prompt` the end counts, as OpenAI has it."""

    model: str = ""
    language: str | None = None
    languages: list[str] = []
    prompt: str = ""
    keywords: Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=100)] = []
    response_format: Shape = "json"
    timestamp_granularities: list[Literal["word", "segment"]] = []
    stream: bool = False
    temperature: float = 0.0
    include: list[str] = []
    known_speaker_names: list[str] = []


class Seconds(Struct, frozen=True):
    """What a transcript cost: sound."""

    seconds: float
    type: Literal["duration"] = "duration"


class Transcription(Struct, frozen=True):
    """All that was said."""

    text: str
    usage: Seconds


class Segment(Struct, frozen=True):
    """A part of what was said, with its time (s)."""

    id: int
    start: float
    end: float
    text: str
    avg_logprob: float
    compression_ratio: float
    seek: int = 0
    temperature: float = 0.0
    no_speech_prob: float = 0.0
    tokens: list[int] = []


class SpokenWord(Struct, frozen=True):
    """A word with its time (s)."""

    word: str
    start: float
    end: float


class Verbose(Struct, frozen=True, omit_defaults=True):
    """All that was said, in parts. `language` by its English name."""

    task: Literal["transcribe", "translate"] | None
    language: str
    duration: float
    text: str
    usage: Seconds | None
    segments: list[Segment] | None = None
    words: list[SpokenWord] | None = None


class TextDelta(Struct, frozen=True, tag="transcript.text.delta"):
    """More of what was said, which will never change."""

    delta: str


class TextDone(Struct, frozen=True, tag="transcript.text.done"):
    """All that was said."""

    text: str


def understood(fields: Sequence[tuple[str, str]], *, translate: bool) -> TranscriptionAsked:
    """A form's members, without its file. Raises Wrong."""
    found: dict[str, str | list[str]] = {}
    for name, value in fields:
        plain = name.removesuffix("[]")
        found[plain] = (
            [one for key, one in fields if key.removesuffix("[]") == plain] if plain in LISTS else value
        )
    try:
        asked = msgspec.convert(found, TranscriptionAsked, strict=False)
    except msgspec.ValidationError as wrong:
        place = member(str(wrong)).partition("[")[0]
        raise Wrong(f"the form is not as it should be: {wrong}", place or None) from None
    cannot = {
        "include": (asked.include, "no probabilities of tokens are told"),
        "known_speaker_names": (asked.known_speaker_names, "speakers are told apart by their channels alone"),
        "stream": (translate and asked.stream, "translations come whole"),
    }
    for name, (asks, why) in cannot.items():
        if asks:
            raise Wrong(
                f"{name} is not supported by this server ({why}): leave it out", name, "unsupported_parameter"
            )
    return asked


def start(asked: TranscriptionAsked, *, translate: bool) -> SessionStart:
    """The session in which the file is heard, but for its sound. Raises Wrong: no language that we know."""
    named = asked.language or (asked.languages[0] if len(asked.languages) == 1 else None)
    code = None
    if named:
        plain = named.strip().lower().replace("_", "-")
        code = CODES.get(plain, plain.partition("-")[0])
        if code not in NAMES:
            raise Wrong(f"{named!r} is no language that is known here: use its code, such as en", "language")
    return SessionStart(
        mode="transcribe",
        language=code,
        hotwords=asked.keywords,
        prompt=asked.prompt[-PROMPT:],
        translate=translate,
        origin="import",
        metadata={"api": "audio.translations" if translate else "audio.transcriptions"},
    )


def text(finals: Sequence[TranscriptFinal]) -> str:
    """All that was said."""
    return " ".join(final.text for final in finals if final.text.strip())


def plain(finals: Sequence[TranscriptFinal], seconds: float) -> Transcription:
    """The answer as `json`."""
    return Transcription(text(finals), Seconds(seconds))


def verbose(
    finals: Sequence[TranscriptFinal], seconds: float, asked: TranscriptionAsked, *, translate: bool
) -> Verbose:
    """The answer as `verbose_json`: segments, unless words alone are asked for."""
    wanted = asked.timestamp_granularities or ["segment"]
    spoken = [final for final in finals if final.text.strip()]
    languages: dict[str, int] = {}
    for final in spoken:
        languages[final.language] = languages.get(final.language, 0) + final.end_ms - final.start_ms
    most = max(languages, key=lambda code: languages[code], default=asked.language or "")
    return Verbose(
        task="translate" if translate else "transcribe",
        language="english" if translate else NAMES.get(most, most),
        duration=seconds,
        text=text(spoken),
        usage=Seconds(seconds),
        segments=[_segment(number, final) for number, final in enumerate(spoken)]
        if "segment" in wanted
        else None,
        words=[word for final in spoken for word in _words(final)] if "word" in wanted else None,
    )


def _segment(number: int, final: TranscriptFinal) -> Segment:
    raw = final.text.encode()
    return Segment(
        id=number,
        start=final.start_ms / 1000,
        end=final.end_ms / 1000,
        text=final.text,
        avg_logprob=round(math.log(max(final.confidence, 1e-6)), 6),
        compression_ratio=round(len(raw) / len(zlib.compress(raw)), 6),
    )


def _words(final: TranscriptFinal) -> list[SpokenWord]:
    return [SpokenWord(one.text.strip(), one.start_ms / 1000, one.end_ms / 1000) for one in final.words]


def event(told: TextDelta | TextDone) -> bytes:
    """An event of a stream."""
    return b"data: " + msgspec.json.encode(told) + b"\n\n"
