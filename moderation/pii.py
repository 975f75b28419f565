"""Personal data that is made of digits: payment cards, telephone numbers, US social security numbers. Pure.

What counts, in a run of groups (numerals.py):
- card: any row of whole groups with 13 to 19 digits in all that passes Luhn's check (ISO/IEC 7812-1, annex B),
  wherever in the run it stands, so that digits before or behind it hide nothing. A numeral of 20 digits or more is
  masked whole as a number: no card is that long, and nobody needs to read it. So is a whole run of as many digits as a
  card has, said one by one: where one of them was misheard, Luhn's check says nothing.
- phone: "+" and 8 to 15 digits (E.164); a North American number written as 10, 3-3-4, 3-7, with or without a 1 before
  it, area code and exchange not beginning with 0 or 1; a whole run of such 10 digits without commas in it; a whole
  run that begins with 0 (national) or 00 (international).
- ssn: 3-2-4, or nine digits said one by one as a whole run; not 000, 666 or 9xx, not 00, not 0000.
Groups that count up or down in equal steps are a count, and no pattern but "+" counts in them.

Decided is a group when 19 digits stand behind its beginning, or its run is over. Where what was found ends the run ends
too: the rest is a run of its own. What is found among many digits is told in shares, so that what is held back is never
longer than some 57 digits, however many follow each other; only a single numeral is held until it ends.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from moderation.finding import Finding, Seen, merged
from moderation.normalize import Plain
from moderation.numerals import Group, Run, counting, runs
from moderation.policy import ModerationPolicy

VERSION: Final = "2"
CARD: Final = range(13, 20)
WHOLE: Final = range(9, 18)
SHORTEST: Final = 9
LONGEST_SHAPE: Final = 11
SHARE: Final = 38
CARD_FINDING: Final = ("pii/card", "[card number]")
PHONE: Final = ("pii/phone", "[phone number]")
SSN: Final = ("pii/ssn", "[social security number]")
NUMBER: Final = ("pii/number", "[number]")
NANP_SHAPES: Final = frozenset({(10,), (3, 3, 4), (3, 7), (11,), (1, 10), (1, 3, 3, 4), (1, 3, 7)})


def numbers(text: Plain, policy: ModerationPolicy) -> Seen:
    """Cards, telephone numbers and the like in `text`."""
    findings: list[Finding] = []
    pieces, inside = list[tuple[int, int]](), list[int]()
    held = len(text.chars)
    for run in runs(text):
        judged = _judged(run, held, policy)
        findings += judged.findings
        held = judged.held
        pieces += pairwise((run.start, *judged.begins, *judged.inside, run.end))
        inside += judged.inside
    return Seen(findings, held, held, pieces, inside)


def luhn(digits: str) -> bool:
    """Luhn's check: every second digit from the right doubled (less 9 when over 9), the sum divisible by ten."""
    doubled = sum((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[int(digit)] for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[::-2]))) % 10 == 0


class _Judged(Struct, frozen=True):
    """What is in a run, from where on it is undecided, where, behind what was found, another run begins, and where
    groups begin behind so many digits that the run as a whole is no pattern."""

    findings: Sequence[Finding]
    held: int
    begins: Sequence[int] = ()
    inside: Sequence[int] = ()


def _judged(run: Run, held: int, policy: ModerationPolicy) -> _Judged:
    """`held` is the answer where nothing of the run is undecided."""
    groups = run.groups
    if not groups:
        return _Judged([], run.start)
    undecided = _undecided(run)
    windows = _windows(run, policy)
    clusters = merged(windows)
    begin, out, begins = 0, list[Finding](), list[int]()
    for place, cluster in enumerate(clusters):
        whole = _whole(run, begin, policy)
        if whole:
            return _Judged([*out, *merged([*clusters[place:], *whole])], held, begins)
        for found in _shares(run, cluster, windows):
            out.append(found)
            if bisect_left(groups, found.end, key=_start) > undecided:
                return _Judged(out, min(found.start, _begins(run, undecided, held)), begins)
        begin = bisect_left(groups, cluster.end, key=_start)
        begins.append(_begins(run, begin, run.end))
    out += _whole(run, begin, policy)
    inside = [group.start for group in groups[begin + 1 : undecided + 1]] if run.open else []
    return _Judged(out, _begins(run, undecided, held), begins, inside)


def _shares(run: Run, cluster: Finding, windows: Sequence[Finding]) -> Sequence[Finding]:
    """What was found, in shares of at most SHARE digits: among many digits windows overlap without end."""
    groups = [group for group in run.groups if cluster.start < group.end and group.start < cluster.end]
    spans: list[tuple[int, int]] = []
    size = SHARE
    for group in groups:
        if size + len(group.digits) > SHARE:
            spans.append((min(group.start, cluster.start) if not spans else group.start, group.end))
            size = 0
        spans[-1] = (spans[-1][0], group.end)
        size += len(group.digits)
    if len(spans) == 1:
        return [cluster]
    clipped = [
        replace(window, start=max(window.start, start), end=min(window.end, end))
        for start, end in spans
        for window in windows
        if window.start < end and start < window.end
    ]
    return merged(clipped)


