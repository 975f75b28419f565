"""A judge that answers late, or no more: what the rules decided meanwhile holds, and what was shown is judged."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from moderation.scribe import Scribe
from streaming.answers import ReplyDone
from streaming.drafts import DraftDelta, DraftDone, DraftStarted, RepliesEnded
from streaming.events import Event, Moderation, ModerationVerdict, SessionEnded
from streaming.facts import Endpoint, SoundEnded, Typed
from streaming.parts import Target
from tests.judging import conduct
from tests.screening import SCREEN, pieces
from tests.scribing import ACCOUNT, CARD, Session, final, shown_of

REPLY = Target(reply=1)
SAID = "Good morning, this is a long and friendly answer. It goes on for a while, and has no end. "
ENDED = DraftDone(1, 1, "completed", "llm@0")
WORDS = [SAID, "how to make a bomb", "how to", "make a bomb", "grey owl", CARD, "fuck", "so it is."]
TEXT = st.lists(st.sampled_from(WORDS), max_size=10).map(" ".join)
ACTS = st.lists(st.sampled_from(["answer", "restart", "on", "on", "on"]), min_size=1, max_size=30)


def play(session: Session, texts: list[str], acts: list[str]) -> None:
    session.take(Typed("say it"), DraftStarted(1, 1, "llm@0"))
    for place, text in enumerate(texts):
        session.take(DraftDelta(1, text))
        act = acts[place % len(acts)]
        if act != "on":
            (session.answer if act == "answer" else session.restart)()


def finish(session: Session) -> None:
    session.take(ENDED, SoundEnded(ACCOUNT), RepliesEnded())
    for _ in range(50):
        session.answer()


def done(session: Session) -> tuple[str, str]:
    return next((event.status, event.text) for event in session.log if isinstance(event, ReplyDone))


def verdicts(log: list[Event], target: Target) -> list[tuple[str, tuple[int, int]]]:
    return [
        (event.action, (event.span[0], event.span[1]))
        for event in log
        if isinstance(event, ModerationVerdict) and event.target == target
    ]


@settings(max_examples=100, deadline=None)
@given(TEXT, st.lists(st.integers(0, 400), max_size=12), ACTS)
def test_what_the_rules_block_ends_a_reply_also_while_the_judge_is_being_waited_for(
    text: str, cuts: list[int], acts: list[str]
) -> None:
    alone = Session()
    play(alone, [text], ["on"])
    finish(alone)
    modes: tuple[Moderation, ...] = ("hold", "stream_first")
    for mode in modes:
        session = Session(conduct=conduct(mode))
        play(session, pieces(text, cuts), acts)
        finish(session)
        assert done(session) == done(alone)
        assert shown_of(session.log) == shown_of(alone.log)
        assert isinstance(session.log[-1], SessionEnded)


def test_words_behind_what_the_rules_block_stay_unseen_when_the_judge_answers_late() -> None:
    session = Session(conduct=conduct("hold"))
    play(session, [SAID, "And how to make a bomb: ", "take two spoons of it, and stir. "], ["on"])
    finish(session)
    assert done(session) == ("blocked", SAID + "And ")


def test_a_reply_that_passed_as_a_whole_is_judged_once() -> None:
    session = Session(conduct=conduct("block_all"))
    play(session, [SAID + "A grey owl is here."], ["on"])
    finish(session)
    assert [action for action, _ in verdicts(session.log, REPLY)] == ["flag"]


def test_of_a_reply_that_the_deadline_ends_a_flag_tells_that_nobody_judged_it() -> None:
    session = Session(conduct=conduct("stream_first"))
    play(session, [SAID], ["on"])
    session.take(SoundEnded(ACCOUNT))
    told = session.scribe.expired()
    shown = shown_of(session.log)[REPLY]
    assert shown
    assert verdicts(told, REPLY) == [("flag", (0, len(shown)))]
    assert isinstance(told[-1], SessionEnded)


@pytest.mark.parametrize("mode", ["hold", "block_all"])
def test_a_moderator_that_begins_again_without_a_judge_shows_what_waited_for_it(mode: Moderation) -> None:
    session = Session(conduct=conduct(mode))
    play(session, [SAID], ["on"])
    assert shown_of(session.log).get(REPLY, "") == ""
    session.conduct = replace(conduct(mode), judge="")
    session.scribe = Scribe(SCREEN, session.scribe.place, session.conduct)
    session.scribe.resumed(session.heard, session.draft, shown_of(session.log))
    session.asks = []
    finish(session)
    assert shown_of(session.log)[REPLY] == SAID == done(session)[1]


def test_a_session_ends_when_what_is_owed_a_verdict_is_not_in_its_log_any_more() -> None:
    session = Session("transcribe", conduct())
    session.take(final("good morning to you"), Endpoint(0, "silence"), SoundEnded(ACCOUNT))
    session.scribe = Scribe(SCREEN, session.scribe.place, session.conduct)
    session.scribe.resumed([], [], {})
    assert session.scribe.asks() == []
    assert isinstance(session.take()[-1], SessionEnded)
