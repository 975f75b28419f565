"""Who judges once more what was said and shown: nothing waits for it, and nothing is shown otherwise because of it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.watch import PIECE, Ask, Conduct, whole
from streaming.drafts import DraftDelta, DraftDone, DraftStarted, RepliesEnded
from streaming.events import Moderation, ModerationVerdict, ReplyDone, SessionEnded
from streaming.facts import SoundEnded, Typed
from streaming.parts import Target
from tests.judging import conduct
from tests.scribing import ACCOUNT, CARD, Session, shown_of, stories

REPLY = Target(reply=1)
GUARD = "guard@host"
ALONE = Conduct(after=GUARD)
UNSAFE = "Good morning. See how the red fox jumps over there. And so it goes on."
DONE = DraftDone(1, 1, "completed", "llm@0")
MODES: tuple[Moderation, ...] = ("hold", "stream_first", "block_all")


def asked(session: Session) -> list[Ask]:
    return [ask for ask in session.asks if ask.after]


def flags(session: Session) -> list[ModerationVerdict]:
    return [event for event in session.log if isinstance(event, ModerationVerdict) and event.made_by == GUARD]


def replied(how: Conduct, text: str = UNSAFE) -> Session:
    session = Session(conduct=how)
    session.take(Typed("say it"), DraftStarted(1, 1, "llm@0"), DraftDelta(1, text))
    return session


def test_a_reply_is_asked_about_as_a_whole_when_it_is_over_and_whatever_is_found_is_flagged() -> None:
    session = replied(ALONE)
    assert asked(session) == []
    session.take(DONE)
    assert [(ask.texts, ask.by) for ask in asked(session)] == [(["say it"], "user"), ([UNSAFE], "assistant")]
    assert isinstance(session.log[-1], ReplyDone)
    session.take(SoundEnded(ACCOUNT), RepliesEnded())
    assert not isinstance(session.log[-1], SessionEnded)
    session.answer()
    assert [(one.action, one.span, one.score) for one in flags(session)] == [("flag", (0, len(UNSAFE)), 0.95)]
    assert shown_of(session.log)[REPLY] == UNSAFE
    assert isinstance(session.log[-1], SessionEnded)


def test_what_is_owed_is_asked_again_after_a_restart() -> None:
    session = replied(ALONE)
    session.take(DONE)
    session.restart()
    assert [ask.texts for ask in asked(session)] == [["say it"], [UNSAFE]]
    session.answer()
    assert len(flags(session)) == 1
    assert session.scribe.place.owed_after == []


def test_a_text_that_the_judge_took_back_is_asked_about_as_it_was_left() -> None:
    session = replied(conduct("stream_first", after=GUARD))
    session.take(DONE)
    while not asked(session):
        session.answer()
    session.answer()
    assert "fox" not in shown_of(session.log)[REPLY]
    assert [one.target for one in flags(session)] == []
    session = Session("transcribe", conduct("hold", said="retract", after=GUARD))
    session.take(Typed("see, the red fox jumps"))
    assert asked(session) == []
    session.answer()
    assert [ask.texts for ask in asked(session)] == [["[removed]"]]


def test_of_what_a_guard_that_is_away_has_not_judged_a_flag_tells_so() -> None:
    session = replied(ALONE)
    session.take(DONE, SoundEnded(ACCOUNT), RepliesEnded())
    session.unanswered()
    assert [(one.action, one.categories) for one in flags(session)] == [("flag", ["unjudged"])] * 2
    assert isinstance(session.log[-1], SessionEnded)


@settings(max_examples=25, deadline=None)
@given(stories(), st.sampled_from(MODES), st.lists(st.booleans(), min_size=1, max_size=10))
def test_nothing_is_shown_otherwise_because_of_it_and_it_sees_no_more_than_was_shown(
    story: list[object], mode: Moderation, restarts: list[bool]
) -> None:
    plain, session = Session(conduct=conduct(mode)), Session(conduct=conduct(mode, after=GUARD))
    for place, fact in enumerate(story):
        for one in (plain, session):
            one.take(fact)  # type: ignore[arg-type]
            if restarts[place % len(restarts)]:
                one.restart()
        assert not any(CARD in text for ask in asked(session) for text in ask.texts)
    for one in (plain, session):
        while one.asks:
            one.answer()
    assert shown_of(session.log) == shown_of(plain.log)
    assert isinstance(session.log[-1], SessionEnded)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["word " * 700, " " * 5000, "x" * 3999, "b", "\n"]), max_size=6).map("".join))
def test_a_long_text_is_asked_about_in_pieces_that_are_all_of_it(text: str) -> None:
    checked, pieces = 0, list[str]()
    while ask := whole(REPLY, text, checked):
        [(begin, end)] = ask.spans
        assert text[checked:begin].strip() == ""
        assert ask.texts == [text[begin:end]]
        assert begin < end <= begin + PIECE
        assert ask.end == end
        pieces += ask.texts
        checked = end
    assert "".join("".join(pieces).split()) == "".join(text.split())