def _start(group: Group) -> int:
    return group.start


def _begins(run: Run, place: int, otherwise: int) -> int:
    """Where the run's group at `place` begins; `otherwise` when there is none."""
    if place >= len(run.groups):
        return otherwise
    return run.groups[place].start if place else run.start


def _undecided(run: Run) -> int:
    """The first group that what follows may still make part of a pattern; their number when there is none."""
    if not run.open:
        return len(run.groups)
    place, behind = len(run.groups) - 1, 0
    while place > 0 and behind + len(run.groups[place - 1].digits) < CARD[-1]:
        behind += len(run.groups[place - 1].digits)
        place -= 1
    return place


def _windows(run: Run, policy: ModerationPolicy) -> list[Finding]:
    """Patterns that can be told from their own groups."""
    out: list[Finding] = []
    groups = run.groups
    for first, group in enumerate(groups):
        if policy.card and len(group.digits) > CARD[-1]:
            out.append(_found(run, first, first, NUMBER))
            continue
        digits = ""
        for last in range(first, len(groups)):
            digits += groups[last].digits
            if len(digits) > CARD[-1]:
                break
            kind = _kind(digits, groups, first, last, policy) if len(digits) >= SHORTEST else None
            if kind:
                out.append(_found(run, first, last, kind))
    if policy.phone and "+" in run.lead:
        out += _international(run)
    return out


def _kind(
    digits: str, groups: Sequence[Group], first: int, last: int, policy: ModerationPolicy
) -> tuple[str, str] | None:
    size = len(digits)
    if policy.card and size in CARD and luhn(digits) and not counting(groups[first : last + 1]):
        return CARD_FINDING
    if size > LONGEST_SHAPE or last - first >= 4:
        return None
    window = groups[first : last + 1]
    shape = tuple(len(group.digits) for group in window)
    if policy.phone and shape in NANP_SHAPES and nanp(digits) and not any(group.spoken for group in window):
        return PHONE
    if policy.ssn and shape == (3, 2, 4) and like_ssn(digits):
        return SSN
    return None


def _whole(run: Run, begin: int, policy: ModerationPolicy) -> list[Finding]:
    """Patterns that only a run as a whole can be."""
    if run.open or (run.begun and not begin) or len(run.groups) - begin > CARD[-1]:
        return []
    groups = run.groups[begin:]
    digits = "".join(group.digits for group in groups)
    last = len(run.groups) - 1
    singles = sum(len(group.digits) == 1 or group.spoken for group in groups)
    if counting(groups):
        return []
    if policy.card and len(digits) in CARD and singles == len(groups):
        return [_found(run, begin, last, NUMBER)]
    if len(digits) not in WHOLE:
        return []
    commas = any("," in group.gap for group in groups[1:])
    if policy.ssn and len(digits) == 9 and singles == len(groups) and like_ssn(digits):
        return [_found(run, begin, last, SSN)]
    said = singles == len(groups) and len(groups) >= 6
    american = nanp(digits) and (said or not (commas or _dated(groups)))
    if policy.phone and (american or _national(groups, digits)):
        return [_found(run, begin, last, PHONE)]
    return []


def _national(groups: Sequence[Group], digits: str) -> bool:
    """Begins with the 0 of a long-distance call; "0.333333333" does not."""
    if not (len(groups[0].digits) > 1 or groups[0].spoken or all(len(group.digits) == 1 for group in groups)):
        return False
    return (digits.startswith("00") and len(digits) >= 10) or (digits[0] == "0" and 10 <= len(digits) <= 12)


def _international(run: Run) -> list[Finding]:
    """ "+" and as many whole groups as have at most 15 digits in all."""
    size, last = 0, -1
    for place, group in enumerate(run.groups):
        if size + len(group.digits) > 15:
            break
        size, last = size + len(group.digits), place
    return [_found(run, 0, last, PHONE)] if size >= 8 else []


def _found(run: Run, first: int, last: int, kind: tuple[str, str]) -> Finding:
    groups = run.groups
    start = groups[first].start
    if first == 0 and kind is PHONE and ("+" in run.lead or (last > 0 and ")" in groups[1].gap)):
        start = run.start
    return Finding(start, groups[last].end, (kind[0],), "redact", kind[1])


def nanp(digits: str) -> bool:
    """A telephone number of the North American plan: [1] NXX NXX XXXX, N from 2 to 9, no exchange N11."""
    if len(digits) == 11 and digits[0] == "1":
        digits = digits[1:]
    return len(digits) == 10 and digits[0] > "1" and digits[3] > "1" and digits[4:6] != "11"


def like_ssn(digits: str) -> bool:
    """Nine digits that may be a US social security number: area not 000, 666 or 9xx, no part all zeros."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"


def _dated(groups: Sequence[Group]) -> bool:
    """Begins with a date, as ISO 8601 writes it: "2026-11-24 09"."""
    return [len(group.digits) for group in groups[:3]] == [4, 2, 2] and groups[0].digits[:2] in ("19", "20")
