"""Runs of digits, however they are written: "4111", "4-1-1-1", "four one double one", "forty one eleven". Pure.

A run is a row of groups: a numeral as it stands, or what is said in one breath ("forty one", "double four"). Groups
belong to one run while little stands between them: up to four signs of JOINT, or up to two words of LINKS.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from msgspec import Struct

from moderation.normalize import Plain, Token
from moderation.numberwords import LINKS, LONGEST, TIMES, UNITS, WORDS, ZEROS, number

JOINT: Final = re.compile(r"[\s\-.,_·•*()|]{0,4}")
LEAD: Final = re.compile(r"(\+\s?\(?|\()$")
STARTS: Final = frozenset(word[:n] for word in WORDS for n in range(1, len(word) + 1))
"""Every beginning of a word that may begin a group."""
GOES_ON: Final = STARTS | {word[:n] for word in (*LINKS, *ZEROS) for n in range(1, len(word) + 1)}
"""Every beginning of a word with which a run may go on."""


class Group(Struct, frozen=True):
    """Digits that belong together, at [start, end) of the normalised text; `gap` stands before them."""

    digits: str
    start: int
    end: int
    gap: str
    spoken: bool


class Run(Struct, frozen=True):
    """Groups in a row. `start`: that of the first, or of the `lead` ("+", "(") before it.

    `open`: what follows may still belong to it, and may still change its last group. `end`: behind all that was read.
    `begun`: more than a card's digits of it stood before the text.
    """

    groups: Sequence[Group]
    start: int
    end: int
    lead: str
    open: bool
    begun: bool = False


def runs(text: Plain) -> list[Run]:
    """All runs, in order; only the last one can be open."""
    out: list[Run] = []
    tokens, place = text.tokens, 0
    while place < len(tokens):
        run, behind = _run(text, place)
        if run is not None:
            out.append(run)
        place = behind
    lead = LEAD.search(text.tail)
    if lead and not text.closed and not (out and out[-1].open):
        out.append(Run((), len(text.chars) - len(lead[0]), len(text.chars), lead[0], open=True))
    return out


def digits_only(token: Token) -> bool:
    """Whether the token is a numeral."""
    return token.text[0].isdigit()


def counting(groups: Sequence[Group]) -> bool:
    """At least four numbers that go up or down in equal steps: "7, 8, 9, 10", "1990 1995 2000 2005"."""
    if len(groups) < 4:
        return False
    values = [int(group.digits) for group in groups]
    step = values[1] - values[0]
    return step != 0 and all(b - a == step for a, b in pairwise(values))


def _run(text: Plain, first: int) -> tuple[Run | None, int]:
    """The run that begins with token `first`, if one does, and the first token behind it."""
    tokens = text.tokens
    groups: list[Group] = []
    place, links = first, 0
    open_ = False
    while place < len(tokens):
        token = tokens[place]
        if groups and not JOINT.fullmatch(token.gap):
            break
        if not token.whole:
            open_ = digits_only(token) or token.text in (GOES_ON if groups else STARTS)
            break
        group, behind = _group(text, place)
        if group is not None:
            groups.append(group)
            place, links = behind, 0
        elif groups and links < 2 and token.text in LINKS:
            place, links = place + 1, links + 1
        elif _unfinished(text, place):
            open_ = True
            break
        else:
            break
    else:
        open_ = not text.closed and bool(groups) and JOINT.fullmatch(text.tail) is not None
    if not groups and not open_:
        return None, first + 1
    lead = LEAD.search(tokens[first].gap)
    start = tokens[first].start - (len(lead[0]) if lead else 0)
    end = len(text.chars) if open_ else groups[-1].end
    # Words like "and" behind a run are not its own: they are read again, as the beginning of something else.
    behind = len(tokens) if open_ else max(place - links, first + 1)
    begun = text.begun and start == 0
    return Run(groups, start, end, lead[0] if lead else "", open_, begun), behind


def _unfinished(text: Plain, place: int) -> bool:
    """Whether the token at `place` is a "double" that what follows may still make a group."""
    if text.closed or text.tokens[place].text not in TIMES:
        return False
    following = text.tokens[place + 1 :]
    if not following:
        return True
    return not following[0].whole and (digits_only(following[0]) or following[0].text in STARTS)


def _group(text: Plain, place: int) -> tuple[Group | None, int]:
    """The group that begins with the whole token at `place`, and the first token behind it."""
    tokens = text.tokens
    token = tokens[place]
    if digits_only(token):
        return Group(token.text, token.start, token.end, token.gap, spoken=False), place + 1
    following = tokens[place + 1] if place + 1 < len(tokens) else None
    digits, last = "", place
    if token.text not in TIMES:
        digits, taken = number(_together(tokens, place))
        last = place + taken - 1
    elif following and following.whole and len(following.gap) <= 1 and JOINT.fullmatch(following.gap):
        one = following.text if following.text.isdigit() else UNITS.get(following.text, "")
        digits, last = one * TIMES[token.text] if len(one) == 1 else "", place + 1
    if not digits:
        return None, place + 1
    zeros = tokens[last + 1] if last + 1 < len(tokens) else None
    if zeros and zeros.whole and zeros.text in ZEROS and JOINT.fullmatch(zeros.gap):
        last += 1
        digits += ZEROS[zeros.text]
    return Group(digits, token.start, tokens[last].end, token.gap, spoken=True), last + 1


def _together(tokens: Sequence[Token], place: int) -> list[str]:
    """The words from `place` on that a space or a hyphen joins: all that one number may be said in."""
    words = [tokens[place].text]
    for token in tokens[place + 1 : place + LONGEST]:
        if not token.whole or token.gap not in (" ", "-"):
            break
        words.append(token.text)
    return words
