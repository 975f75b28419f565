"""What an agent is told is moderated like all else: suggestions as they grow, summaries and feedback as a whole."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

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
    Alert,
    AudioEnded,
    Event,
    ModerationVerdict,
    ReplyStarted,
    SessionEnded,
    SpeechStarted,
    SuggestionDelta,
    SuggestionDone,
    SuggestionFeedback,
    SuggestionStarted,
    Summary,
    Target,
    TurnEnded,
    TurnResumed,
)
from streaming.facts import EagerEndpoint, Endpoint, Feedback, Heard, Resumed, SoundEnded
from streaming.parts import Citation, Section
from tests.scribing import ACCOUNT, CARD, Session, final, stories

ALERT = Alert(1, "keyword", "refunds", 0, 900, channel=1, segment=1)


def summary(number: int, *texts: str) -> DraftSummary:
    sections = [Section(f"part {place}", text) for place, text in enumerate(texts)]
    return DraftSummary(Summary(number, "progress", 1, sections, "llm@0"))


def suggested(number: int, text: str, *citations: Citation) -> list[Draft]:
    return [
        DraftStarted(number, 1, "llm@0", "answer", supersedes=number - 1 or None),
        *(DraftDelta(number, piece) for piece in text.split("|")),
        DraftDone(number, 1, "completed", "llm@0", citations=list(citations)),
    ]


def asked(session: Session) -> list[Event]:
    """The customer has said something."""
    return session.take(final("what now", 1), Endpoint(1, "silence"))


@st.composite
def calls(draw: st.DrawFn) -> list[Heard | Draft]:
    """Stories of a call: what was a reply is a suggestion, and summaries, alerts and feedback come in between."""
    out: list[Heard | Draft] = []
    number = 0
    for fact in draw(stories()):
        kind = draw(st.sampled_from(["answer", "question", "checklist"]))
        out.append(replace(fact, kind=kind) if isinstance(fact, DraftStarted) else fact)
        if draw(st.booleans()) and not isinstance(fact, SoundEnded | RepliesEnded):
            number += 1
            more = [
                summary(number, f"paid with {CARD}", "well"),
                DraftAlert(replace(ALERT, alert=number)),
                Feedback(draw(st.integers(0, 3)), "edited", f"it is {CARD}"),
            ]
            out.append(draw(st.sampled_from(more)))
    return out


@settings(max_examples=150, deadline=None)
@given(calls(), st.lists(st.booleans(), min_size=60, max_size=60))
def test_a_restart_anywhere_in_a_call_changes_nothing_and_no_card_number_is_told(
    story: list[Heard | Draft], restarts: list[bool]
) -> None:
    straight, cut = Session("assist"), Session("assist")
    for place, fact in enumerate(story):
        straight.take(fact)
        cut.take(fact)
        if restarts[place % len(restarts)]:
            cut.restart()
    assert cut.told == straight.told
    assert isinstance(straight.log[-1], SessionEnded)
    assert CARD not in repr(straight.log)
    assert not any(isinstance(event, ReplyStarted) for event in straight.log)
    begun = [event.suggestion for event in straight.log if isinstance(event, SuggestionStarted)]
    assert [event.suggestion for event in straight.log if isinstance(event, SuggestionDone)] == begun


def test_a_suggestion_grows_as_a_reply_does_and_speech_does_not_end_it() -> None:
    session = Session("assist")
    asked(session)
    events = session.take(*suggested(2, "pay |with |4111 1111| 1111 1111| now")[:-1])
    events += session.take(SpeechStarted(0, 9), final("let me see", 0), Endpoint(0, "silence"))
    events += session.take(suggested(2, "")[-1])
    started, done = (e for e in events if isinstance(e, SuggestionStarted | SuggestionDone))
    assert (started.suggestion, started.answers, started.kind, started.supersedes) == (2, 1, "answer", 1)
    assert isinstance(done, SuggestionDone)
    assert (done.text, done.status, done.supersedes) == ("pay with [card number] now", "completed", 1)
    assert "".join(e.text for e in events if isinstance(e, SuggestionDelta)) == done.text
    verdicts = [e for e in events if isinstance(e, ModerationVerdict) and e.target.segment is None]
    assert [(verdict.target, verdict.span) for verdict in verdicts] == [(Target(suggestion=2), (9, 22))]


def test_a_summary_is_told_masked_with_verdicts_that_count_its_sections_as_one_text() -> None:
    session = Session("assist")
    asked(session)
    told, redacted, blocked = session.take(summary(1, "fine", f"card {CARD}.", "how to make a bomb"))
    assert isinstance(told, Summary)
    assert [section.text for section in told.sections] == ["fine", "card [card number].", ""]
    assert isinstance(redacted, ModerationVerdict)
    assert isinstance(blocked, ModerationVerdict)
    whole = "\n".join(section.text for section in told.sections)
    assert whole[slice(*redacted.span)] == "[card number]"
    assert (redacted.target, blocked.action) == (Target(summary=1), "block")
    assert blocked.span == (len(whole), len(whole))


def test_what_is_told_again_of_summaries_and_alerts_is_an_echo() -> None:
    session = Session("assist")
    asked(session)
    first = session.take(summary(1, "fine"), DraftAlert(ALERT))
    assert [type(event) for event in first] == [Summary, ModerationVerdict, Alert]
    session.restart()
    assert session.take(summary(1, "again"), DraftAlert(ALERT)) == []


def test_a_quote_is_told_masked_as_the_answer_is() -> None:
    session = Session("assist")
    asked(session)
    citation = Citation(
        1, "faq.md", "p1", f"Use {CARD} to test.", (0, 30), "docs@0", 1, "Cards", "", f"Or {CARD}.", CARD
    )
    done = session.take(*suggested(1, f"Use {CARD} [1].", citation))[-1]
    assert isinstance(done, SuggestionDone)
    assert done.citations[0].quote == "Use [card number] to test."
    assert CARD not in repr(session.log)


def test_feedback_is_told_masked_also_while_the_wrap_up_is_made_and_never_of_what_was_not_suggested() -> None:
    session = Session("assist")
    asked(session)
    session.take(*suggested(1, "pay by card"))
    assert session.take(Feedback(2, "accepted"), Feedback(0, "rejected")) == []
    assert session.take(Feedback(1, "edited", f"say {CARD}")) == [
        SuggestionFeedback(1, "edited", "say [card number]")
    ]
    session.take(SoundEnded(ACCOUNT))
    assert session.take(Feedback(1, "accepted")) == [SuggestionFeedback(1, "accepted")]
    session.take(RepliesEnded())
    assert session.take(Feedback(1, "accepted")) == []


def test_a_call_ends_behind_its_wrap_up() -> None:
    session = Session("assist")
    asked(session)
    assert isinstance(session.take(SoundEnded(ACCOUNT))[-1], AudioEnded)
    events = session.take(summary(1, "all is well"), RepliesEnded())
    assert [type(event) for event in events] == [Summary, ModerationVerdict, SessionEnded]


def test_a_suggestion_to_an_eager_turn_waits_until_it_is_confirmed_and_is_dropped_if_it_is_not() -> None:
    session = Session("assist")
    assert isinstance(session.take(EagerEndpoint(1, "silence", "what now"))[-1], TurnEnded)
    assert session.take(*suggested(1, "this")) == []
    events = session.take(Resumed(1))
    assert [type(event) for event in events] == [TurnResumed]
    session.take(EagerEndpoint(1, "silence", "what now then"))
    again = [
        replace(fact, answers=2) if isinstance(fact, DraftStarted) else fact for fact in suggested(2, "that")
    ]
    assert session.take(*again) == []
    session.restart()
    events = session.take(final("what now then", 1), Endpoint(1, "silence"))
    done = [event for event in events if isinstance(event, SuggestionDone)]
    assert [(one.suggestion, one.answers, one.text) for one in done] == [(2, 2, "that")]
