"""Which windows of a growing text are to be judged, and when. Pure.

A window ends where a boundary is: the first at the end of a clause of 8 tokens or more, or at the 12th token; then at
the end of each clause, at the latest after 24 tokens. It begins up to 48 tokens before its end, so that a phrase is
judged with what led to it. Boundaries depend on the text before them and on one code point behind, never on how the
text came. When several came at once, only so many windows are due as judge every new token with 12 before it: an owner
who asks again when the last answer is there thus lets the newest window replace older ones, and nothing goes unjudged.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Final

from msgspec import Struct

TOKEN: Final = re.compile(r"[^\W_\u2e80-\U0010ffff]{1,16}|[^\w\s]|_|[\u2e80-\U0010ffff]")
"""A word, a part of a long one, or a sign: each costs an embedding model at least one of its own tokens."""
CLAUSE: Final = frozenset(".!?;:,\n…。！？；，、")


class WindowPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """In tokens, but for `widest`, a window's most signs, blanks apart: it stays below what the embedding model reads.

    A window may be left out if the next one has `lead` tokens of what was judged before it.
    """

    soonest: int = 8
    first: int = 12
    clause: int = 4
    longest: int = 24
    context: int = 48
    lead: int = 12
    widest: int = 480


class Window(Struct, frozen=True):
    """[start, end) of the text, in code points. When it was judged, all of the text before `end` was."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Its part of the text."""
        return text[self.start : self.end]


def due(
    text: str, judged: int, *, closed: bool = False, policy: WindowPolicy | None = None, most: int = 0
) -> Sequence[Window]:
    """The windows to judge now, in order, so that all up to the last boundary of `text` is; or the first `most`.

    `judged`: the `end` of the last window that was, 0 before any. `closed`: nothing follows, and what is left is
    due too. A text may be given from any place on that has `widest` code points before `judged`, or all there are.
    """
    policy = policy or WindowPolicy()
    ends: Iterator[int | None] = chain(_boundaries(text, judged, closed, policy), [None])
    windows: list[Window] = []
    last = judged
    for end, following in pairwise(ends):
        assert end is not None, "only the last one is none"
        lead = _begin(text, last, policy.lead, policy.widest)
        if following is None or _begin(text, following, policy.context, policy.widest) > lead:
            windows.append(Window(_begin(text, end, policy.context, policy.widest), end))
            last = end
        if most and len(windows) == most:
            break
    return windows


def _boundaries(text: str, judged: int, closed: bool, policy: WindowPolicy) -> Iterator[int]:
    """Ends of windows behind `judged`. A boundary needs something behind it: a word may grow, "3." become "3.5"."""
    count, begun = 0, judged
    most, least = (policy.first, policy.soonest) if judged == 0 else (policy.longest, policy.clause)
    for found in TOKEN.finditer(text, judged):
        if found.end() == len(text):
            break
        count += 1
        behind = text[found.end()]
        clause = behind == "\n" or (found[0] in CLAUSE and behind.isspace())
        if count >= most or (clause and count >= least):
            yield found.end()
            count, begun = 0, found.end()
            most, least = policy.longest, policy.clause
    if closed and text[begun:].strip():
        yield len(text)


def _begin(text: str, end: int, count: int, widest: int) -> int:
    """Where the last `count` tokens before `end` begin, or fewer of `widest` signs. Blanks are free, however many."""
    reach = widest
    while True:
        lowest = max(0, end - reach)
        tokens = [found.span() for found in TOKEN.finditer(text, lowest, end)]
        if lowest == 0 or len(tokens) > count:
            break
        reach *= 2
    begin = end
    for start, stop in reversed(tokens[-count:]):
        widest -= stop - start
        if widest < 0:
            break
        begin = start
    return begin
