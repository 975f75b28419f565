"""What was said before a session, elsewhere, on its way through the moderator."""

from streaming.events import ContextGiven, ModerationVerdict, TranscriptFinal
from streaming.facts import Given, Typed
from tests.scribing import CARD, Session


def test_a_message_from_before_the_session_is_masked_and_begins_no_turn() -> None:
    session = Session()
    session.take(Given("user", f"my card is {CARD}"), Given("assistant", "Thanks."), Given("system", " "))
    told = [event for event in session.log if not isinstance(event, ModerationVerdict)]
    assert told == [
        ContextGiven(1, "user", "my card is [card number]"),
        ContextGiven(2, "assistant", "Thanks."),
    ]
    assert [one.action for one in session.log if isinstance(one, ModerationVerdict)] == ["redact", "pass"]
    session.take(Typed("And now?"))
    assert [one.segment for one in session.log if isinstance(one, TranscriptFinal)] == [3]
