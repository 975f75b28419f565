"""What a client of `/v1/listen` asks for, in the address. Pure. What we do not know is ignored, as Deepgram does."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import field

from streaming.parts import AudioFormat, Encoding
from streaming.wire.dialect import Source, Wanted
from streaming.wire.messages import SessionStart
from streaming.wire.query import Query, wrong
from streaming.wire.wishes import silence, terms, tongue

RAW: Final[dict[str, Encoding]] = {
    "linear16": "pcm_s16le",
    "linear32": "pcm_f32le",
    "mulaw": "mulaw",
    "alaw": "alaw",
}
USUAL: Final = {"mulaw": 8_000, "alaw": 8_000, "opus": 48_000}
"""Sample rates where none is given."""
CONTAINERS: Final = ("ogg-opus", "flac", "webm", "ogg", "wav", "mp3")
KNOWN: Final = ", ".join([*RAW, "opus", *CONTAINERS])
QUIET_S: Final = 10.0
EXTRAS: Final = 16


class Asked(Wanted, frozen=True, kw_only=True):
    """`interim`: results that may still change are wanted; `ends`: and the ends of turns; `starts`: and their
    beginnings. `utterance_end_ms`: of silence after the last word are told. `languages`: as they were heard. `extra`:
    comes back at the end."""

    interim: bool = False
    ends: bool = True
    starts: bool = False
    utterance_end_ms: int | None = None
    languages: bool = False
    extra: dict[str, str] = field(default_factory=dict[str, str])


def understood(text: str) -> Asked:
    """What the query `text` asks for. Raises ClientFault (`bad_query`)."""
    query = Query(text)
    if query.text("callback") is not None:
        raise wrong("callback is not supported by this server: results come over the WebSocket")
    source, audio, mixed = _sound(query)
    language = tongue(query.text("language"))
    extra = _extra(query.all("extra"))
    tags = ", ".join(query.all("tag"))
    start = SessionStart(
        audio=audio,
        language=language,
        hotwords=list(terms([*query.all("keyterm"), *map(unboosted, query.all("keywords"))])),
        endpointing=silence(_silence_ms(query.text("endpointing"))),
        metadata={**extra, **({"tag": tags[:512]} if tags else {}), "api": "deepgram"},
    )
    return Asked(
        start=start,
        source=source,
        encoding=RAW.get((query.text("encoding") or "").lower()),
        mixed=mixed,
        quiet_s=QUIET_S,
        blank_ends=True,
        interim=query.flag("interim_results", False),
        ends=query.text("endpointing") not in ("false", "False"),
        starts=query.flag("vad_events", False),
        utterance_end_ms=query.number("utterance_end_ms", 0, 60_000) or None,
        languages=language is None,
        extra=extra,
    )


def _sound(query: Query) -> tuple[Source, AudioFormat, int]:
    encoding = (query.text("encoding") or "").lower()
    channels = query.number("channels", 1, 8)
    apart = query.flag("multichannel", False)
    if not encoding or encoding in CONTAINERS:
        return "container", AudioFormat("pcm_s16le", 16_000, (channels or 2) if apart else 1), 1
    source, sound = sounding(query, encoding, channels or 1)
    if apart or sound.channels == 1:
        return source, sound, 1
    if source == "packets":  # its decoder makes one channel of two
        return source, AudioFormat("opus", sound.sample_rate, 1), 1
    return source, AudioFormat("pcm_s16le", sound.sample_rate, 1), sound.channels


def sounding(query: Query, encoding: str, channels: int) -> tuple[Source, AudioFormat]:
    """How sound of an `encoding` comes. Raises ClientFault (`bad_query`)."""
    rate = query.number("sample_rate", 1, 192_000) or USUAL.get(encoding)
    if encoding not in RAW and encoding != "opus":
        raise wrong(f"encoding {encoding[:40]!r} is not supported by this server: it takes {KNOWN}")
    if rate is None:
        raise wrong(f"sample_rate must be given with encoding {encoding}")
    if encoding == "opus":
        return "packets", AudioFormat("opus", rate, channels)
    return "raw", AudioFormat(RAW[encoding], rate, channels)


def _silence_ms(asked: str | None) -> int | None:
    """Milliseconds of silence that end a turn; None: the server's own number."""
    if asked is None or asked.lower() in ("true", "false"):
        return None
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 10):
        raise wrong(f"endpointing must be milliseconds, true or false, not {asked[:40]!r}")
    return int(asked)


def unboosted(keyword: str) -> str:
    """A keyword without its boost, of which we have no use: `word:2`."""
    word, colon, boost = keyword.rpartition(":")
    return word if colon and re.fullmatch(r"-?[0-9.]+", boost) else keyword


def _extra(asked: Sequence[str]) -> dict[str, str]:
    pairs = [one.partition(":") for one in asked]
    if len(pairs) > EXTRAS or any(len(key) > 64 or len(value) > 512 for key, _, value in pairs):
        raise wrong(f"extra may be given {EXTRAS} times, as key:value of up to 64 and 512 characters")
    return {key: value for key, _, value in pairs}
