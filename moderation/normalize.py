"""Text as the detectors read it, with a way back to the code points of the text as it is. Pure.

Each code point is normalised by itself (compatibility decomposition, case folding, marks and invisible signs dropped,
digits of any script as ASCII, letters that look Latin as Latin), so what a prefix became never changes when more
follows. That is what lets all detectors work on a stream.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

WIDE: Final = "\u2e80-\U0010ffff"
"""Scripts that put no spaces between words: each sign is a token of its own."""

TOKEN: Final = re.compile(rf"[0-9]+|[^\W\d_{WIDE}]+|[{WIDE}]")
LOOKALIKES: Final = dict(zip("аеорсухіѕјԁкмтвнһɡοαεικνρτυχ", "aeopcyxisjdkmtbhhgoaeikvptux", strict=True))
DROPPED: Final = frozenset({"Mn", "Me", "Cf"})


class Token(Struct, frozen=True):
    """A word or a run of digits: `text` at [start, end) of the normalised text.

    `gap` is what stands between the token before and this one; `whole`: the token cannot grow any more.
    """

    text: str
    start: int
    end: int
    gap: str
    whole: bool = True


class Plain(Struct, frozen=True):
    """Normalised `chars`; `at[i]` is the code point of the original that `chars[i]` came from, `size` its length.

    `closed`: nothing will follow. `tail` is what stands behind the last token. `begun`: it begins within a run of
    digits that began long before.
    """

    chars: str
    at: Sequence[int]
    size: int
    closed: bool
    tokens: Sequence[Token]
    tail: str
    begun: bool = False

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's code points of [start, end), which must not be empty."""
        return self.at[start], self.at[end - 1] + 1

    def origin(self, place: int) -> int:
        """The original's code point at which `place` of the normalised text begins."""
        return self.at[place] if place < len(self.at) else self.size


@functools.lru_cache(4096)
def folded(sign: str) -> str:
    """What one code point is read as: "" when it is invisible."""
    if sign.isascii():
        return sign.lower()
    out: list[str] = []
    for part in unicodedata.normalize("NFKD", sign.casefold()):
        if unicodedata.category(part) in DROPPED:
            continue
        digit = unicodedata.decimal(part, None)
        dash = unicodedata.category(part) == "Pd" or part == "\u2212"
        out.append("-" if dash else LOOKALIKES.get(part, part) if digit is None else str(digit))
    return "".join(out)


def plain(text: str, *, closed: bool, begun: bool = False) -> Plain:
    """Normalise `text`; unless `closed`, more may follow it. `begun`: a run of digits was cut before it."""
    if text.isascii():
        chars, at = text.lower(), range(len(text))
    else:
        parts = [folded(sign) for sign in text]
        chars = "".join(parts)
        at = [place for place, part in enumerate(parts) for _ in part]
    tokens: list[Token] = []
    last = 0
    for found in TOKEN.finditer(chars):
        start, end = found.span()
        whole = closed or end < len(chars) or chars[start] >= "\u2e80"
        tokens.append(Token(found[0], start, end, chars[last:start], whole))
        last = end
    return Plain(chars, at, len(text), closed, tokens, chars[last:], begun)
