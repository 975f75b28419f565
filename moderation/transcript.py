"""What was heard, masked: partials as they grow, finals once and for all. Pure.

A final that ends in a number which the next one may go on with waits for it: both are then judged as one text.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from moderation.finding import Finding
from moderation.gate import Judged, masked
from moderation.screen import Screen
from streaming.events import Word
from streaming.facts import HeardFinal

BULLET = "•"


class Masked(Struct, frozen=True):
    """A final as it may be shown, and what was found in it."""

    final: HeardFinal
    judged: Sequence[Judged]


def partial(screen: Screen, text: str, stable: int) -> tuple[str, int]:
    """A partial as it may be shown, and how much of that will never change.

    Patterns are masked, and what may still become one is a bullet for each code point. If `text[:stable]` begins all
    later texts, then what is shown of the stable part begins all that is shown later, the final included.
    """
    look = screen.look(text, closed=False)
    sure = min(look.held, screen.look(text[:stable], closed=False).held)
    shown, _ = masked(text, look.findings, (0, look.veiled), 0)
    kept, _ = masked(text, [found for found in look.findings if found.end <= sure], (0, sure), 0)
    return shown + BULLET * (len(text) - look.veiled), len(kept)


def goes_on(screen: Screen, finals: Sequence[HeardFinal]) -> bool:
    """Whether these finals end in a number that the next one may go on with."""
    text = " ".join(final.text for final in finals)
    return screen.look(text + " ", closed=False).carry < len(text)


def settle(screen: Screen, finals: Sequence[HeardFinal]) -> list[Masked]:
    """Finals that follow each other, judged as one text, each with its own part of what was found."""
    text = " ".join(final.text for final in finals)
    findings = screen.look(text, closed=True).findings
    out: list[Masked] = []
    begin = 0
    for final in finals:
        end = begin + len(final.text)
        own = [
            Finding(
                max(found.start, begin) - begin,
                min(found.end, end) - begin,
                found.categories,
                found.action,
                found.replacement,
            )
            for found in findings
            if found.start < end and found.end > begin
        ]
        shown, judged = masked(final.text, own, (0, len(final.text)), 0)
        words = masked_words(final.words, own, judged, shown)
        out.append(Masked(replace(final, text=shown, words=words), judged))
        begin = end + 1
    return out


def masked_words(
    words: Sequence[Word], findings: Sequence[Finding], judged: Sequence[Judged], shown: str
) -> list[Word]:
    """The words of the masked text `shown`: those that a replacement touches are one word, all offsets are right
    again.

    `judged[i]` is `findings[i]` in the masked text.
    """
    out: list[Word] = []
    last = None
    for word in words:
        begin, end = word.offset, word.offset + len(word.text)
        touching = (
            place
            for place, found in enumerate(findings)
            if found.replacement is not None and found.start < max(end, begin + 1) and found.end > begin
        )
        place = next(touching, None)
        if place is None:
            moved = begin + _shift(begin, findings, judged)
            out.append(replace(word, text=shown[moved : moved + len(word.text)], offset=moved))
        elif place == last:
            lowest = min(out[-1].confidence, word.confidence)
            out[-1] = replace(out[-1], end_ms=max(out[-1].end_ms, word.end_ms), confidence=lowest)
        else:
            start, stop = judged[place].span
            out.append(replace(word, text=shown[start:stop], offset=start))
        last = place
    return out


def _shift(place: int, findings: Sequence[Finding], judged: Sequence[Judged]) -> int:
    """How far a place of the original moves in the masked text."""
    shift = 0
    for found, told in zip(findings, judged, strict=True):
        if found.end <= place:
            shift = told.span[1] - found.end
    return shift
