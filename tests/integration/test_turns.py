"""Turns that end eagerly, through the whole service: real speech, real Whisper, a real language model."""

import asyncio
from typing import Any

import msgspec
import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.drafts import Draft, DraftDelta, DraftStarted
from streaming.events import (
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SessionEnded,
    SessionStarted,
    TranscriptFinal,
    TurnEnded,
    TurnResumed,
)
from streaming.wire.messages import EndpointingAsked
from tests import speech
from tests.conversation import Conversation
from tests.stack import Stack

pytestmark = [pytest.mark.models, pytest.mark.slow]

PROMPT, REST = "conf-onlyone", "vm-goodbye"
PATIENT = EndpointingAsked(silence_ms=4_000, eager_ms=300)
"""The eager end is long before the other one, however slow the machine is."""


class Talk(Conversation):
    """A chat whose draft can be read along."""

    def __init__(self, server: Stack) -> None:
        super().__init__(server.url, "chat", language="en", endpointing=PATIENT)
        self._redis_url = server.redis_url

    async def drafted(self, kind: type[Draft]) -> list[Any]:
        """All that the responder has written so far, once there is one of `kind`."""
        [started] = self.all(SessionStarted)
        bus = Bus(self._redis_url)
        try:
            async with asyncio.timeout(30):
                while True:
                    entries = await bus.read(keys.draft(started.session_id))
                    facts = [msgspec.json.decode(entry.body, type=Draft) for entry in entries]
                    if any(isinstance(fact, kind) for fact in facts):
                        return facts
                    await asyncio.sleep(0.02)
        finally:
            await bus.close()

    @property
    def events(self) -> list[Any]:
        return [arrival.message.event for arrival in self.arrivals]


async def test_a_reply_is_begun_before_the_turn_is_sure_and_shown_when_it_is(server: Stack) -> None:
    talk = Talk(server)
    async with talk:
        await talk.play(speech.join(0.3, PROMPT, 0.6), pace=2)
        [eager] = await talk.until(TurnEnded)
        drafted = await talk.drafted(DraftDelta)
        assert talk.all(TranscriptFinal) == talk.all(ReplyStarted) == []
        await talk.play(speech.silence(3.6), pace=20)
        [done] = await talk.until(ReplyDone)
        talk.client.end()
        await talk.until(SessionEnded)
    assert isinstance(drafted[0], DraftStarted)
    assert (eager.eager, drafted[0].answers, done.answers, done.status) == (
        True,
        eager.turn,
        eager.turn,
        "completed",
    )
    assert speech.errors(speech.plain(speech.said()[PROMPT]), speech.plain(eager.text)) <= 1
    _, sure = talk.all(TurnEnded)
    assert (sure.turn, sure.eager, sure.reason) == (eager.turn, False, "silence")
    assert talk.text() == eager.text
    order = [
        type(event) for event in talk.events if isinstance(event, TurnEnded | TranscriptFinal | ReplyStarted)
    ]
    assert order == [TurnEnded, TranscriptFinal, TurnEnded, ReplyStarted]
    assert "".join(delta.text for delta in talk.all(ReplyDelta)) == done.text


async def test_of_a_reply_to_a_turn_that_went_on_nothing_is_shown(server: Stack) -> None:
    talk = Talk(server)
    async with talk:
        await talk.play(speech.join(0.3, PROMPT, 0.6), pace=2)
        [eager] = await talk.until(TurnEnded)
        await talk.drafted(DraftStarted)
        await talk.play(speech.join(REST, 0.6), pace=2)
        await talk.until(TurnResumed)
        await talk.until(TurnEnded, 2)
        await talk.play(speech.silence(3.6), pace=20)
        [done] = await talk.until(ReplyDone)
        talk.client.end()
        await talk.until(SessionEnded)
    assert [event.turn for event in talk.all(TurnResumed)] == [eager.turn]
    _, again, sure = talk.all(TurnEnded)
    assert eager.turn < again.turn == sure.turn == done.answers
    assert again.text == talk.text()
    assert again.text.startswith(eager.text[:20])
    assert "good" in again.text.lower()
    assert [event.answers for event in talk.all(ReplyStarted)] == [sure.turn]
    assert {event.reply for event in talk.all(ReplyDelta)} <= {done.reply}
    [account] = talk.all(SessionEnded)[0].accounting
    assert account.duration_ms == account.transcribed_ms + account.silence_ms
