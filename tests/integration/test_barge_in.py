"""Speaking stops the reply that is being made, and is answered itself; a client may stop one, too."""

import pytest

from streaming.events import (
    ReplyDelta,
    ReplyDone,
    SessionEnded,
    SpeechStarted,
    TurnEnded,
)
from tests import speech
from tests.conversation import Conversation
from tests.stack import Stack

pytestmark = [pytest.mark.models, pytest.mark.slow]

FIRST = "conf-onlyone"


async def spoken_over(server: Stack) -> Conversation:
    """A session, now over, in which the user spoke while a reply was being made."""
    async with Conversation(server.url, "chat", language="en") as talk:
        talk.client.text("Tell me a long story about a lighthouse, in many sentences.")
        await talk.until(ReplyDelta, 3)
        await talk.play(speech.join(0.3, FIRST, 1.5))
        await talk.until(ReplyDone, 2, 60)
        talk.client.end()
        await talk.until(SessionEnded)
    return talk


def too_short(talk: Conversation) -> bool:
    """Whether the small model had told its story before anybody spoke."""
    events = [arrival.message.event for arrival in talk.arrivals]
    return events.index(talk.all(ReplyDone)[0]) < events.index(talk.all(SpeechStarted)[0])


async def test_a_spoken_turn_is_answered_and_speaking_again_stops_the_answer(server: Stack) -> None:
    talk, tries = await spoken_over(server), 1
    while too_short(talk) and tries < 5:
        talk, tries = await spoken_over(server), tries + 1
    first, second = talk.all(ReplyDone)
    assert (first.reply, first.status) == (1, "cancelled")
    assert second.reply == 2
    events = [arrival.message.event for arrival in talk.arrivals]
    done, spoke = events.index(first), events.index(talk.all(SpeechStarted)[0])
    assert spoke < done
    late = [e for e in events[done + 1 :] if isinstance(e, ReplyDelta) and e.reply == 1]
    assert late == []
    turns = talk.all(TurnEnded)
    assert [(turn.reason, second.answers == turn.turn) for turn in turns] == [
        ("text", False),
        ("silence", True),
    ]


async def test_a_reply_stops_when_its_user_cancels_it(server: Stack) -> None:
    async with Conversation(server.url, "chat", channels=0) as talk:
        talk.client.text("Tell me a long story about a lighthouse, in many sentences.")
        await talk.until(ReplyDelta, 2)
        talk.client.cancel()
        [done] = await talk.until(ReplyDone)
        shown = len(talk.all(ReplyDelta))
        talk.client.text("What is two and two?")
        await talk.until(ReplyDone, 2)
        talk.client.end()
        await talk.until(SessionEnded)
    assert done.status == "cancelled"
    assert [d for d in talk.all(ReplyDelta)[shown:] if d.reply == 1] == []
