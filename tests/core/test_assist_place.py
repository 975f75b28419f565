"""When a suggestion is begun, broken off and done in mode assist, and when all is over."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.assist import place as places
from llm.assist.airtime import Heard
from llm.assist.place import Outcome, Place
from llm.assist.policy import AssistPolicy
from llm.assist.summing import due
from llm.assist.writing import Unreadable, read_next, read_summary
from streaming.drafts import (
    Draft,
    DraftAlert,
    DraftDelta,
    DraftDone,
    DraftStarted,
    DraftSummary,
    RepliesEnded,
)
from streaming.events import (
    AudioEnded,
    Event,
    SpeechStarted,
    SuggestionDone,
    TurnEnded,
    TurnResumed,
)
from streaming.parts import Section


class Desk:
    """A place that things happen to, and what was written."""

    def __init__(self) -> None:
        self.place = Place()
        self.wrote: list[Draft] = []
        self.entries = 0

    def take(self, decided: places.Decided) -> list[Draft]:
        self.place, facts = decided
        self.wrote += facts
        return facts

    def hear(self, event: Event, now: int = 0) -> list[Draft]:
        self.entries += 1
        return self.take(places.heard(self.place, f"{self.entries}-0", event, now))

    def ask(self, turn: int) -> list[Draft]:
        return self.hear(TurnEnded(turn, 1, [turn], "silence"))

    def answer(self, text: str = "yes") -> list[Draft]:
        work = self.place.work
        return [
            *self.take(places.begun(self.place, work, "answer", "llm@0")),
            *self.take(places.wrote(self.place, work, text)),
            *self.take(places.ended(self.place, work, Outcome())),
            *self.take(places.stepped(self.place, work)),
        ]


def test_a_better_answer_takes_the_place_of_the_quick_one() -> None:
    desk = Desk()
    assert desk.ask(1) == []
    desk.answer()
    desk.answer()
    started = [(one.reply, one.supersedes) for one in desk.wrote if isinstance(one, DraftStarted)]
    assert (started, desk.place.step) == ([(1, None), (2, 1)], "next")


def test_without_a_quick_answer_the_better_one_supersedes_nothing() -> None:
    desk = Desk()
    desk.ask(1)
    desk.answer()
    desk.ask(2)
    desk.take(places.stepped(desk.place, desk.place.work))
    desk.answer()
    assert [one.supersedes for one in desk.wrote if isinstance(one, DraftStarted)] == [None, None]


def test_a_newer_turn_of_the_customer_ends_the_work_and_the_agents_speech_does_not() -> None:
    desk = Desk()
    desk.ask(1)
    old = desk.place.work
    desk.take(places.begun(desk.place, old, "answer", "llm@0"))
    assert desk.hear(SpeechStarted(0, 9)) == []
    assert desk.hear(TurnEnded(2, 0, [2], "silence")) == []
    assert desk.place.work == old
    assert [one.status for one in desk.ask(3) if isinstance(one, DraftDone)] == ["cancelled"]
    assert desk.take(places.wrote(desk.place, old, "late")) == []
    assert desk.take(places.begun(desk.place, old, "answer", "llm@0")) == []
    assert desk.take(places.stepped(desk.place, old)) == []
    assert desk.place.work == (3, "quick")


def test_an_eager_turn_is_worked_on_once_and_its_resumption_ends_the_work() -> None:
    desk = Desk()
    desk.hear(TurnEnded(1, 1, [], "silence", eager=True, text="hi"))
    desk.answer()
    desk.hear(TurnEnded(1, 1, [1], "silence"))
    assert desk.place.work == (1, "answer")
    desk.hear(TurnEnded(2, 1, [], "silence", eager=True, text="so"))
    desk.take(places.begun(desk.place, desk.place.work, "answer", "llm@0"))
    assert [type(one) for one in desk.hear(TurnResumed(2, 1))] == [DraftDone]
    assert desk.place.step == "done"


@pytest.mark.parametrize(("status", "step"), [("cancelled", "done"), ("blocked", "answer")])
def test_what_the_moderator_ended_is_not_written_on(status: str, step: str) -> None:
    desk = Desk()
    desk.ask(1)
    work = desk.place.work
    desk.take(places.begun(desk.place, work, "answer", "llm@0"))
    done = SuggestionDone(1, 1, "answer", status, "ye", "llm@0")  # pyright: ignore[reportArgumentType]
    assert desk.hear(done) == []
    assert desk.take(places.wrote(desk.place, work, "s")) == []
    assert desk.place.step == step


def test_a_step_that_fails_is_told_also_before_it_has_begun() -> None:
    desk = Desk()
    desk.ask(1)
    facts = desk.take(places.failed(desk.place, desk.place.work, "llm@0", "away"))
    assert [(type(one), getattr(one, "error", None)) for one in facts] == [
        (DraftStarted, None),
        (DraftDone, "away"),
    ]


def test_an_open_suggestion_that_was_left_behind_is_failed_and_its_step_made_again() -> None:
    desk = Desk()
    desk.ask(1)
    desk.take(places.begun(desk.place, desk.place.work, "answer", "llm@0"))
    found = msgspec.json.decode(msgspec.json.encode(desk.place), type=Place)
    place, facts = places.restarted(found, found)
    assert [(one.reply, one.status) for one in facts if isinstance(one, DraftDone)] == [(1, "failed")]
    assert (place.work, place.open) == ((1, "quick"), False)


def test_the_end_waits_for_the_work_and_the_wrap_up_but_not_for_ever() -> None:
    desk, policy = Desk(), AssistPolicy()
    desk.ask(1)
    desk.hear(AudioEnded([]), 1_000)
    assert desk.take(places.closed(desk.place, 2_000, 10_000)) == []
    assert due(desk.place, 2_000, policy) is None
    for _ in range(3):
        desk.answer()
    assert due(desk.place, 2_000, policy) == "wrapup"
    assert desk.take(places.closed(desk.place, 2_000, 10_000)) == []
    late, _ = places.closed(desk.place, 11_000, 10_000)
    assert late.over
    desk.take(places.summed(desk.place, "wrapup", 1, [Section("reason", "A call.")], ("llm@0", 3_000)))
    assert [type(one) for one in desk.take(places.closed(desk.place, 3_000, 10_000))] == [RepliesEnded]
    assert desk.take(places.closed(desk.place, 3_000, 10_000)) == []
    assert sum(isinstance(one, DraftSummary) for one in desk.wrote) == 1


def test_a_summary_is_due_after_some_turns_or_some_time_in_which_something_was_said() -> None:
    policy = AssistPolicy(summary_turns=3, summary_s=60)
    desk = Desk()
    assert due(desk.place, 10**9, policy) is None
    for turn in (1, 2):
        desk.hear(TurnEnded(turn, 0, [turn], "silence"), 5_000)
    assert due(desk.place, 64_999, policy) is None
    assert due(desk.place, 65_000, policy) == "progress"
    desk.hear(TurnEnded(3, 0, [3], "silence"), 6_000)
    assert due(desk.place, 7_000, policy) == "progress"
    desk.take(places.summed(desk.place, "progress", 3, [], ("", 7_000)))
    assert due(desk.place, 10**9, policy) is None
    desk.ask(4)
    assert due(desk.place, 10**9, policy) is None  # a suggestion goes first


def test_dead_air_that_a_predecessor_told_is_not_told_again() -> None:
    desk = Desk()
    air = Heard("dead_air", "dead air", 5_000, 15_000)
    assert [
        one.alert.alert for one in desk.take(places.alerted(desk.place, air)) if isinstance(one, DraftAlert)
    ] == [1]
    assert desk.take(places.alerted(desk.place, air)) == []


def _happenings() -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 9), max_size=40)


@settings(max_examples=200)
@given(_happenings(), _happenings())
def test_numbers_grow_by_one_one_is_open_at_most_and_each_is_done_once(
    story: list[int], stale: list[int]
) -> None:
    desk = Desk()
    for turn, (happening, old) in enumerate(zip(story, [*stale, *[0] * len(story)], strict=False), 1):
        work = desk.place.work if old < 7 else (max(0, desk.place.turn - 1), desk.place.step)
        acts: list[Callable[[], object]] = [
            lambda turn=turn: desk.ask(turn),
            lambda turn=turn: desk.hear(TurnEnded(turn, 0, [], "silence")),
            lambda: desk.hear(TurnResumed(desk.place.turn, 1)),
            lambda work=work: desk.take(places.begun(desk.place, work, "answer", "m")),
            lambda work=work: desk.take(places.wrote(desk.place, work, "x")),
            lambda work=work: desk.take(places.ended(desk.place, work, Outcome())),
            lambda work=work: desk.take(places.stepped(desk.place, work)),
            lambda work=work: desk.take(places.failed(desk.place, work, "m", "away")),
            lambda: desk.take(places.restarted(desk.place, desk.place)),
            lambda: desk.hear(SuggestionDone(desk.place.number, 1, "answer", "blocked", "", "m")),
        ]
        acts[happening]()
    open_ = 0
    number = 0
    for one in desk.wrote:
        match one:
            case DraftStarted(reply=reply):
                number += 1
                assert reply == number
                open_ = reply
            case DraftDelta(reply=reply):
                assert reply == open_
            case DraftDone(reply=reply):
                assert reply == open_
                open_ = 0
            case _:
                pass


def test_what_is_not_as_the_schema_says_is_not_read() -> None:
    sections = AssistPolicy().sections
    for text in ("", "{", "[]", '{"question": 1, "item": "none"}', '{"reason": "x"}'):
        with pytest.raises(Unreadable):
            read_next(text, [])
        with pytest.raises(Unreadable):
            read_summary(text, sections)
    assert read_next('{"question": " Which  one? ", "item": "none"}', []) == ("Which one?", None)
