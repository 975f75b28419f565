"""Summaries of a call say no number and no name that nobody said."""

import pytest

from llm.assist.borne import borne
from llm.assist.dialogue import Line
from streaming.parts import Section

CALL = [
    Line(
        1, 1, "Hello, this is Maria Lopez. My lamp arrived broken, I ordered it ten days ago for 45.50 euros."
    ),
    Line(2, 0, "I am sorry. You will have a new Aria lamp by Friday."),
]


def summed(text: str) -> str:
    [section] = borne([Section("reason", text)], CALL)
    return section.text


@pytest.mark.parametrize(
    "text",
    [
        "The customer Maria Lopez has a broken lamp.",
        "She ordered it 10 days ago. It cost 45.50 euros.",
        "The Agent promised the Aria lamp by Friday.",
        "Somebody is unhappy about what came.",
        "-",
    ],
)
def test_what_was_said_stays_in_whatever_words(text: str) -> None:
    assert summed(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Maria has been a customer for 10 years and 3 months.",
        "The lamp was bought for 145.50 euros.",
        "The agent will call Mr Peterson.",
    ],
)
def test_numbers_and_names_that_nobody_said_cost_their_sentence(text: str) -> None:
    assert summed(f"The lamp is broken. {text}") == "The lamp is broken."
    assert summed(text) == "-"
