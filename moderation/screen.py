"""All detectors together: what is in a text, and how much of a text that goes on is decided. Pure.

Promise (the tests hold it to it): let `look(prefix)` have decided up to `held`. Then whatever follows, the findings
that begin before `held` are the same, and none reaches over it. So what is shown of a prefix is never wrong later,
and no split of the text shows a part of what the whole text masks.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from moderation.email import emails
from moderation.finding import Finding, Seen, merged, settled
from moderation.iban import ibans
from moderation.names.names import Named, Names
from moderation.normalize import WIDE, Plain, plain
from moderation.numerals import counting, runs
from moderation.pii import NUMBER, numbers
from moderation.policy import ModerationPolicy
from moderation.rules import Rules

HALF: Final = 7
"""Digits of a number that may be the half of a card's."""


class Look(Struct, frozen=True):
    """What was seen; places are code points of the text.

    `findings` begin before `veiled` and do not overlap. `held`: what begins before is decided. `veiled` (not below
    `held`): the same for a display that may be corrected. `clear` (not below `held`): the same as `held` for what is
    masked; nobody waits for a flag. `anchor` (not above `held`): a text read from here on is judged as here, if it is
    told `begun`. `carry`: where a number begins with which the text ends, if it may go on; else the text's length.
    """

    findings: Sequence[Finding]
    held: int
    veiled: int
    anchor: int
    begun: bool
    clear: int
    carry: int


class Screen:
    """The rules and the kinds of personal data in force."""

    def __init__(self, rules: Rules, policy: ModerationPolicy, names: Names | None = None) -> None:
        """`names`: those of people, for one session; None: they are not looked for."""
        self.rules = rules
        self.policy = policy
        self.names = names

    @property
    def ref(self) -> str:
        """What stands in `made_by`."""
        return self.rules.ref

    def look(self, text: str, *, closed: bool, begun: bool = False) -> Look:
        """Judge `text`; unless `closed`, more may follow. `begun`: it begins within a run of digits."""
        read = plain(text, closed=closed, begun=begun)
        seen = self._seen(read)
        named = self.names.look(text, closed=closed) if self.names else Named([], len(text), len(text), [])
        found = merged([*(_back(read, one) for each in seen for one in each.findings), *named.findings])
        spans = [(finding.start, finding.end) for finding in found]
        held = settled(min(named.held, read.origin(min(one.held for one in seen))), spans)
        veiled = settled(min(named.veiled, read.origin(min(one.veiled for one in seen))), spans)
        clear = read.origin(min([seen[-1].veiled, *(one.held for one in seen[:-1])]))
        pieces = [read.span(*piece) for one in seen for piece in one.pieces if piece[0] < piece[1]]
        pieces += [piece for piece in named.read if piece[1] > held]
        anchor = len(text) if closed else _anchor(text, held, [*spans, *pieces])
        return Look(
            findings=[finding for finding in found if finding.start < max(held, veiled)],
            held=held,
            veiled=max(held, veiled),
            anchor=anchor,
            begun=begun if anchor == 0 else anchor in map(read.origin, seen[0].inside),
            clear=max(held, settled(min(named.held, clear), spans)),
            carry=read.origin(seen[0].held),
        )

    def half(self, text: str, findings: Sequence[Finding]) -> Finding | None:
        """The number with which `text` ends behind `findings`, if it is long enough to be half of a card's.

        Six digits of a card tell its issuer and nothing of its owner; with seven the account begins (ISO/IEC 7812-1).
        """
        begin = max([self.look(text + " ", closed=False).carry, *(found.end for found in findings)])
        read = plain(text, closed=True)
        groups = [group for run in runs(read)[-1:] for group in run.groups if read.at[group.start] >= begin]
        if not self.policy.card or counting(groups) or sum(len(group.digits) for group in groups) < HALF:
            return None
        start, end = read.span(groups[0].start, groups[-1].end)
        return Finding(start, end, (NUMBER[0],), "redact", NUMBER[1])

    def _seen(self, read: Plain) -> list[Seen]:
        policy = self.policy
        seen = [numbers(read, policy)]  # the first one, and the rules the last: look counts on it
        if policy.iban:
            seen.append(ibans(read))
        if policy.email:
            seen.append(emails(read))
        seen.append(self.rules.look(read))
        return seen


def _back(read: Plain, finding: Finding) -> Finding:
    start, end = read.span(finding.start, finding.end)
    return Finding(start, end, finding.categories, finding.action, finding.replacement)


def _anchor(text: str, held: int, spans: Sequence[tuple[int, int]]) -> int:
    """The last place up to `held` in none of `spans` that stands at the beginning, or behind a space or a wide
    sign."""
    place = settled(held, spans)
    while place and not (text[place - 1].isspace() or "\u2e80" <= text[place - 1] <= WIDE[-1]):
        place = settled(place - 1, spans)
    return place
