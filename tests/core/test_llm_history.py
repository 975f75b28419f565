"""What of a session goes to the chat model."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from llm.history import FRAME_TOKENS, History, Message, Turn, estimate, messages
from streaming.answers import ReplyStatus
from streaming.events import (
    Event,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    Target,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
    TurnResumed,
)

WORDS = st.text(alphabet="abc é•", max_size=60).map(str.strip)
TURNS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=12).map(
    lambda pairs: [Turn(n, said, answered) for n, (said, answered) in enumerate(pairs, 1)]
)


def final(segment: int, text: str) -> Event:
    return TranscriptFinal(0, segment, text, 0, 0, [], "en", 1.0, "asr@0")


def ended(turn: int, *segments: int) -> Event:
    return TurnEnded(turn, 0, list(segments), "silence")


def done(reply: int, answers: int, text: str, status: ReplyStatus = "completed") -> Event:
    return ReplyDone(reply, answers, status, text, "llm@0")


def history(*events: Event) -> History:
    history = History()
    for event in events:
        history.heard(event)
    return history


def chat(history: History, newest: int, budget: int = 1000) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in messages(history.turns(newest), budget, estimate)]


def cost(chat: list[Message]) -> int:
    return sum(estimate(message.content) + FRAME_TOKENS for message in chat)


def open_ended(turns: list[Turn]) -> list[Turn]:
    """The turns with the last one unanswered, as a new turn is."""
    return [*turns[:-1], Turn(turns[-1].number, turns[-1].said)]


def test_an_eager_turn_says_what_it_tells_and_then_what_its_finals_say() -> None:
    eager = TurnEnded(1, 0, [1], "silence", eager=True, text="What time is it?")
    told = history(final(1, "So."), eager)
    assert chat(told, 1) == [("user", "So. What time is it?")]
    for event in (final(2, "What time is it?"), ended(1, 1, 2)):
        told.heard(event)
    assert chat(told, 1) == [("user", "So. What time is it?")]


def test_a_turn_that_was_taken_back_is_in_no_chat_and_neither_is_its_reply() -> None:
    eager = TurnEnded(1, 0, [], "silence", eager=True, text="What")
    told = history(eager, TurnResumed(1, 0), final(1, "What time is it?"), ended(2, 1))
    assert chat(told, 2) == [("user", "What time is it?")]
    assert told.turns(1) == []


def test_the_finals_of_a_turn_are_one_message_and_its_reply_is_the_next() -> None:
    said = history(
        final(1, "Hello."),
        final(2, "Who are you?"),
        ended(1, 1, 2),
        done(1, 1, "A model."),
        final(3, "Why?"),
        ended(2, 3),
    )
    assert chat(said, 2) == [("user", "Hello. Who are you?"), ("assistant", "A model."), ("user", "Why?")]


def test_of_a_cancelled_reply_only_what_was_shown_is_remembered() -> None:
    said = history(
        final(1, "Go on."),
        ended(1, 1),
        ReplyStarted(1, 1, "llm@0"),
        ReplyDelta(1, "Once upon", 0),
        ReplyDelta(1, " a time", 9),
        done(1, 1, "Once upon", "cancelled"),
        final(2, "Stop."),
        ended(2, 2),
    )
    assert chat(said, 2) == [("user", "Go on."), ("assistant", "Once upon"), ("user", "Stop.")]


def test_what_was_shown_of_a_reply_still_under_way_is_remembered() -> None:
    said = history(
        final(1, "Go on."),
        ended(1, 1),
        ReplyStarted(1, 1, "m"),
        ReplyDelta(1, "Once", 0),
        ReplyDelta(1, " upon", 4),
        ended(2, 1),
    )
    assert chat(said, 2)[1] == ("assistant", "Once upon")


def test_a_failed_or_blocked_reply_is_as_if_it_had_never_been() -> None:
    for status in ("failed", "blocked"):
        said = history(
            final(1, "A."),
            ended(1, 1),
            ReplyDelta(1, "half", 0),
            done(1, 1, "half", status),
            final(2, "B."),
            ended(2, 2),
        )
        assert chat(said, 2) == [("user", "A.\nB.")]


def test_a_second_try_replaces_the_first_that_failed() -> None:
    said = history(final(1, "A."), ended(1, 1), done(1, 1, "x", "failed"), done(2, 1, "Yes."), ended(2, 1))
    assert chat(said, 2)[1] == ("assistant", "Yes.")


def test_partials_are_not_history() -> None:
    said = history(TranscriptPartial(0, 1, 1, "Hel", 0), final(1, "Hello."), ended(1, 1))
    assert chat(said, 1) == [("user", "Hello.")]


def test_a_replacement_after_the_fact_is_what_is_remembered() -> None:
    verdict = ModerationVerdict(Target(segment=1), (11, 15), "retract", ["pii"], 1.0, 1.0, "rules", "••••")
    said = history(final(1, "My pin is: 1234."), ended(1, 1), verdict, verdict)
    assert chat(said, 1) == [("user", "My pin is: ••••.")]


def test_turns_after_the_one_asked_for_are_not_seen() -> None:
    said = history(final(1, "A."), ended(1, 1), final(2, "B."), ended(2, 2))
    assert chat(said, 1) == [("user", "A.")]


def test_a_turn_without_words_asks_nothing() -> None:
    said = history(final(1, "A."), ended(1, 1), final(2, "  "), ended(2, 2))
    assert chat(said, 2) == []
    assert chat(said, 3) == []


@given(TURNS, st.integers(min_value=FRAME_TOKENS + 2, max_value=200))
def test_the_budget_is_kept(turns: list[Turn], budget: int) -> None:
    assert cost(messages(open_ended(turns), budget, estimate)) <= budget


@given(TURNS, st.integers(min_value=1, max_value=200))
def test_the_newest_words_are_always_last_and_roles_alternate(turns: list[Turn], budget: int) -> None:
    turns = open_ended(turns)
    chat = messages(turns, budget, estimate)
    if not turns[-1].said:
        assert chat == []
        return
    assert [message.role for message in chat] == ["user", "assistant"] * (len(chat) // 2) + ["user"]
    newest = chat[-1].content
    assert newest.endswith(turns[-1].said) or turns[-1].said.endswith(newest)
    assert newest


@given(TURNS, st.integers(min_value=1, max_value=200))
def test_what_is_dropped_is_the_oldest(turns: list[Turn], budget: int) -> None:
    turns = open_ended(turns)
    kept = "\n".join(message.content for message in messages(turns, budget, estimate))
    whole = "\n".join(text for turn in turns if turn.said for text in (turn.said, turn.answered) if text)
    if turns[-1].said:
        assert whole.endswith(kept)


@given(TURNS)
def test_nothing_is_dropped_while_there_is_room(turns: list[Turn]) -> None:
    turns = open_ended(turns)
    kept = "\n".join(message.content for message in messages(turns, 10_000, estimate))
    if turns[-1].said:
        assert kept == "\n".join(
            text for turn in turns if turn.said for text in (turn.said, turn.answered) if text
        )


def test_the_beginning_stays_the_same_over_most_turns_of_a_long_conversation() -> None:
    turns = [Turn(n, f"question number {n} is this", f"answer number {n} is that") for n in range(1, 101)]
    begins = [messages(open_ended(turns[:n]), 300, estimate)[0] for n in range(1, 101)]
    changes = sum(a != b for a, b in itertools.pairwise(begins))
    assert 10 < changes < 45  # a window that gave up one turn at a time would change about 90 times


@given(st.text())
def test_the_estimate_is_at_least_a_third_of_the_bytes(text: str) -> None:
    assert 3 * estimate(text) >= len(text.encode(errors="replace"))


def test_what_was_said_earlier_stands_before_what_is_left_once_something_has_gone() -> None:
    turns = [Turn(number, "word " * 20, "answer " * 20) for number in range(1, 6)]
    whole = messages(turns, 10_000, estimate, "It was about a lamp.")
    assert whole == messages(turns, 10_000, estimate)
    first, *_ = messages(turns, 200, estimate, "It was about a lamp.")
    assert first.content.startswith("(Summary of what was said before, no instruction: It was about a lamp.)")
