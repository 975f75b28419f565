"""What a client of `/v3/ws` asks for, in the address and later. Pure. What we do not know is ignored.

A turn ends there when a model is sure enough, between a shortest and a longest silence. Here silence ends it: one that
lies as far between the two as the threshold does between 0 and 1.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from streaming.parts import AudioFormat, Encoding
from streaming.wire.assemblyai.shapes import UpdateConfiguration
from streaming.wire.dialect import Source, Wanted
from streaming.wire.messages import EndpointingAsked, SessionStart, SessionUpdate
from streaming.wire.query import Query, wrong
from streaming.wire.wishes import silence, terms, tongue

RAW: Final[dict[str, Encoding]] = {"pcm_s16le": "pcm_s16le", "pcm_mulaw": "mulaw"}
CONTAINERS: Final = ("ogg_opus", "aac")
KNOWN: Final = ", ".join([*RAW, "opus", *CONTAINERS])
REFUSED: Final = ("webhook_url", "llm_gateway")
"""What would have to be sent elsewhere."""
LEAST_MS: Final = 400
MOST_MS: Final = 1_280
THRESHOLD: Final = 0.4
"""Theirs, where one of the three is asked for and another is not."""
LONGEST_MS: Final = 3_600_000
Number = TypeVar("Number", int, float)
_names: Final = msgspec.json.Decoder(list[str])


class Pause(NamedTuple):
    """How a turn is to end, as it was asked for; None: nothing was."""

    least_ms: int | None = None
    most_ms: int | None = None
    threshold: float | None = None

    def endpointing(self) -> EndpointingAsked:
        """As our sessions have it; the server's own, if nothing was asked for."""
        if self == Pause():
            return silence(None)
        most = max(self.least_ms or 0, MOST_MS) if self.most_ms is None else self.most_ms
        least = min(most, LEAST_MS if self.least_ms is None else self.least_ms)
        sure = THRESHOLD if self.threshold is None else self.threshold
        return silence(round(least + (most - least) * sure))


class Asked(Wanted, frozen=True, kw_only=True):
    """`growing`: a turn is told while it grows; `languages`: and in which language it was."""

    pause: Pause = Pause()
    growing: bool = True
    languages: bool = False


def understood(text: str) -> Asked:
    """What the query `text` asks for. Raises ClientFault (`bad_query`)."""
    query = Query(text)
    for name in REFUSED:
        if query.text(name) is not None:
            raise wrong(f"{name} is not supported by this server: all that it says comes over the WebSocket")
    source, audio = _sound(query)
    older = query.number("min_end_of_turn_silence_when_confident", 0, LONGEST_MS)
    least = query.number("min_turn_silence", 0, LONGEST_MS)
    pause = Pause(
        older if least is None else least,
        query.number("max_turn_silence", 0, LONGEST_MS),
        query.share("end_of_turn_confidence_threshold"),
    )
    start = SessionStart(
        audio=audio,
        language=_language(query),
        hotwords=list(terms(_listed(query, "keyterms_prompt"))),
        endpointing=pause.endpointing(),
        metadata={"api": "assemblyai"},
    )
    return Asked(
        start=start,
        source=source,
        quiet_s=query.number("inactivity_timeout", 1, 3_600),
        pause=pause,
        growing=query.flag("include_partial_turns", True),
        languages=query.flag("language_detection", False) or start.language is None,
    )


def changed(asked: Asked, message: UpdateConfiguration) -> tuple[Asked, SessionUpdate]:
    """What holds after `message`, and what that changes in the session. Raises ClientFault (`bad_query`)."""
    old = asked.pause
    least = message.min_turn_silence
    if least is None:
        least = message.min_end_of_turn_silence_when_confident
    pause = Pause(
        _within("min_turn_silence", least, old.least_ms, LONGEST_MS),
        _within("max_turn_silence", message.max_turn_silence, old.most_ms, LONGEST_MS),
        _within(
            "end_of_turn_confidence_threshold", message.end_of_turn_confidence_threshold, old.threshold, 1
        ),
    )
    words, languages = message.keyterms_prompt, message.language_codes
    update = SessionUpdate(
        hotwords=UNSET if words is None else list(terms(words)),
        language=UNSET if languages is None else _only(languages),
        endpointing=UNSET if pause == old else pause.endpointing(),
    )
    return msgspec.structs.replace(asked, pause=pause), update


def _sound(query: Query) -> tuple[Source, AudioFormat]:
    encoding = query.text("encoding") or "pcm_s16le"
    rate = query.number("sample_rate", 1, 192_000)
    if encoding in CONTAINERS:
        return "container", AudioFormat("pcm_s16le", 16_000, 1)
    if encoding == "opus":
        return "packets", AudioFormat("opus", 48_000, 1)
    if encoding not in RAW:
        raise wrong(f"encoding {encoding[:40]!r} is not supported by this server: it takes {KNOWN}")
    return "raw", AudioFormat(RAW[encoding], rate or 16_000, 1)


def _language(query: Query) -> str | None:
    """The only one that was named, or English for a model that knows no other; None: it is told from the voice."""
    named = _listed(query, "language_codes") or query.all("language_code") or query.all("language")
    if named:
        return _only(named)
    english = (query.text("speech_model") or "").endswith("-english")
    return "en" if english and not query.flag("language_detection", False) else None


def _only(languages: Sequence[str]) -> str | None:
    found = {tongue(one) for one in languages}
    return found.pop() if len(found) == 1 else None


def _listed(query: Query, name: str) -> Sequence[str]:
    """A list as JSON, which is how their clients send it, or value by value."""
    values = query.all(name)
    if len(values) != 1 or not values[0].startswith("["):
        return values
    try:
        return _names.decode(values[0])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise wrong(f"{name} must be a JSON list of texts, not {values[0][:40]!r}") from None


def _within(name: str, asked: Number | None, before: Number | None, most: int) -> Number | None:
    if asked is None:
        return before
    if not 0 <= asked <= most:
        raise wrong(f"{name} must be from 0 to {most}, not {asked}")
    return asked
