"""A namer that any test can read: it knows names, and finds those that stand whole in a text."""

import importlib.util
import re
from collections.abc import Sequence

import pytest
from hypothesis import strategies as st

from moderation.names.entities import SHIPPED
from moderation.names.names import Named, Names, Spans
from moderation.policy import ModerationPolicy
from moderation.screen import Screen
from tests.screening import FRAGMENTS, GAPS, SCREEN

SPACY = pytest.mark.skipif(
    not (importlib.util.find_spec("spacy") and importlib.util.find_spec(SHIPPED)),
    reason="spaCy and its pipeline are not installed: pip install -e '.[names]'",
)
TITLED = "Mrs O'Brien"
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
BOOK = re.compile(
    r"\b("
    + "|".join(name.replace(" ", r"\s+") for name in (TITLED, *KNOWN))
    + r"|(?<=\bis )Berlin|Berlin(?= called))\b"
)
"""A place is a person where "is" stands before it, or "called" behind it."""


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
    "is Berlin",
    "Berlin called",
    "is",
    "Berlin",
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
