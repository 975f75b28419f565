"""Personal data that is made of digits: payment cards, telephone numbers, US social security numbers. Pure.

What counts, in a run of groups (numerals.py):
- card: any row of whole groups with 13 to 19 digits in all that passes Luhn's check (ISO/IEC 7812-1, annex B),
  wherever in the run it stands, so that digits before or behind it hide nothing. A numeral of 20 digits or more is
  masked whole as a number: no card is that long, and nobody needs to read it.
- phone: "+" and 8 to 15 digits (E.164); a North American number written as 10, 3-3-4, 3-7, with or without a 1 before
  it, area code and exchange not beginning with 0 or 1; a whole run of such 10 digits without commas in it; a whole
  run that begins with 0 (national) or 00 (international).
- ssn: 3-2-4, or nine digits said one by one as a whole run; not 000, 666 or 9xx, not 00, not 0000.
Groups that count up or down in equal steps are a count, and no pattern but "+" counts in them.

Decided is a group when 19 digits stand behind its beginning, or its run is over. What was found ends its run there:
the rest is read as a run of its own. So what is held back is never longer than about 20 groups.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from moderation.finding import Finding, Seen, merged
from moderation.normalize import Plain
from moderation.numerals import Group, Run, runs
from moderation.policy import ModerationPolicy

VERSION: Final = "1"
CARD: Final = range(13, 20)
CARD_FINDING: Final = ("pii/card", "[card number]")
PHONE: Final = ("pii/phone", "[phone number]")
SSN: Final = ("pii/ssn", "[social security number]")
NUMBER: Final = ("pii/number", "[number]")
NANP_SHAPES: Final = frozenset({(10,), (3, 3, 4), (3, 7), (11,), (1, 10), (1, 3, 3, 4), (1, 3, 7)})


def numbers(text: Plain, policy: ModerationPolicy) -> Seen:
    """Cards, telephone numbers and the like in `text`."""
    findings: list[Finding] = []
    pieces: list[tuple[int, int]] = []
    held = len(text.chars)
    for run in runs(text):
        found, held = _judged(run, held, policy)
        findings += found
        begin = run.start
        for one in merged(found):
            pieces.append((begin, one.end))
            begin = one.end
        pieces.append((begin, run.end))
    return Seen(findings, held, held, pieces)


def luhn(digits: str) -> bool:
    """Luhn's check: every second digit from the right doubled (less 9 when over 9), the sum divisible by ten."""
    doubled = sum((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[int(digit)] for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[::-2]))) % 10 == 0


def _judged(run: Run, held: int, policy: ModerationPolicy) -> tuple[list[Finding], int]:
    """What is in a run, and from where on it is undecided (`held` when nowhere)."""
    groups = run.groups
    if not groups:
        return [], run.start
    undecided = _undecided(run)
    windows = _windows(run, policy)
    begin, out = 0, list[Finding]()
    while True:
        here = [found for found in windows if found.start >= groups[begin].start or begin == 0]
        if not run.open:
            here += _whole(run, begin, policy)
        first = next(iter(merged(here)), None)
        behind = 0 if first is None else _index(groups, first.end)
        if first is None or behind > undecided:
            starts = [first.start] if first else []
            if undecided < len(groups) or run.open:
                at = run.start if undecided == 0 else groups[undecided].start
                starts.append(at)
                held = min(held, *starts)
            return [*out, *([first] if first else [])], held
        out.append(first)
        begin = behind
        if begin == len(groups):
            return out, held


def _undecided(run: Run) -> int:
    """The first group that what follows may still make part of a pattern; their number when there is none."""
    if not run.open:
        return len(run.groups)
    place, behind = len(run.groups) - 1, 0
    while place > 0 and behind + len(run.groups[place - 1].digits) < CARD[-1]:
        behind += len(run.groups[place - 1].digits)
        place -= 1
    return place


def _index(groups: Sequence[Group], end: int) -> int:
    return next((i for i, group in enumerate(groups) if group.start >= end), len(groups))


def _windows(run: Run, policy: ModerationPolicy) -> list[Finding]:
    """Patterns that can be told from their own groups."""
    out: list[Finding] = []
    groups = run.groups
    for first, group in enumerate(groups):
        if policy.card and len(group.digits) > CARD[-1]:
            out.append(_found(run, first, first, NUMBER))
            continue
        digits, shape = "", ()
        for last in range(first, len(groups)):
            digits += groups[last].digits
            shape = (*shape, len(groups[last].digits))
            if len(digits) > CARD[-1]:
                break
            kind = _kind(digits, shape, groups[first : last + 1], policy)
            if kind:
                out.append(_found(run, first, last, kind))
    if policy.phone and "+" in run.lead:
        out += _international(run)
    return out


def _kind(
    digits: str, shape: tuple[int, ...], groups: Sequence[Group], policy: ModerationPolicy
) -> tuple[str, str] | None:
    size = len(digits)
    if policy.card and size in CARD and luhn(digits) and not counting(groups):
        return CARD_FINDING
    if policy.phone and shape in NANP_SHAPES and nanp(digits) and not any(group.spoken for group in groups):
        return PHONE
    if policy.ssn and shape == (3, 2, 4) and like_ssn(digits):
        return SSN
    return None


def _whole(run: Run, begin: int, policy: ModerationPolicy) -> list[Finding]:
    """Patterns that only a run as a whole can be."""
    groups = run.groups[begin:]
    digits = "".join(group.digits for group in groups)
    last = len(run.groups) - 1
    if not 9 <= len(digits) <= 17 or counting(groups):
        return []
    singles = sum(len(group.digits) == 1 or group.spoken for group in groups)
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


def counting(groups: Sequence[Group]) -> bool:
    """At least four numbers that go up or down in equal steps: "7, 8, 9, 10", "1990 1995 2000 2005"."""
    if len(groups) < 4:
        return False
    values = [int(group.digits) for group in groups]
    step = values[1] - values[0]
    return step != 0 and all(b - a == step for a, b in pairwise(values))


def _dated(groups: Sequence[Group]) -> bool:
    """Begins with a date, as ISO 8601 writes it: "2026-11-24 09"."""
    return [len(group.digits) for group in groups[:3]] == [4, 2, 2] and groups[0].digits[:2] in ("19", "20")
