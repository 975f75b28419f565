"""What a transcription server answers, as words with their times. Pure.

The text is what counts: lists of words often lack its punctuation, or are not there at all. Times come from the words
if the server gives them, else from its segments, else from where the voice was; within any of these, letters take
equal time.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from asr.speaker.transcript import SPACELESS

NO_SPEECH: Final = 0.6
LOGPROB: Final = -1.0
"""A segment is taken for nothing when the server thinks that nobody speaks and is not sure of the words either."""


class _Word(Struct):
    word: str = ""
    start: float | None = None
    end: float | None = None
    probability: float | None = None


class _Segment(Struct):
    text: str = ""
    start: float | None = None
    end: float | None = None
    words: list[_Word] | None = None
    avg_logprob: float | None = None
    no_speech_prob: float | None = None

    @property
    def said(self) -> bool:
        """Whether anybody said it."""
        unsure = self.avg_logprob is not None and self.avg_logprob < LOGPROB
        return not (unsure and self.no_speech_prob is not None and self.no_speech_prob > NO_SPEECH)


class Reply(Struct):
    """The body of an answer in `verbose_json`, or of any part of it. What we do not know is no error, but left out."""

    text: str | None = None
    language: str | None = None
    words: list[_Word] | None = None
    segments: list[_Segment] | None = None


class Heard(NamedTuple):
    """A word with its leading space, where it stands in the window (s), and the server's probability, if it told any;
    `sure` when it is of this very word."""

    text: str
    begin_s: float
    end_s: float
    probability: float | None = None
    sure: bool = False


class Span(NamedTuple):
    """Letters that were said from here to there."""

    letters: int
    begin_s: float
    end_s: float
    probability: float | None
    sure: bool


def words(reply: Reply, language: str, voice: tuple[float, float], length_s: float) -> list[Heard]:
    """The words of `reply`, in order, within 0 to `length_s`; the voice is where it is when no times are told."""
    segments = reply.segments or []
    if segments and any(segment.text.strip() for segment in segments):
        text = "".join(_apart(segment.text, language) for segment in segments if segment.said)
    else:
        text = reply.text or ""
    pieces = split(text, language)
    spans = _spans(reply) or [Span(1, *voice, None, False)]
    return _placed(pieces, spans, length_s)


def split(text: str, language: str) -> list[str]:
    """`text` in words, each with its leading space, if it has one, and the punctuation behind it."""
    if language not in SPACELESS:
        return [" " + word for word in text.split()]
    pieces: list[str] = []
    for sign in text.strip():
        if pieces and not sign.isalnum():
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _apart(text: str, language: str) -> str:
    return text if language in SPACELESS else f" {text.strip()}"


def _letters(text: str) -> int:
    return sum(sign.isalnum() for sign in text)


def _spans(reply: Reply) -> list[Span]:
    segments = [segment for segment in reply.segments or [] if segment.said]
    known = reply.words or [word for segment in segments for word in segment.words or []]
    spans = [
        Span(_letters(word.word), word.start, word.end, word.probability, word.probability is not None)
        for word in known
        if word.start is not None and word.end is not None and _letters(word.word)
    ]
    if spans:
        return spans
    return [
        Span(_letters(one.text), one.start, one.end, _chance(one.avg_logprob), False)
        for one in segments
        if one.start is not None and one.end is not None and _letters(one.text)
    ]


def _chance(logprob: float | None) -> float | None:
    return None if logprob is None else math.exp(min(0.0, logprob))


def _placed(pieces: Sequence[str], spans: Sequence[Span], length_s: float) -> list[Heard]:
    """Each piece stands where its letters are among those of the spans; the counts are made to fit each other."""
    total, timed = sum(_letters(piece) for piece in pieces), sum(span.letters for span in spans)
    heard, at, floor = list[Heard](), 0, 0.0
    for piece in pieces:
        count = _letters(piece)
        begin = _find(spans, at * timed / max(1, total), first=True)
        at += count
        end = _find(spans, at * timed / max(1, total), first=False) if count else begin
        begin_s = min(max(floor, begin[0]), length_s)
        end_s = min(max(begin_s, end[0]), length_s)
        heard.append(Heard(piece, begin_s, end_s, begin[1].probability, begin[1].sure))
        floor = begin_s if not count else end_s
    return heard


def _find(spans: Sequence[Span], letter: float, *, first: bool) -> tuple[float, Span]:
    """Where letter number `letter` begins (`first`), or the one before it ends, and the span that it is in."""
    at = 0.0
    for span in spans:
        inside = letter - at
        if inside < span.letters - 1e-6 or (not first and inside <= span.letters + 1e-6):
            break
        at += span.letters
    else:
        span = spans[-1]
        return span.end_s, span
    return span.begin_s + (span.end_s - span.begin_s) * max(0.0, inside) / span.letters, span
