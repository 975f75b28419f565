"""What a client of Flux asks for, at first and later. Pure.

Whether a turn is over is told here by silence (and by the voice, where this server has a model for that), not by a
probability: a threshold is a silence, a higher one a longer one.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import UNSET
from msgspec.structs import asdict, replace

from streaming.parts import AudioFormat
from streaming.wire.deepgram.asked import CONTAINERS, RAW, sounding
from streaming.wire.deepgram.flux.shapes import Configure, Thresholds
from streaming.wire.dialect import Source, Wanted
from streaming.wire.messages import EndpointingAsked, SessionStart, SessionUpdate
from streaming.wire.query import Query, wrong
from streaming.wire.wishes import LEAST_SILENCE, MOST_SILENCE, terms, tongue

QUIET_S: Final = 60.0
USUAL: Final = 0.7
"""Their usual threshold, and the silence which that is here."""
USUAL_MS: Final = 450
LEAST_EAGER: Final = 100
MOST_TIMEOUT: Final = 60_000


class FluxAsked(Wanted, frozen=True, kw_only=True):
    """`terms`, `hints`, `thresholds`: as they were asked for, and hold until they are changed."""

    thresholds: Thresholds
    terms: Sequence[str] = ()
    hints: Sequence[str] = ()
    model: str = ""


def understood(text: str) -> FluxAsked:
    """What the query `text` asks for. Raises ClientFault (`bad_query`)."""
    query = Query(text)
    encoding = (query.text("encoding") or "").lower()
    source, audio = _sound(query, encoding)
    thresholds = checked(
        Thresholds(
            query.share("eot_threshold"),
            query.share("eager_eot_threshold"),
            query.number("eot_timeout_ms", 0, MOST_TIMEOUT),
        )
    )
    model, hints = query.text("model") or "", tuple(query.all("language_hint"))
    words = tuple(terms(query.all("keyterm")))
    tags = ", ".join(query.all("tag"))[:512]
    start = SessionStart(
        audio=audio,
        language=hinted(model, hints),
        hotwords=list(words),
        endpointing=silences(thresholds),
        metadata={**({"tag": tags} if tags else {}), "api": "deepgram.flux"},
    )
    return FluxAsked(
        start=start,
        source=source,
        encoding=RAW.get(encoding),
        quiet_s=QUIET_S,
        blank_ends=True,
        thresholds=thresholds,
        terms=words,
        hints=hints,
        model=model,
    )


def changed(asked: FluxAsked, message: Configure) -> tuple[FluxAsked, SessionUpdate]:
    """What holds after a `Configure`, and what that changes in the session. Raises ClientFault (`bad_query`)."""
    words = asked.terms if message.keyterms is None else tuple(terms(_several(message.keyterms)))
    hints = asked.hints if message.language_hints is None else tuple(_several(message.language_hints))
    thresholds = asked.thresholds
    if message.thresholds:
        given = {name: value for name, value in asdict(message.thresholds).items() if value is not None}
        thresholds = checked(replace(thresholds, **given))
    update = SessionUpdate(
        hotwords=UNSET if message.keyterms is None else list(words),
        language=UNSET if message.language_hints is None else hinted(asked.model, hints),
        endpointing=silences(thresholds) if message.thresholds else UNSET,
    )
    return replace(asked, thresholds=thresholds, terms=words, hints=hints), update


def checked(thresholds: Thresholds) -> Thresholds:
    """Raises ClientFault (`bad_query`): they are not between 0 and 1, or the eager one is above the other."""
    sure, eager, timeout = thresholds.eot_threshold, thresholds.eager_eot_threshold, thresholds.eot_timeout_ms
    if not all(one is None or 0 <= one <= 1 for one in (sure, eager)):
        raise wrong("eot_threshold and eager_eot_threshold must be from 0 to 1")
    if eager is not None and eager > (USUAL if sure is None else sure):
        raise wrong("eager_eot_threshold must not be above eot_threshold")
    if timeout is not None and not 0 <= timeout <= MOST_TIMEOUT:
        raise wrong(f"eot_timeout_ms must be from 0 to {MOST_TIMEOUT}")
    return thresholds


def silences(thresholds: Thresholds) -> EndpointingAsked:
    """How a session ends its turns then. Nothing is eager unless it was asked for."""
    sure, eager = thresholds.eot_threshold, thresholds.eager_eot_threshold
    longest = min(MOST_SILENCE, thresholds.eot_timeout_ms or MOST_SILENCE)
    whole = None
    if sure is not None or longest < USUAL_MS:
        asked_ms = longest if sure == 1 else round(USUAL_MS * (sure or USUAL) / USUAL)
        whole = max(LEAST_SILENCE, min(longest, asked_ms))
    if eager is None:
        return EndpointingAsked(silence_ms=whole, eager_ms=0)
    sooner = round((whole or USUAL_MS) * eager / (sure or USUAL)) - 1
    return EndpointingAsked(silence_ms=whole, eager_ms=max(LEAST_EAGER, sooner))


def hinted(model: str, hints: Sequence[str]) -> str | None:
    """The language: the only one that was hinted at, or English for the model that knows no other; else any. Raises
    ClientFault (`bad_query`)."""
    known = {tongue(hint) for hint in hints}
    if len(known) == 1:
        return known.pop()
    return "en" if not known and model.endswith("-en") else None


def _sound(query: Query, encoding: str) -> tuple[Source, AudioFormat]:
    if not encoding or encoding in CONTAINERS:
        return "container", AudioFormat("pcm_s16le", 16_000, 1)
    return sounding(query, encoding, 1)


def _several(one: Sequence[str] | str) -> Sequence[str]:
    return [one] if isinstance(one, str) else one
