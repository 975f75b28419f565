"""Turns that end eagerly: what is shown of a reply to them, and when; what becomes of them after all."""

import pytest

from moderation.transcript import BULLET
from streaming.drafts import Draft, DraftDelta, DraftDone, DraftStarted
from streaming.events import (
    AudioEnded,
    Event,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SpeechStarted,
    TranscriptFinal,
    TurnEnded,
    TurnResumed,
)
from streaming.facts import CancelReply, EagerEndpoint, Endpoint, HeardPartial, Resumed, SoundEnded, Typed
from tests.scribing import ACCOUNT, CARD, Session, final

REPLY: list[Draft] = [
    DraftStarted(1, 1, "llm@0"),
    DraftDelta(1, "It is noon. "),
    DraftDone(1, 1, "completed", "llm@0"),
]


def ends(events: list[Event]) -> list[tuple[int, bool, str]]:
    return [(event.turn, event.eager, event.text) for event in events if isinstance(event, TurnEnded)]


def gone(events: list[Event]) -> list[int]:
    return [event.turn for event in events if isinstance(event, TurnResumed)]


def shown(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, ReplyDelta))


@pytest.mark.parametrize("restart", [False, True])
def test_a_reply_to_an_eager_turn_is_shown_when_the_turn_is_confirmed(restart: bool) -> None:
    session = Session()
    told = session.take(
        HeardPartial(1, 0, 1, "what time", 0), EagerEndpoint(0, "silence", "What time is it?")
    )
    assert ends(told) == [(1, True, "What time is it?")]
    assert session.take(*REPLY) == []
    if restart:
        session.restart()
    events = session.take(final("What time is it?"), Endpoint(0, "silence"))
    assert ends(events) == [(1, False, "")]
    assert gone(events) == []
    kinds = [type(event) for event in events if isinstance(event, TurnEnded | ReplyStarted | ReplyDone)]
    assert kinds == [TurnEnded, ReplyStarted, ReplyDone]
    assert shown(events) == "It is noon. "


@pytest.mark.parametrize("restart", [False, True])
def test_of_a_turn_that_was_taken_back_no_reply_is_ever_shown(restart: bool) -> None:
    session = Session()
    session.take(EagerEndpoint(0, "silence", "What time"))
    session.take(*REPLY[:2])
    if restart:
        session.restart()
    assert [type(event) for event in session.take(Resumed(0))] == [TurnResumed]
    if restart:
        session.restart()
    session.take(DraftDone(1, 1, "cancelled", "llm@0"))
    events = session.take(final("What time is it?"), Endpoint(0, "silence"))
    assert ends(events) == [(2, False, "")]
    session.take(DraftStarted(2, 2, "llm@0"), DraftDelta(2, "Noon. "), DraftDone(2, 2, "completed", "llm@0"))
    assert shown(session.log) == "Noon. "
    assert [event.answers for event in session.log if isinstance(event, ReplyStarted)] == [2]


def test_words_that_come_late_for_a_turn_that_was_taken_back_are_dropped() -> None:
    session = Session()
    session.take(EagerEndpoint(0, "silence", "What"), Resumed(0), EagerEndpoint(0, "silence", "What time"))
    session.take(*REPLY)
    session.take(DraftStarted(2, 2, "llm@0"), DraftDelta(2, "Noon. "))
    session.take(final("What time"), Endpoint(0, "silence"))
    assert shown(session.log) == "Noon. "


def test_a_final_that_says_something_else_takes_the_turn_back_and_ends_another() -> None:
    session = Session()
    session.take(EagerEndpoint(0, "silence", "What time is it?"), *REPLY)
    events = session.take(final("What dime is it?"), Endpoint(0, "silence"))
    assert (gone(events), ends(events)) == ([1], [(2, False, "")])
    assert shown(session.log) == ""


def test_a_final_without_words_takes_the_turn_back_before_the_next_one() -> None:
    session = Session()
    session.take(HeardPartial(1, 0, 1, "uh", 0), EagerEndpoint(0, "silence", "uh"), *REPLY)
    events = session.take(final(""), Resumed(0))
    assert gone(events) == [1]
    assert shown(session.log) == ""


def test_what_was_said_before_counts_as_a_part_of_an_eager_turn() -> None:
    session = Session()
    session.take(final("So."), EagerEndpoint(0, "semantic", "What time is it?"))
    [eager] = [event for event in session.log if isinstance(event, TurnEnded)]
    assert (eager.segments, eager.text, eager.reason) == ([1], "What time is it?", "semantic")
    events = session.take(final("What time is it?"), Endpoint(0, "semantic"))
    assert [event.segments for event in events if isinstance(event, TurnEnded)] == [[1, 2]]
    assert gone(session.log) == []


