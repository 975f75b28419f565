"""What any finder of names does: the one that tests can read, and spaCy."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from moderation.names.asking import Namer
from moderation.names.entities import SHIPPED, opened
from tests.naming import SPACY, BookNamer

TEXTS = [
    "",
    " ",
    "My name is Maria Schmidt.",
    "the order is on its way",
    "Thank you, Wei Zhang, for calling.",
    "\n\t…",
]
EXPECTED = [[], [], ["Maria Schmidt"], [], ["Wei Zhang"], []]


@pytest.fixture(params=["book", pytest.param("spacy", marks=SPACY)], scope="module")
def made(request: pytest.FixtureRequest) -> Namer:
    return BookNamer() if request.param == "book" else opened(SHIPPED)


@pytest.fixture
async def namer(made: Namer) -> AsyncIterator[Namer]:
    if isinstance(made, BookNamer):
        yield made
        return
    fresh = type(made)(made._pipeline, made.hash)  # type: ignore[attr-defined,call-arg] # a desk is of one event loop
    yield fresh
    await fresh.close()


async def test_names_are_told_whole_and_in_the_order_of_the_texts(namer: Namer) -> None:
    answers = await namer.names(TEXTS)
    found = [[text[a:b] for a, b in spans] for text, spans in zip(TEXTS, answers, strict=True)]
    assert found == EXPECTED


async def test_a_text_has_the_same_names_whoever_is_asked_about_with_it(namer: Namer) -> None:
    texts = [f"{text} Maria said that {number} is right." for text in TEXTS for number in range(20)]
    alone = [(await namer.names([text]))[0] for text in texts[::7]]
    together = await asyncio.gather(*(namer.names(texts[at : at + 5]) for at in range(0, len(texts), 5)))
    assert [one for five in together for one in five][::7] == alone
    assert await namer.names([]) == []


async def test_spans_are_in_order_within_the_text_and_apart(namer: Namer) -> None:
    text = "Maria Schmidt, Wei Zhang and O'Brien met Will. " * 30
    [spans] = await namer.names([text])
    places = [place for span in spans for place in span]
    assert places == sorted(places)
    assert places
    assert places[-1] <= len(text)
    assert all(a < b for a, b in spans)


async def test_it_says_who_it_is(namer: Namer) -> None:
    name, _, digits = namer.ref.partition("@")
    assert name
    assert namer.hash.startswith(digits)
