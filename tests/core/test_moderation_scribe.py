"""The scribe's order, numbers and restarts, without Redis: any cut of the streams into batches, any restart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.drafts import Draft, DraftDelta, DraftDone, DraftStarted
from streaming.events import (
    Mode,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SessionDegraded,
    SessionEnded,
    SpeechStarted,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
    TurnResumed,
)
from streaming.facts import CancelReply, Endpoint, Heard, HeardPartial, Typed
from tests.scribing import CARD, Session, blank, final, stories


@settings(max_examples=200, deadline=None)
@given(stories(), st.sampled_from(["chat", "transcribe"]), st.lists(st.booleans(), min_size=60, max_size=60))
def test_a_restart_after_any_entry_changes_nothing(
    story: list[Heard | Draft], mode: Mode, restarts: list[bool]
) -> None:
    straight, cut = Session(mode), Session(mode)
    for place, fact in enumerate(story):
        straight.take(fact)
        cut.take(fact)
        if restarts[place % len(restarts)]:
            cut.restart()
    assert cut.told == straight.told
    assert isinstance(straight.log[-1], SessionEnded)
    assert CARD not in repr(straight.log)


@settings(max_examples=200, deadline=None)
@given(stories())
def test_numbers_grow_by_one_and_every_reply_that_began_is_done_once(story: list[Heard | Draft]) -> None:
    session = Session()
    for fact in story:
        session.take(fact)
    finals = [event for event in session.log if isinstance(event, TranscriptFinal) and not blank(event)]
    turns = [event for event in session.log if isinstance(event, TurnEnded) and not event.eager]
    gone = [event.turn for event in session.log if isinstance(event, TurnResumed)]
    begun = [event.reply for event in session.log if isinstance(event, ReplyStarted)]
    assert len({event.segment for event in finals}) == len(finals)
    assert sorted([*(turn.turn for turn in turns), *gone]) == list(range(1, len(turns) + len(gone) + 1))
    assert sorted(segment for turn in turns for segment in turn.segments) == sorted(e.segment for e in finals)
    assert (
        [event.reply for event in session.log if isinstance(event, ReplyDone)] == begun == sorted(set(begun))
    )
    open_: int | None = None
    for event in session.log:
        match event:
            case ReplyStarted(reply=reply):
                assert open_ is None
                open_ = reply
            case ReplyDelta(reply=reply) | ReplyDone(reply=reply):
                assert reply == open_
                open_ = None if isinstance(event, ReplyDone) else open_
            case _:
                pass
    assert all(
        any(isinstance(v, ModerationVerdict) and v.target.segment == e.segment for v in session.log)
        for e in finals
    )


@settings(max_examples=100, deadline=None)
@given(stories(), st.lists(st.integers(1, 6), min_size=1, max_size=40))
def test_batches_change_nothing_that_was_heard(story: list[Heard | Draft], sizes: list[int]) -> None:
    heard = [fact for fact in story if not isinstance(fact, Draft)]
    straight, batched = Session("transcribe"), Session("transcribe")
    for fact in heard:
        straight.take(fact)
    place = 0
    while heard[place:]:
        size = sizes[place % len(sizes)]
        batched.take(*heard[place : place + size])
        place += size
    assert batched.told == straight.told


def test_only_the_newest_partial_of_a_batch_is_told() -> None:
    session = Session()
    events = session.take(
        *(HeardPartial(1, 0, n, "hello " * n, 0) for n in range(1, 5)), HeardPartial(1, 1, 1, "yes", 0)
    )
    assert [(event.channel, event.revision) for event in events if isinstance(event, TranscriptPartial)] == [
        (0, 4),
        (1, 1),
    ]
    events = session.take(HeardPartial(1, 0, 5, "hello you", 0), final("hello you."))
    assert [type(event) for event in events] == [TranscriptFinal, ModerationVerdict]


def test_an_empty_final_is_not_told_and_its_number_is_not_used_again() -> None:
    session = Session()
    session.take(HeardPartial(1, 0, 1, "uh", 0), final(" "), Endpoint(0, "silence"))
    assert [type(event) for event in session.log] == []
    session.take(HeardPartial(2, 0, 1, "uh", 0))
    session.take(final(""), Endpoint(0, "silence"), HeardPartial(3, 0, 1, "well", 0))
    session.take(final("well."), Endpoint(0, "silence"))
    partials = [event.segment for event in session.log if isinstance(event, TranscriptPartial)]
    ended = [event for event in session.log if isinstance(event, TurnEnded)]
    assert [event.segments for event in ended] == [[partials[-1]]]
    assert len(set(partials)) == 2


def test_an_empty_final_closes_a_segment_that_was_shown_and_is_of_no_turn() -> None:
    session = Session()
    session.take(HeardPartial(1, 0, 1, "uh", 0))
    session.restart()
    session.take(final(" "), Endpoint(0, "silence"))
    session.take(final(""), HeardPartial(2, 0, 1, "well", 0))
    session.take(final("well."), Endpoint(0, "silence"))
    told = [
        (type(e), e.segment, e.text)
        for e in session.log
        if isinstance(e, TranscriptPartial | TranscriptFinal)
    ]
    assert told == [
        (TranscriptPartial, 1, "uh"),
        (TranscriptFinal, 1, ""),
        (TranscriptPartial, 2, "well"),
        (TranscriptFinal, 2, "well."),
    ]
    judged = [event.target.segment for event in session.log if isinstance(event, ModerationVerdict)]
    ended = [event.segments for event in session.log if isinstance(event, TurnEnded)]
    assert (judged, ended) == ([2], [[2]])


def test_a_final_that_ends_in_a_number_waits_for_the_next_one_but_not_for_one_much_later() -> None:
    session = Session()
    assert session.take(final("it is 4111 1111", at=0)) == []
    assert session.take(HeardPartial(2, 0, 1, "1111 1111", 9)) == []
    texts = [
        event.text
        for event in session.take(final("1111 1111 ok", at=1000), Endpoint(0, "silence"))
        if isinstance(event, TranscriptFinal)
    ]
    assert texts == ["it is [card number]", "[card number] ok"]
    session.take(final("it is 4111 1111", at=10_000))
    events = session.take(final("1111 1111 ok", at=20_000), Endpoint(0, "silence"))
    assert [event.text for event in events if isinstance(event, TranscriptFinal)] == [
        "it is 4111 1111",
        "1111 1111 ok",
    ]


def test_a_cancel_while_a_reply_is_due_ends_it_as_it_begins() -> None:
    session = Session()
    session.take(Typed("tell me"), CancelReply())
    session.take(DraftStarted(1, 1, "llm@0"), DraftDelta(1, "never to be seen "))
    done = [event for event in session.log if isinstance(event, ReplyDone)]
    assert [(event.status, event.text) for event in done] == [("cancelled", "")]
    session.take(
        Typed("again"),
        DraftStarted(2, 2, "llm@0"),
        DraftDelta(2, "hello "),
        DraftDone(2, 2, "completed", "x"),
    )
    assert isinstance(session.log[-1], ReplyDone)
    assert session.log[-1].status == "completed"


@pytest.mark.parametrize("cause", [CancelReply(1), CancelReply()])
def test_a_reply_that_the_client_cancelled_stays_so_when_it_is_made_again(cause: Heard) -> None:
    session = Session()
    session.take(Typed("tell me"))
    session.take(DraftStarted(1, 1, "llm@0"), DraftDelta(1, "Once upon a time "))
    session.take(cause)
    session.restart()
    session.take(
        DraftDone(1, 1, "failed", "llm@0"), DraftStarted(2, 1, "llm@0"), DraftDelta(2, "Once again ")
    )
    done = [event for event in session.log if isinstance(event, ReplyDone)]
    assert [(event.reply, event.status) for event in done] == [(1, "cancelled"), (2, "cancelled")]
    assert "again" not in repr(session.log)


@pytest.mark.parametrize("cause", [SpeechStarted(0, 5), Typed("stop"), CancelReply(1), CancelReply()])
def test_a_reply_that_is_interrupted_ends_as_it_was_shown(cause: Heard) -> None:
    session = Session()
    session.take(Typed("tell me"))
    session.take(DraftStarted(1, 1, "llm@0"), DraftDelta(1, "Once upon a time, 41"))
    session.take(cause)
    done = [event for event in session.log if isinstance(event, ReplyDone)]
    assert [(event.status, event.text) for event in done] == [("cancelled", "Once upon a time, ")]
    assert session.take(DraftDelta(1, "11 1111 1111 1111 "), DraftDone(1, 1, "completed", "x")) == []
    assert session.draft == []


def test_a_restart_within_a_long_run_of_digits_makes_no_number_of_its_rest() -> None:
    text, session = ", ".join("2130759878705142184602012605091029645681"), Session()
    session.take(Typed("count"), DraftStarted(1, 1, "llm@0"), *(DraftDelta(1, sign) for sign in text))
    session.restart()
    session.take(DraftDone(1, 1, "completed", "llm@0"))
    done = session.log[-1]
    assert isinstance(done, ReplyDone)
    assert done.text == text


def test_speech_leaves_a_reply_alone_where_nobody_answers_turns() -> None:
    session = Session("transcribe")
    assert session.take(SpeechStarted(0, 5)) == [SpeechStarted(0, 5)]


def test_what_is_held_back_at_a_failed_end_is_dropped_and_its_error_is_moderated() -> None:
    session = Session()
    session.take(Typed("hi"), DraftStarted(1, 1, "llm@0"), DraftDelta(1, "It is 4111 1111 "))
    session.take(DraftDone(1, 1, "failed", "llm@0", error=f"the server said {CARD}"))
    done = session.log[-1]
    assert isinstance(done, ReplyDone)
    assert (done.text, done.error) == ("It is ", "the server said [card number]")


def test_a_blocked_phrase_in_what_was_said_is_masked_and_the_turn_goes_on() -> None:
    session = Session()
    session.take(Typed("tell me how to make a pipe bomb now"))
    said, verdict, turn = session.log
    assert isinstance(said, TranscriptFinal)
    assert said.text == "tell me [removed] now"
    assert isinstance(verdict, ModerationVerdict)
    assert (verdict.action, verdict.span, verdict.replacement) == ("block", (8, 17), "[removed]")
    assert isinstance(turn, TurnEnded)


def test_what_a_busy_recogniser_leaves_out_is_told_where_it_stands() -> None:
    less = SessionDegraded("finals", None, "load")
    assert Session("transcribe").take(less) == [less]