def test_what_an_eager_turn_says_is_masked() -> None:
    session = Session()
    events = session.take(EagerEndpoint(0, "silence", f"My card is {CARD}, is it blocked?"))
    assert ends(events) == [(1, True, "My card is [card number], is it blocked?")]


@pytest.mark.parametrize(
    "text", ["My mail is john.smith@", "My card is 4111 1111", "My account is DE89 3704 0044", "call 212 555"]
)
def test_no_turn_ends_eagerly_in_what_a_partial_would_veil(text: str) -> None:
    session = Session()
    [partial] = session.take(HeardPartial(1, 0, 1, text, 0))
    assert BULLET in repr(partial)
    assert session.take(EagerEndpoint(0, "silence", text)) == []
    assert session.take(Resumed(0)) == []
    assert ends(session.take(final(text), Endpoint(0, "silence"))) == [(1, False, "")]


def test_a_number_that_waits_is_judged_with_what_an_eager_turn_says() -> None:
    session = Session()
    session.take(final("it is 4111 1111"))
    [event] = session.take(EagerEndpoint(0, "silence", "1111 1111 ok"))
    assert isinstance(event, TurnEnded)
    assert event.text == "it is [card number] [card number] ok"
    events = session.take(final("1111 1111 ok"), Endpoint(0, "silence"))
    assert ends(events) == [(1, False, "")]


def test_another_turn_takes_an_eager_one_back() -> None:
    session = Session()
    session.take(EagerEndpoint(0, "silence", "What time"))
    events = session.take(Typed("hello"))
    assert (gone(events), ends(events)) == ([1], [(2, False, "")])
    session.take(DraftStarted(1, 2, "llm@0"), DraftDone(1, 2, "completed", "llm@0"))
    session.take(EagerEndpoint(0, "silence", "What time"))
    events = session.take(EagerEndpoint(1, "silence", "Yes"))
    assert (gone(events), ends(events)) == ([3], [(4, True, "Yes")])


def test_no_turn_ends_eagerly_while_a_reply_is_open_or_due() -> None:
    session = Session()
    session.take(Typed("hello"))
    assert session.take(EagerEndpoint(0, "silence", "What time")) == []
    session.take(DraftStarted(1, 1, "llm@0"))
    assert session.take(EagerEndpoint(0, "silence", "What time")) == []
    session.take(DraftDone(1, 1, "completed", "llm@0"))
    assert ends(session.take(EagerEndpoint(0, "silence", "What time"))) == [(2, True, "What time")]


def test_a_turn_is_taken_back_before_the_end_if_nothing_confirms_it() -> None:
    session = Session()
    session.take(EagerEndpoint(0, "silence", "What time"), *REPLY)
    events = session.take(SoundEnded(ACCOUNT))
    assert [type(event) for event in events] == [TurnResumed, AudioEnded]
    assert shown(session.log) == ""


def test_a_reply_that_is_not_wanted_any_more_is_not_shown_when_its_turn_is_confirmed() -> None:
    session = Session()
    session.take(EagerEndpoint(0, "silence", "What time is it?"))
    session.take(*REPLY[:1], CancelReply(), DraftDone(1, 1, "cancelled", "llm@0"))
    session.take(final("What time is it?"), Endpoint(0, "silence"))
    done = [event for event in session.log if isinstance(event, ReplyDone)]
    assert [(event.status, event.text) for event in done] == [("cancelled", "")]


def test_somebody_else_who_speaks_costs_no_turn_its_reply() -> None:
    session = Session()
    session.take(EagerEndpoint(0, "silence", "What time is it?"), *REPLY[:2])
    events = session.take(SpeechStarted(1, 5), DraftDone(1, 1, "cancelled", "llm@0"))
    assert [type(event) for event in events] == [SpeechStarted, TurnResumed]
    session.take(final("What time is it?"), Endpoint(0, "silence"))
    session.take(DraftStarted(2, 2, "llm@0"), DraftDelta(2, "Noon. "), DraftDone(2, 2, "completed", "llm@0"))
    assert shown(session.log) == "Noon. "


def test_a_reply_that_waited_is_broken_off_by_speech_as_any_however_late_that_is_read() -> None:
    session = Session()
    session.take(EagerEndpoint(0, "silence", "What time is it?"), *REPLY)
    session.take(final("What time is it?"), Endpoint(0, "silence"), SpeechStarted(0, 5))
    done = [event for event in session.log if isinstance(event, ReplyDone)]
    assert [(event.status, event.text) for event in done] == [("cancelled", "")]
    assert shown(session.log) == ""


def test_what_is_not_confirmed_is_in_no_checkpoint() -> None:
    session = Session()
    session.take(EagerEndpoint(0, "silence", "secret words"))
    assert "secret" not in repr(session.scribe.place)
    assert [event for event in session.log if isinstance(event, TranscriptFinal)] == []
