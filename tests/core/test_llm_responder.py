"""When replies begin, are cancelled and end."""

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from llm.responder import INTERRUPTED, Outcome, Place, ended, heard, joined, restarted, wrote
from streaming.drafts import Draft, DraftDelta, DraftDone, DraftStarted, RepliesEnded
from streaming.events import AudioEnded, Event, ReplyDone, SessionEnded, SpeechStarted, TurnEnded, TurnResumed
from streaming.parts import Usage

NEW = Place(ours="llm@1")
TURN_1, TURN_2 = (TurnEnded(turn, 0, [turn], "silence") for turn in (1, 2))
SPEECH, END = SpeechStarted(0, 0), AudioEnded([])


def log(place: Place, *events: Event) -> tuple[Place, list[Draft]]:
    facts: list[Draft] = []
    for event in events:
        place, more = heard(place, f"{int(place.after[:-2]) + 1}-0", event)
        facts += more
    return place, facts


def over(reply: int, answers: int) -> Event:
    return ReplyDone(reply, answers, "cancelled", "", "llm@1")


def kinds(facts: Sequence[Draft]) -> list[str]:
    return [f"{type(fact).__name__} {getattr(fact, 'status', '')}".strip() for fact in facts]


def test_a_turn_begins_a_reply_to_it() -> None:
    place, facts = log(NEW, TURN_1)
    assert facts == [DraftStarted(1, 1, "llm@1")]
    assert place.open


def test_a_turn_that_was_answered_is_not_answered_again() -> None:
    place, _ = log(NEW, TURN_1)
    assert log(place, TURN_1)[1] == []


def test_a_newer_turn_cancels_the_reply_under_way_and_is_answered() -> None:
    _, facts = log(NEW, TURN_1, TURN_2)
    assert facts[1:] == [DraftDone(1, 1, "cancelled", "llm@1"), DraftStarted(2, 2, "llm@1")]


def test_a_turn_that_ended_eagerly_is_answered_once_and_cancelled_if_it_is_taken_back() -> None:
    eager, ended_ = TurnEnded(1, 0, [], "silence", eager=True, text="hi"), TurnEnded(1, 0, [1], "silence")
    place, facts = heard(Place(ours="llm@0"), "1-0", eager)
    assert facts == [DraftStarted(1, 1, "llm@0")]
    assert heard(place, "2-0", ended_)[1] == []
    place, facts = heard(place, "2-0", TurnResumed(1, 0))
    assert [fact.status for fact in facts if isinstance(fact, DraftDone)] == ["cancelled"]
    assert not place.open
    assert heard(place, "3-0", TurnEnded(2, 0, [1], "silence"))[1] == [DraftStarted(2, 2, "llm@0")]


def test_a_turn_of_long_ago_that_is_taken_back_leaves_the_open_reply_alone() -> None:
    place, _ = heard(Place(ours="llm@0", answered=1), "1-0", TurnEnded(2, 0, [1], "silence"))
    assert heard(place, "2-0", TurnResumed(1, 0))[1] == []


def test_speech_cancels_the_reply_under_way() -> None:
    place, facts = log(NEW, TURN_1, SPEECH)
    assert kinds(facts) == ["DraftStarted", "DraftDone cancelled"]
    assert not place.open


def test_speech_without_a_reply_changes_nothing() -> None:
    assert log(NEW, SPEECH)[1] == []


def test_nothing_is_written_about_a_reply_that_the_log_says_is_over() -> None:
    place, facts = log(NEW, TURN_1, over(1, 1))
    assert kinds(facts) == ["DraftStarted"]
    assert wrote(place, 1, "late") == (place, [])
    assert ended(place, 1, Outcome()) == (place, [])


def test_the_end_of_an_older_reply_in_the_log_leaves_the_open_one_alone() -> None:
    assert log(NEW, TURN_1, TURN_2, over(1, 1))[0].open


def test_words_for_an_older_reply_are_dropped() -> None:
    place, _ = log(NEW, TURN_1, TURN_2)
    assert wrote(place, 1, "late")[1] == []
    assert wrote(place, 2, "now")[1] == [DraftDelta(2, "now")]


def test_a_reply_that_the_engine_finished_is_completed_with_its_usage_and_timing() -> None:
    place, _ = log(NEW, TURN_1)
    place, facts = ended(place, 1, Outcome(usage=Usage(3, 2), timing={"total_ms": 5}))
    assert facts == [DraftDone(1, 1, "completed", "llm@1", Usage(3, 2), {"total_ms": 5})]
    assert not place.open


