"""A namer that any test can read: it knows names, and finds those that stand whole in a text."""

import re
from collections.abc import Sequence

from hypothesis import strategies as st

from moderation.names.names import Named, Names, Spans
from moderation.policy import ModerationPolicy
from moderation.screen import Screen
from tests.screening import FRAGMENTS, GAPS, SCREEN

KNOWN = (
    "Maria Anna von der Schmidt",
    "Maria Schmidt",
    "Maria",
    "Schmidt",
    "O'Brien",
    "Will",
    "Wei Zhang",
    "Zhang",
)
BOOK = re.compile(r"\b(" + "|".join(name.replace(" ", r"\s+") for name in KNOWN) + r")\b")


def book(text: str) -> Spans:
    """Where KNOWN stand in a text."""
    return [found.span() for found in BOOK.finditer(text)]


class BookNamer:
    """See `Namer`."""

    hash = "0" * 64
    ref = "book@0"

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def names(self, texts: Sequence[str]) -> list[Spans]:
        self.asked += texts
        return [book(text) for text in texts]

    async def close(self) -> None:
        pass


class KnownNames(Names):
    """Names whose finder has always answered already."""

    def look(self, text: str, *, closed: bool) -> Named:
        self.begin()
        named = super().look(text, closed=closed)
        if wanted := list(self.wanted):
            self.learn(wanted, [book(one) for one in wanted])
            named = super().look(text, closed=closed)
        return named


def screen(*allowed: str) -> Screen:
    """A screen that looks for KNOWN too."""
    return Screen(SCREEN.rules, ModerationPolicy(), KnownNames(BookNamer.ref, allowed))


PARTS = [
    *KNOWN,
    "Ma",
    "ria",
    "Maria's",
    "Mr. ",
    "my name is",
    "and so on with it",
    "The",
    "Tell",
    "PARIS",
    *FRAGMENTS,
]
TEXTS = st.lists(st.tuples(st.sampled_from(PARTS), st.sampled_from(GAPS)), max_size=24).map(
    lambda parts: "".join(a + b for a, b in parts)
)
