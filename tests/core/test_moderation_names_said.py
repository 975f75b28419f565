"""Names in what is said: over partials, finals and turns, and in the sound that is kept of it."""

from collections.abc import Sequence
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from moderation.names.asking import Naming
from moderation.names.names import Names, Spans
from streaming.events import ModerationVerdict, TranscriptFinal, TranscriptPartial, TurnEnded, Word
from streaming.facts import EagerEndpoint, Endpoint, HeardFinal, HeardPartial, Typed
from streaming.recording.silencing import Silencing
from tests.naming import BookNamer, screen
from tests.scribing import Session, final

NAMED = screen()


def spoken(text: str, at: int) -> HeardFinal:
    """A final of one word each 500 ms."""
    words, place = list[Word](), 0
    for number, word in enumerate(text.split()):
        place = text.index(word, place)
        words.append(Word(word, place, at + 500 * number, at + 500 * number + 400, 0.9))
        place += len(word)
    return replace(final(text, at=at), words=words, end_ms=at + 500 * len(words) - 100)


def texts(session: Session) -> list[str]:
    return [event.text for event in session.log if isinstance(event, TranscriptFinal)]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("my name is Maria", "Schmidt and I call", ["my name is [name]", "[name] and I call"]),
        ("it is Maria Anna von", "der Schmidt.", ["it is [name]", "[name]."]),
        ("ask Maria", "about it today please", ["ask [name]", "about it today please"]),
        ("that was Wei", "Berlin and so on then", ["that was Wei", "Berlin and so on then"]),
    ],
)
def test_a_name_that_two_segments_part_is_masked_in_both(first: str, second: str, told: list[str]) -> None:
    session = Session(screen=NAMED)
    assert session.take(final(first, at=0)) == []
    session.restart()
    session.take(final(second, at=900), Endpoint(0, "silence"))
    assert texts(session) == told


def test_a_segment_waits_until_three_words_behind_a_name_are_there_in_whatever_segments() -> None:
    session = Session(screen=NAMED)
    for text in ("it is Maria", "and", "so"):
        assert session.take(final(text)) == []
    session.take(final("on. Bye."))
    assert texts(session) == ["it is [name]", "and", "so", "on. Bye."]


@pytest.mark.parametrize("reason", ["finalize", "length"])
def test_a_name_that_a_cut_parts_is_masked_in_both_halves(reason: str) -> None:
    session = Session(screen=NAMED)
    session.take(final("it is Maria", at=0), Endpoint(0, reason))  # type: ignore[arg-type]
    assert isinstance(session.log[-1], TurnEnded)
    session.restart()
    session.take(
        HeardPartial(2, 0, 1, "Anna von der Schmidt and so on", 5),
        final("Anna von der Schmidt and so on", at=900),
    )
    session.take(Endpoint(0, "silence"))
    shown = [event.text for event in session.log if isinstance(event, TranscriptFinal | TranscriptPartial)]
    assert shown[0] == "it is [name]"
    assert shown[-1] == "[name] and so on"
    assert not any(part in text for text in shown for part in ("Anna", "der", "Sch"))


def test_a_final_whose_sentence_is_over_waits_for_nothing() -> None:
    session = Session(screen=NAMED)
    session.take(final("This is Maria."))
    assert texts(session) == ["This is [name]."]


SAID = [
    "my name is",
    "Maria Schmidt",
    "Maria",
    "Wei Zhang.",
    "and then I",
    "said so to",
    "Paris",
    "the",
    "Will",
    "you",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(SAID), min_size=1, max_size=12).map(" ".join), st.data())
def test_no_partial_shows_what_the_final_masks_and_what_is_stable_stays(
    text: str, data: st.DataObject
) -> None:
    session, seen = Session(screen=NAMED), ""
    for size in sorted(data.draw(st.lists(st.integers(1, len(text)), max_size=8))):
        stable = data.draw(st.integers(0, size))
        session.take(HeardPartial(1, 0, 1, text[:size], stable))
        partial = session.log[-1]
        assert isinstance(partial, TranscriptPartial)
        assert partial.text[: partial.stable].startswith(seen) or seen.startswith(
            partial.text[: partial.stable]
        )
        seen = max(seen, partial.text[: partial.stable], key=len)
        assert not {"Maria", "Schmidt", "Zhang", "Zhang."} & set(partial.text.split())
    session.take(final(text), Endpoint(0, "silence"))
    assert texts(session)[0].startswith(seen)


def test_a_turn_that_ends_eagerly_and_a_typed_message_show_no_name() -> None:
    session = Session(screen=NAMED)
    session.take(EagerEndpoint(0, "silence", "It was Maria Schmidt. Was it?"), Typed("Maria Schmidt here"))
    session.take(EagerEndpoint(0, "silence", "call Maria Schmidt"))
    assert "Maria" not in repr(session.log)
    assert texts(session) == ["[name] here"]


def test_a_name_is_silent_in_the_sound_in_both_segments_that_it_is_parted_by() -> None:
    session, silencing = Session(screen=NAMED), Silencing(("pii/",))
    session.take(
        spoken("my name is Maria", 0), spoken("Schmidt and so on then", 2_000), Endpoint(0, "silence")
    )
    for event in session.log:
        if isinstance(event, TranscriptFinal):
            silencing.said(event)
        elif isinstance(event, ModerationVerdict):
            assert event.categories == ["pii/name"]
            silencing.judged(event)
    spans = [(one.begin / 16, one.end / 16) for one in silencing.silences]
    assert min(begin for begin, _ in spans) >= 1_000
    assert max(end for _, end in spans) <= 2_900
    for begin, end in ((1_500, 1_900), (2_000, 2_400)):
        assert any(a <= begin and end <= b for a, b in spans)


async def test_answers_to_some_of_the_texts_are_none() -> None:
    class Few(BookNamer):
        async def names(self, texts: Sequence[str]) -> list[Spans]:
            return (await super().names(texts))[1:]

    known = Names("book@0")
    look = partial(known.look, "Maria. Will.", closed=True)
    named = await Naming(known, Few(), 1.0).settled(look)
    assert [one.categories for one in named.findings] == [("pii/name", "unjudged")] * 2
