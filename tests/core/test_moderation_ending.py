"""Quotes, places and errors at a reply's end pass the judge, as its text does; the end waits for one answer at most."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.ending import WITHHELD
from moderation.watch import REMOVED, Ask, Conduct
from streaming.answers import ReplyDone, ReplyStatus, SuggestionDone
from streaming.drafts import DraftDelta, DraftDone, DraftKind, DraftStarted, RepliesEnded
from streaming.events import Event, Moderation, ModerationVerdict, SessionEnded
from streaming.facts import CancelReply, SoundEnded, Typed
from streaming.parts import Citation, Target
from tests.judging import FORBIDDEN, conduct
from tests.scribing import ACCOUNT, CARD, Session

MODES: tuple[Moderation, ...] = get_args(Moderation)
SAFE = "The lamp weighs 1.4 kg with its base, and the battery lasts for six hours at full brightness."
BAD = f"{SAFE} Then {FORBIDDEN} over the fence."
TEXT = st.sampled_from([SAFE, BAD, FORBIDDEN, "grey owl", f"{CARD} grey", "fuck", "Lamps > Weight"])
SOURCES = st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=8)
ACTS = st.lists(st.sampled_from(["answer", "restart"]), max_size=6)


def cited(*texts: tuple[str, str, str]) -> list[Citation]:
    return [
        Citation(n, "lamp.md", f"p{n}", quote, (0, len(quote)), "docs@0", 1, title, place, place, place)
        for n, (quote, title, place) in enumerate(texts, 1)
    ]


def begin(session: Session, kind: DraftKind = "reply") -> None:
    session.take(Typed("how heavy"), DraftStarted(1, 1, "llm@0", kind), DraftDelta(1, f"{SAFE} [1]"))


def end(*texts: tuple[str, str, str], error: str | None = None) -> DraftDone:
    status: ReplyStatus = "failed" if error else "completed"
    return DraftDone(1, 1, status, "llm@0", citations=cited(*texts), error=error)


def finish(session: Session) -> None:
    session.take(SoundEnded(ACCOUNT), RepliesEnded())
    for _ in range(20):
        session.answer()


def done(session: Session) -> ReplyDone | SuggestionDone | None:
    return next((one for one in session.log if isinstance(one, ReplyDone | SuggestionDone)), None)


def verdicts(events: list[Event]) -> list[tuple[str, tuple[int, int], list[str]]]:
    told = (one for one in events if isinstance(one, ModerationVerdict) and one.target == Target(reply=1))
    return [(one.action, one.span, one.categories) for one in told if one.action != "pass"]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(MODES), SOURCES, st.none() | TEXT, ACTS)
def test_no_source_or_error_that_the_judge_forbids_is_ever_told_and_every_other_is(
    mode: Moderation, sources: list[tuple[str, str, str]], error: str | None, acts: list[str]
) -> None:
    alone, session = Session(), Session(conduct=conduct(mode))
    for one in (alone, session):
        begin(one)
        one.take(end(*sources, error=error))
    for act in acts:
        (session.answer if act == "answer" else session.restart)()
    finish(alone)
    finish(session)
    free, held = done(alone), done(session)
    assert free
    assert held

    def kept(text: str, instead: str) -> str:
        return instead if FORBIDDEN in text else text

    assert [(one.quote, one.title, one.place, one.before, one.after) for one in held.citations] == [
        (
            kept(one.quote, REMOVED),
            *(kept(text, "") for text in (one.title, one.place, one.before, one.after)),
        )
        for one in free.citations
    ]
    assert held.error == (None if free.error is None else kept(free.error, WITHHELD))
    assert (held.status, held.text) == (free.status, free.text if error is None else held.text)
    assert isinstance(session.log[-1], SessionEnded)


@pytest.mark.parametrize("mode", MODES)
def test_the_sources_are_judged_while_the_end_of_the_text_is_and_the_end_waits_for_that_alone(
    mode: Moderation,
) -> None:
    session = Session(conduct=conduct(mode))
    begin(session)
    session.answer()
    session.take(end((BAD, "Lamps", "Weight"), (SAFE, "A grey owl", "")))
    assert done(session) is None
    assert [ask.ending for ask in session.asks] == [False, True]
    events = session.answer()
    told = done(session)
    assert told
    assert events[-1] == told
    assert [one.quote for one in told.citations] == [REMOVED, SAFE]
    size = len(told.text)
    assert verdicts(events) == [
        ("redact", (size, size), ["violence"]),
        ("flag", (0, size), ["harassment"]),
    ]


def test_an_agents_sources_are_judged_as_a_callers_are() -> None:
    session = Session("assist", conduct())
    begin(session, "answer")
    session.take(end((BAD, "", "")))
    while session.asks:
        session.answer()
    told = done(session)
    assert isinstance(told, SuggestionDone)
    assert told.citations[0].quote == REMOVED


def pass_text(session: Session) -> None:
    """The judge answers all but what it is asked about the end."""
    ending: list[Ask] = []
    while session.asks:
        ending += [ask for ask in session.asks if ask.ending]
        session.asks = [ask for ask in session.asks if not ask.ending]
        session.answer()
    session.asks = ending


def test_an_end_without_sources_waits_for_its_text_alone_and_without_a_judge_for_nobody() -> None:
    free, judged = Session(), Session(conduct=conduct())
    for session, over in ((free, end((SAFE, "", ""))), (judged, end())):
        begin(session)
        session.take(over)
    assert done(free) is not None
    pass_text(judged)
    assert judged.asks == []
    assert done(judged) is not None


def half_answered(how: Conduct) -> tuple[Session, list[Event]]:
    """The judge has passed the text, and is away when it is asked about the sources."""
    session = Session(conduct=how)
    begin(session)
    session.take(end((SAFE, "", "")))
    pass_text(session)
    return session, session.unanswered()


def test_sources_that_nobody_judged_are_left_out_and_in_stream_first_shown_with_a_flag() -> None:
    size = len(f"{SAFE} [1]")
    for how, quote, verdict in (
        (conduct(), REMOVED, ("redact", (size, size), ["unjudged"])),
        (conduct("stream_first"), SAFE, ("flag", (0, size), ["unjudged"])),
    ):
        session, events = half_answered(how)
        told = done(session)
        assert told
        assert (told.citations[0].quote, verdicts(events)) == (quote, [verdict])


def test_sources_wait_for_a_judge_that_is_away_where_text_does() -> None:
    session, _ = half_answered(conduct(away="hold"))
    assert done(session) is None
    session.answer()
    told = done(session)
    assert told
    assert told.citations[0].quote == SAFE


def test_an_answer_about_the_sources_of_a_reply_that_was_broken_off_says_nothing_of_its_text() -> None:
    session = Session(conduct=conduct("stream_first"))
    begin(session)
    session.take(DraftDelta(1, f" Then {FORBIDDEN} over the fence"), end((SAFE, "", "")))
    ending = [ask for ask in session.asks if ask.ending]
    session.take(CancelReply())
    late, session.asks = session.asks, ending
    session.answer()
    session.asks += [ask for ask in late if not ask.ending]
    finish(session)
    assert [action for action, _, _ in verdicts(session.log)] == ["retract"]


def test_more_sources_than_are_asked_about_at_once_are_judged_in_turn() -> None:
    session = Session(conduct=conduct())
    begin(session)
    session.take(end(*([(SAFE, "Lamps", "Weight")] * 9), (BAD, "", "")))
    rounds = 0
    while session.asks:
        assert all(len(ask.texts) <= 16 for ask in session.asks)
        session.answer()
        rounds += 1
    told = done(session)
    assert told
    assert [one.quote for one in told.citations] == [*[SAFE] * 9, REMOVED]
    assert rounds > 1
