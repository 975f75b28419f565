"""What a detector found, and how what several found is put together. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from streaming.events import Action

STRENGTH: Final[dict[Action, int]] = {"pass": 0, "flag": 1, "redact": 2, "retract": 3, "block": 4}
LETTERS: Final = 64
"""A word longer than this is none: no list has such a word, and an e-mail's local part may not be longer."""


class Finding(Struct, frozen=True):
    """[start, end) of a text, what it is, and what is to be done. `replacement` stands for it when it is masked;
    `made_by` is who found it, where that is not the rules."""

    start: int
    end: int
    categories: tuple[str, ...]
    action: Action = "redact"
    replacement: str | None = None
    made_by: str = ""


class Seen(Struct, frozen=True):
    """What one detector says about a text that may go on; places are of the normalised text.

    Everything before `held` is decided: no finding begins there that is not in `findings`, whatever follows. `veiled`
    is the same for a display that may be corrected: a lone word that might become the beginning of something is left
    in sight. `pieces` must be read from their start to be read the same again; what is read from one of `inside` on
    must be told that a run of digits begun before.
    """

    findings: Sequence[Finding]
    held: int
    veiled: int
    pieces: Sequence[tuple[int, int]] = ()
    inside: Sequence[int] = ()


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in order, those that overlap put into one: the strongest action, the longest one's replacement."""
    out: list[Finding] = []
    longest = 0
    for found in sorted(findings, key=lambda f: (f.start, -f.end)):
        last = out[-1] if out else None
        if last is None or found.start >= last.end:
            out.append(found)
            longest = found.end - found.start
            continue
        strong, weak = (found, last) if STRENGTH[found.action] > STRENGTH[last.action] else (last, found)
        size = found.end - found.start
        if strong.action == weak.action and size > longest:
            strong = found
        longest = max(longest, size)
        out[-1] = Finding(
            last.start,
            max(last.end, found.end),
            tuple(dict.fromkeys((*last.categories, *found.categories))),
            strong.action,
            strong.replacement,
            strong.made_by,
        )
    return out


def settled(place: int, spans: Iterable[tuple[int, int]]) -> int:
    """The last place up to `place` that lies inside none of `spans`."""
    ordered = sorted(spans, reverse=True, key=lambda span: span[1])
    moved = True
    while moved:
        moved = False
        for start, end in ordered:
            if start < place < end:
                place, moved = start, True
    return place