def test_a_reply_that_the_engine_failed_says_why() -> None:
    place, _ = log(NEW, TURN_1)
    assert ended(place, 1, Outcome(error="it broke"))[1] == [
        DraftDone(1, 1, "failed", "llm@1", error="it broke")
    ]


def test_the_end_comes_after_the_last_reply() -> None:
    place, facts = log(NEW, TURN_1, END)
    assert kinds(facts) == ["DraftStarted"]
    place, facts = ended(place, 1, Outcome())
    assert kinds(facts) == ["DraftDone completed", "RepliesEnded"]
    assert place.over


def test_the_end_comes_at_once_when_no_reply_is_owed() -> None:
    assert log(NEW, END)[1] == [RepliesEnded()]


def test_the_end_comes_when_the_log_ends_the_last_reply() -> None:
    assert kinds(log(NEW, TURN_1, END, over(1, 1))[1]) == ["DraftStarted", "RepliesEnded"]


def test_after_the_session_nothing_is_written() -> None:
    place, facts = log(NEW, TURN_1, SessionEnded("failed", []))
    assert place.over
    assert kinds(facts) == ["DraftStarted"]


def test_a_reply_that_somebody_left_open_is_failed_and_made_again() -> None:
    found, _ = log(Place(ours="old@0"), TURN_1)
    place, facts = restarted(msgspec.structs.replace(found, ours="new@1"), found)
    assert facts == [
        DraftDone(1, 1, "failed", "old@0", error=INTERRUPTED),
        DraftStarted(2, 1, "new@1"),
    ]
    assert place.open


def test_a_reply_that_was_left_open_and_cancelled_since_is_not_made_again() -> None:
    found, _ = log(NEW, TURN_1)
    for event in (over(1, 1), SPEECH, TURN_2):
        place, _ = log(found, event)
        assert restarted(place, found) == (place, [])


def test_the_checkpoint_holds_numbers_and_references_only() -> None:
    place, _ = log(NEW, TURN_1)
    stored = msgspec.json.decode(msgspec.json.encode(place))
    assert stored == {
        "ours": "llm@1",
        "made_by": "llm@1",
        "after": "1-0",
        "reply": 1,
        "answered": 1,
        "open": True,
        "ending": False,
        "over": False,
        "eager": False,
        "called": 0,
    }


def test_words_that_follow_each_other_are_written_as_one() -> None:
    done = DraftDone(1, 1, "completed", "m")
    facts: list[Draft] = [
        DraftDelta(1, "a"),
        DraftDelta(1, "b"),
        done,
        DraftDelta(2, "c"),
        DraftDelta(2, "d"),
    ]
    assert joined(facts) == [DraftDelta(1, "ab"), done, DraftDelta(2, "cd")]


HAPPENINGS = st.lists(
    st.one_of(
        st.integers(1, 6).map(lambda turn: TurnEnded(turn, 0, [turn], "silence")),
        st.just(SPEECH),
        st.integers(1, 6).map(lambda reply: over(reply, reply)),
        st.integers(1, 6).map(lambda reply: (reply, "words")),
        st.integers(1, 6).map(lambda reply: (reply, Outcome())),
        st.integers(1, 6).map(lambda reply: (reply, Outcome(error="broken"))),
    ),
    max_size=30,
)


@given(HAPPENINGS)
def test_whatever_happens_each_reply_begins_once_ends_at_most_once_and_says_nothing_after(
    happenings: list,
) -> None:
    place, facts = NEW, []
    for happening in [*happenings, END]:
        match happening:
            case (reply, str(text)):
                place, more = wrote(place, reply, text)
            case (reply, Outcome() as outcome):
                place, more = ended(place, reply, outcome)
            case event:
                place, more = log(place, event)
        facts += more
    begun = [fact.reply for fact in facts if isinstance(fact, DraftStarted)]
    assert begun == list(range(1, len(begun) + 1))
    turns = [fact.answers for fact in facts if isinstance(fact, DraftStarted)]
    assert turns == sorted(set(turns))
    for number in begun:
        about = [fact for fact in facts if getattr(fact, "reply", None) == number]
        assert isinstance(about[0], DraftStarted)
        assert all(isinstance(fact, DraftDelta) for fact in about[1:-1])
        assert sum(isinstance(fact, DraftDone) for fact in about) <= 1
    assert sum(isinstance(fact, RepliesEnded) for fact in facts) == (0 if place.open else 1)
