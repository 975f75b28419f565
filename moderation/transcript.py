"""What was heard, masked: partials as they grow, finals once and for all. Pure.

A final that ends in what the next one may go on with waits for it (waiting.py): both are then judged as one text.
"""

from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from moderation.finding import Finding
from moderation.gate import Judged, masked
from moderation.names.names import CATEGORY
from moderation.screen import Screen
from streaming.events import Word
from streaming.facts import HeardFinal

BULLET = "•"


class Masked(Struct, frozen=True):
    """A final as it may be shown, and what was found in it."""

    final: HeardFinal
    judged: Sequence[Judged]


def partial(screen: Screen, text: str, stable: int, before: str = "") -> tuple[str, int]:
    """A partial as it may be shown, and how much of that will never change. `before`: what it may go on with.

    Patterns are masked, and what may still become one is a bullet for each code point. If `text[:stable]` begins all
    later texts, then what is shown of the stable part begins all that is shown later, the final included.
    """
    lead = before + " " if before else ""
    begin, end = len(lead), len(lead) + len(text)
    look = screen.look(lead + text, closed=False)
    sure = min(look.held, screen.look(lead + text[:stable], closed=False).held)
    veiled, sure = max(0, look.veiled - begin), max(0, sure - begin)
    findings = _clipped(look.findings, begin, end)
    shown, _ = masked(text, findings, (0, veiled), 0)
    kept, _ = masked(text, [found for found in findings if found.end <= sure], (0, sure), 0)
    return shown + BULLET * (len(text) - veiled), len(kept)


def goes_on(screen: Screen, finals: Sequence[HeardFinal]) -> bool:
    """Whether these finals end in a number that the next one may go on with."""
    text = _joined(finals)
    return screen.look(text + " ", closed=False).carry < len(text)


def veiled(screen: Screen, finals: Sequence[HeardFinal]) -> bool:
    """Whether these finals end in what a partial would veil, since it may become something that is masked."""
    text = _joined(finals)
    return screen.look(text, closed=False).veiled < len(text)


def decided(screen: Screen, finals: Sequence[HeardFinal], ahead: str) -> int:
    """How many of these finals can be told: what comes after `ahead`, which follows them, changes nothing in them, and
    nothing that was found in them reaches beyond."""
    look = screen.look(f"{_joined(finals)} {ahead}", closed=False)
    whole = [
        count
        for count, end in enumerate(_ends(finals), 1)
        if end <= look.clear and not any(found.start < end < found.end for found in look.findings)
    ]
    return max(whole, default=0)


def remembered(screen: Screen, finals: Sequence[HeardFinal]) -> int:
    """How many of these finals, from the last one back, what follows must be judged with: 0 when they end in nothing
    that goes on, or in what was found as a whole already. A first name may go on."""
    text = _joined(finals)
    clear = screen.look(text + " ", closed=False).clear
    findings = screen.look(text, closed=True).findings
    found = findings[-1].end if findings else 0
    goes_on = any(map(str.isalnum, text[found:])) or (findings and CATEGORY in findings[-1].categories)
    if clear >= len(text) or not goes_on:
        return 0
    return sum(end > clear for end in _ends(finals))


def settle(
    screen: Screen, finals: Sequence[HeardFinal], ahead: str | None = None, *, cut: bool = False
) -> list[Masked]:
    """Finals that follow each other, judged as one text, each with its own part of what was found.

    `ahead` follows them, and they are decided by it; None: nothing does. `cut`: the speaker may go on, and a number
    that may be the half of another is masked.
    """
    text = _joined(finals)
    look = screen.look(text if ahead is None else f"{text} {ahead}", closed=ahead is None)
    findings = [found for found in look.findings if found.start < len(text)]
    if cut and goes_on(screen, finals) and (half := screen.half(text, findings)):
        findings.append(half)
    out: list[Masked] = []
    for final, end in zip(finals, _ends(finals), strict=True):
        own = _clipped(findings, end - len(final.text), end)
        shown, judged = masked(final.text, own, (0, len(final.text)), 0)
        words = masked_words(final.words, own, judged, shown)
        out.append(Masked(replace(final, text=shown, words=words), judged))
    return out


def _joined(finals: Sequence[HeardFinal]) -> str:
    return " ".join(final.text for final in finals)


def _ends(finals: Sequence[HeardFinal]) -> list[int]:
    """Where each of the finals ends in their joined text."""
    return [end - 1 for end in accumulate(len(final.text) + 1 for final in finals)]


def _clipped(findings: Sequence[Finding], begin: int, end: int) -> list[Finding]:
    """What of `findings` lies in [begin, end), as places of that part."""
    return [
        replace(found, start=max(found.start, begin) - begin, end=min(found.end, end) - begin)
        for found in findings
        if found.start < end and found.end > begin
    ]


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
