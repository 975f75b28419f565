"""What the tests of the moderation have in common: a screen with the project's own lists, and texts that tempt it."""

from itertools import pairwise
from pathlib import Path

from hypothesis import strategies as st

import moderation
from moderation.policy import ModerationPolicy
from moderation.rules import Rules
from moderation.screen import Screen

LISTS = Path(moderation.__file__).parent / "lists" / "english.toml"
SCREEN = Screen(Rules([LISTS.read_bytes()]), ModerationPolicy())


def listed(*kinds: str) -> list[str]:
    """All items of `kinds`, each of which has "|" between its items."""
    return [item for kind in kinds for item in kind.split("|")]


FRAGMENTS = listed(
    "4111 1111 1111 1111|4111|1111|41|1|5500-0000-0000-0004|378282246310005|2024|12/27|20",
    "four|one|double one|triple five|forty|forty one|eleven|oh|twenty three|hundred|ten",
    "double|and|uh|dash|for|fo|tw|at|dot|plus",
    "+44 20 7946 0958|(212) 555-0123|+1|212|555|0123|(|)|+",
    "123-45-6789|DE89 3704 0044 0532 0130 00|de|GB29|nwbk|is|it",
    "john|john.smith@example.com|john dot smith|at example dot com|at example.com|@|a|b|com|.",
    "fuck|fuc|k|you|how to|make a bomb|how|to|make|sh1t|kill|yourself|myself|$|!",
    "hello|the|I|want to die",
    "é|\u200b|４１１１|٤|中|文|•|\n|\t|...|’|ﬁ|½",
)
GAPS = [" ", " ", " ", "", "-", ".", ", ", ". ", "  "]
TEXTS = st.lists(st.tuples(st.sampled_from(FRAGMENTS), st.sampled_from(GAPS)), max_size=14).map(
    lambda parts: "".join(a + b for a, b in parts)
)
SPLITS = st.lists(st.integers(0, 120), max_size=8)


def pieces(text: str, cuts: list[int]) -> list[str]:
    """`text` cut at `cuts`."""
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    return [text[a:b] for a, b in pairwise(places)]


def whole(text: str) -> str:
    """The text with everything masked that the screen finds in it."""
    out, place = "", 0
    for found in SCREEN.look(text, closed=True).findings:
        out += text[place : found.start]
        if found.action == "block":
            return out
        out += text[found.start : found.end] if found.replacement is None else found.replacement
        place = found.end
    return out + text[place:]
