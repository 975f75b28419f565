"""A summary is shown when the judge has passed it, as all that a language model wrote; what comes behind it waits."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.drafts import DraftAlert, DraftSummary, RepliesEnded
from streaming.events import Alert, Moderation, ModerationVerdict, SessionEnded, Summary
from streaming.facts import SoundEnded
from streaming.parts import Section, Target
from tests.judging import FORBIDDEN, conduct
from tests.scribing import ACCOUNT, CARD, Session

ALERT = DraftAlert(Alert(1, "keyword", "refunds", 0, 900, channel=1, segment=1))
SAFE = "The customer wants to know where the parcel is, and will call again on Monday at noon."
WORDS = ["the red fox jumps", "the red", "fox jumps", "grey owl", "so it is.", SAFE, CARD, "fuck"]
TEXT = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
ACTS = st.lists(st.sampled_from(["answer", "restart"]), max_size=8)


def summary(number: int, *texts: str) -> DraftSummary:
    return DraftSummary(
        Summary(number, "progress", 1, [Section(f"part {n}", t) for n, t in enumerate(texts)], "llm@0")
    )


def summed(session: Session) -> list[list[str]]:
    return [[one.text for one in event.sections] for event in session.log if isinstance(event, Summary)]


def verdicts(session: Session) -> list[tuple[str, list[str]]]:
    return [
        (event.action, event.categories)
        for event in session.log
        if isinstance(event, ModerationVerdict) and event.target == Target(summary=1)
    ]


def finish(session: Session) -> None:
    session.take(SoundEnded(ACCOUNT), RepliesEnded())
    for _ in range(50):
        session.answer()


@settings(max_examples=100, deadline=None)
@given(TEXT, TEXT, ACTS)
def test_no_summary_that_the_judge_forbids_is_ever_shown_and_every_other_is(
    first: str, second: str, acts: list[str]
) -> None:
    modes: tuple[Moderation, ...] = ("hold", "block_all")
    for mode in modes:
        alone, session = Session("assist"), Session("assist", conduct(mode))
        for one in (alone, session):
            one.take(summary(1, first, second), ALERT, summary(2, SAFE))
        for act in acts:
            (session.answer if act == "answer" else session.restart)()
        finish(alone)
        finish(session)
        told, whole = summed(session), "\n".join(summed(alone)[0])
        forbidden = FORBIDDEN in " ".join(whole.split())
        assert told == [["", ""] if forbidden else summed(alone)[0], [SAFE]]
        assert isinstance(session.log[-1], SessionEnded)


@pytest.mark.parametrize("mode", ["hold", "block_all"])
def test_a_summary_waits_for_the_judge_and_what_is_behind_it_waits_too(mode: Moderation) -> None:
    session = Session("assist", conduct(mode))
    assert session.take(summary(1, SAFE, "A grey owl called."), ALERT) == []
    session.restart()
    assert session.log == []
    session.answer()
    assert [type(event) for event in session.log] == [Summary, ModerationVerdict, Alert]
    assert verdicts(session) == [("flag", ["harassment"])]


def test_a_summary_that_nobody_judged_has_no_text_unless_it_is_waited_for() -> None:
    ended, waits = Session("assist", conduct("hold")), Session("assist", conduct("hold", away="hold"))
    for session in (ended, waits):
        session.take(summary(1, SAFE))
        session.unanswered()
    assert (summed(ended), verdicts(ended)) == ([[""]], [("block", ["unjudged"])])
    assert summed(waits) == []
    waits.answer()
    assert summed(waits) == [[SAFE]]


@pytest.mark.parametrize("restart", [False, True])
def test_in_stream_first_a_summary_is_shown_at_once_and_flagged_behind(restart: bool) -> None:
    session = Session("assist", conduct("stream_first"))
    session.take(summary(1, SAFE, "And the red fox jumps."))
    assert summed(session) == [[SAFE, "And the red fox jumps."]]
    if restart:
        session.restart()
    finish(session)
    assert verdicts(session)[-1] == ("flag", ["violence"])
