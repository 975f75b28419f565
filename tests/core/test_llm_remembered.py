"""Answers that are given again to the very same question."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from llm.asking import Ask
from llm.flavours.policy import AnswersPolicy
from llm.flavours.remembered import Answers, Remembered, key
from llm.history import Message

ASK = Ask([Message("user", "How long?")], 32, grounds="handbook@1")


def test_a_question_is_the_same_only_when_all_is_that_an_answer_is_made_from() -> None:
    others = [
        replace(ASK, tenant="acme"),
        replace(ASK, grounds="handbook@2"),
        replace(ASK, messages=[Message("user", "How long")]),
        replace(ASK, messages=[Message("system", "p"), *ASK.messages]),
        replace(ASK, max_tokens=33),
        replace(ASK, temperature=0.0),
        replace(ASK, schema={"type": "object"}),
    ]
    keys = {key(ask, "m@1") for ask in (ASK, *others)} | {key(ASK, "m@2"), key(ASK, "m@1 acme@3")}
    assert len(keys) == len(others) + 3
    assert key(replace(ASK, mode="assist", language="de"), "m@1") == key(ASK, "m@1")


def test_an_answer_is_found_until_it_is_too_old() -> None:
    answers = Answers(AnswersPolicy(ttl_s=10.0))
    answers.keep(b"k", Remembered("A year.", 5.0))
    assert answers.find(b"k", 14.9) == Remembered("A year.", 5.0)
    assert answers.find(b"k", 15.0) is None
    assert answers.find(b"k", 14.0) is None
    assert answers.find(b"other", 5.0) is None


def test_when_it_is_full_the_one_asked_for_longest_ago_goes() -> None:
    answers = Answers(AnswersPolicy(most=2))
    for name in (b"a", b"b"):
        answers.keep(name, Remembered("x", 0.0))
    assert answers.find(b"a", 1.0)
    answers.keep(b"c", Remembered("x", 0.0))
    assert [name for name in (b"a", b"b", b"c") if answers.find(name, 1.0)] == [b"a", b"c"]


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.integers(0, 1500)), max_size=30))
def test_what_is_kept_stays_within_its_bounds_whatever_comes(kept: list[tuple[bytes, int]]) -> None:
    answers = Answers(AnswersPolicy(most=2, most_kb=2))
    for name, size in kept:
        answers.keep(name, Remembered("x" * size, 0.0))
        found = [answer for name in (b"a", b"b", b"c") if (answer := answers.find(name, 0.0))]
        assert len(found) <= 2
        assert sum(len(answer.text) for answer in found) <= 2048
        if size:
            assert answers.find(name, 0.0) == Remembered("x" * size, 0.0)
