"""What is cut in the middle, for length or by the client: neither half is ever in sight."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.events import (
    AudioFinalized,
    ModerationVerdict,
    SpeechStarted,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from streaming.facts import Endpoint, HeardPartial, SoundEnded
from tests.scribing import ACCOUNT, CARD, Session, final

SPLIT = [
    (
        "write to john dot smith",
        "at example dot com please",
        "write to [e-mail address]",
        "[e-mail address] please",
    ),
    ("write to john", "at example dot com please", "write to [e-mail address]", "[e-mail address] please"),
    ("it is D E", "89 3704 0044 0532 0130 00", "it is [bank account]", "[bank account]"),
    ("tell me how to make", "a bomb please", "tell me [removed]", "[removed] please"),
    ("go and kill", "yourself now", "go and [removed]", "[removed] now"),
    ("my card is 4111 1111", "1111 1111 thanks", "my card is [card number]", "[card number] thanks"),
]
HARMLESS = [("how to make", "a cake"), ("so I met john", "and we ate"), ("it is", "20 to nine")]


def texts(session: Session) -> list[str]:
    return [event.text for event in session.log if isinstance(event, TranscriptFinal)]


@pytest.mark.parametrize(("first", "second", "one", "two"), SPLIT)
def test_what_a_cut_for_length_parts_is_masked_in_both_halves(
    first: str, second: str, one: str, two: str
) -> None:
    session = Session()
    assert session.take(final(first, at=0)) == []
    session.restart()
    session.take(final(second, at=900), Endpoint(0, "silence"))
    assert texts(session) == [one, two]


@pytest.mark.parametrize(("first", "second"), HARMLESS)
def test_a_final_that_waited_is_told_as_soon_as_what_is_stable_behind_it_decides(
    first: str, second: str
) -> None:
    session = Session()
    session.take(final(first, at=0), HeardPartial(2, 0, 1, second, 0))
    assert session.log == []
    session.take(HeardPartial(2, 0, 2, f"{second} today.", len(second) + 1))
    assert texts(session) == [first]
    partial = session.log[-1]
    assert isinstance(partial, TranscriptPartial)
    assert (partial.segment, partial.text) == (2, f"{second} today.")


def test_a_final_that_waits_is_told_when_its_turn_is_over() -> None:
    session = Session()
    session.take(final("write to john"), Endpoint(0, "silence"))
    assert texts(session) == ["write to john"]


@pytest.mark.parametrize("reason", ["finalize", "length"])
@pytest.mark.parametrize("cut", range(1, 16))
def test_the_client_may_cut_a_card_number_anywhere_and_no_more_than_its_issuer_is_seen(
    reason: str, cut: int
) -> None:
    digits, session = CARD.replace(" ", ""), Session()
    session.take(final(f"it is {digits[:cut]}", at=0), Endpoint(0, reason))  # type: ignore[arg-type]
    assert isinstance(session.log[-1], TurnEnded)
    session.restart()
    session.take(HeardPartial(2, 0, 1, f"{digits[cut:]} thanks", len(digits) - cut + 7))
    session.take(final(f"{digits[cut:]} thanks", at=900), Endpoint(0, "silence"))
    assert isinstance(session.log[-1], TurnEnded)
    shown = [e.text for e in session.log if isinstance(e, TranscriptFinal | TranscriptPartial)]
    seen = shown[0].removeprefix("it is ")
    assert seen == (digits[:cut] if cut < 7 else "[number]")
    assert set(shown[1:]) == {"[card number] thanks"}
    assert session.scribe.place.told == []


def test_what_is_remembered_of_a_cut_turn_is_forgotten_when_somebody_speaks_much_later_and_at_the_end() -> (
    None
):
    session = Session()
    session.take(final("it is 4111 1111", at=0), Endpoint(0, "finalize"), SpeechStarted(0, 2000))
    assert session.scribe.place.told
    session.take(SpeechStarted(0, 4000))
    assert session.scribe.place.told == []
    session.take(final("it is 4111 1111", at=4000), Endpoint(0, "finalize"), SoundEnded(ACCOUNT))
    assert session.scribe.place.told == []
    assert session.heard == []


def test_a_finalize_is_told_of_behind_the_final_that_it_brought() -> None:
    session = Session()
    session.take(final("it is 4111", at=0), Endpoint(0, "finalize"), AudioFinalized(0, 900))
    kinds = [type(event) for event in session.log if not isinstance(event, ModerationVerdict)]
    assert kinds == [TranscriptFinal, TurnEnded, AudioFinalized]


def test_a_number_that_is_complete_is_not_remembered_and_a_count_is_not_masked() -> None:
    session = Session()
    session.take(final(f"it is {CARD}."), Endpoint(0, "finalize"))
    assert session.heard == []
    session.take(final("1, 2, 3, 4, 5, 6, 7, 8"), Endpoint(0, "finalize"))
    assert texts(session) == ["it is [card number].", "1, 2, 3, 4, 5, 6, 7, 8"]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(["4111", "one", "dot", "john", "at", "how to", "make", "a bomb", "com"]), max_size=10
    ),
    st.data(),
)
def test_a_cut_shows_what_the_whole_text_shows(words: list[str], data: st.DataObject) -> None:
    """Cut anywhere, with stable partials of any size in between: the same words are in sight."""
    text = " ".join(["so", *words, "."])
    tokens = text.split()
    cut = data.draw(st.integers(1, len(tokens) - 1))
    first, second = " ".join(tokens[:cut]), " ".join(tokens[cut:])
    whole, parted = Session(), Session()
    whole.take(final(text), Endpoint(0, "silence"))
    parted.take(final(first, at=0))
    for size in sorted(data.draw(st.lists(st.integers(0, len(second)), max_size=3))):
        parted.take(HeardPartial(2, 0, 1, second, size))
    parted.take(final(second, at=900), Endpoint(0, "silence"))
    plain = set(" ".join(texts(whole)).split()) | {"address]", "number]"}
    assert set(" ".join(texts(parted)).split()) <= plain
