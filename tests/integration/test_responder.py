"""Turns and their replies over real Redis, by a server that does what a test says."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from llm.answering import NO_WORDS
from llm.prompts.shelf import DEFAULT
from llm.worker import Responder
from streaming.bus import Bus
from streaming.drafts import DraftDelta, DraftStarted, RepliesEnded
from streaming.events import (
    Event,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SpeechStarted,
    TranscriptPartial,
)
from tests.contracts.fake_llm import FakeLlm, fake_llm, ramble, talk
from tests.integration.responder_session import END, Session, asking, begun


@pytest.fixture
async def session(bus: Bus) -> AsyncIterator[Session]:
    async with begun(bus) as session:
        yield session


@pytest.fixture
async def fake() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


@pytest.fixture
async def remote(fake: FakeLlm) -> AsyncIterator[Responder]:
    async with asking(fake) as responder:
        yield responder


# ---- turns and their replies ---------------------------------------------------------------------------------------


async def test_a_typed_message_is_a_turn_too(session: Session, remote: Responder, fake: FakeLlm) -> None:
    await session.serve(remote)
    await session.say("What is your name?", source="text")
    await session.log(END)
    await session.over()
    assert fake.exchanges[-1].asked["messages"] == [
        {"role": "system", "content": DEFAULT.text},
        {"role": "user", "content": "What is your name?"},
    ]
    (done,) = await session.dones()
    assert done.status == "completed"
    assert done.made_by == f"fake-1@127.0.0.1 {DEFAULT.ref}"
    assert (await session.text(1)).startswith("word0 word1 ")


async def test_the_session_is_over_at_once_when_nothing_is_owed(session: Session, remote: Responder) -> None:
    await session.log(TranscriptPartial(0, 1, 1, "Hel", 0), END)
    await session.serve(remote)
    await session.over()
    assert await session.all() == [RepliesEnded()]


async def test_the_newest_turn_wins(session: Session, remote: Responder, fake: FakeLlm) -> None:
    fake.script = ramble
    await session.serve(remote)
    await session.say("One.")
    await session.until(DraftDelta, 2)
    first, fake.script = fake.exchanges[-1], talk
    await session.say("Two.")
    await asyncio.wait_for(first.gone.wait(), 5)
    await session.log(END)
    await session.over()
    assert [(d.reply, d.answers, d.status) for d in await session.dones()] == [
        (1, 1, "cancelled"),
        (2, 2, "completed"),
    ]


@pytest.mark.parametrize("event", [SpeechStarted(0, 0), ReplyDone(1, 1, "cancelled", "word0", "x")])
async def test_a_cancelled_reply_says_nothing_more_and_its_request_is_closed(
    session: Session, remote: Responder, fake: FakeLlm, event: Event
) -> None:
    fake.script = ramble
    await session.serve(remote)
    await session.say("One.")
    await session.until(DraftDelta, 2)
    await session.log(event)
    await asyncio.wait_for(fake.exchanges[-1].gone.wait(), 5)
    await session.log(END)
    await session.over()
    told = await session.dones()
    assert [done.status for done in told] == (["cancelled"] if isinstance(event, SpeechStarted) else [])
    drafts = await session.all()
    assert [type(fact) for fact in drafts[-len(told) - 1 :]] == [*map(type, told), RepliesEnded]


async def test_what_was_shown_is_the_history_of_the_next_reply(
    session: Session, remote: Responder, fake: FakeLlm
) -> None:
    fake.script = ramble
    await session.serve(remote)
    await session.say("My card is ••••.")
    await session.until(DraftDelta)
    fake.script = talk
    await session.log(
        ReplyStarted(1, 1, "x"), ReplyDelta(1, "Thank", 0), ReplyDone(1, 1, "cancelled", "Thank", "x")
    )
    await session.say("And now?")
    await session.log(END)
    await session.over()
    assert [m["content"] for m in fake.exchanges[-1].asked["messages"][1:]] == [
        "My card is ••••.",
        "Thank",
        "And now?",
    ]


async def test_the_history_stays_within_its_budget(
    session: Session, remote: Responder, fake: FakeLlm
) -> None:
    for turn in range(1, 31):
        await session.say(f"This is what I said in turn number {turn}.")
        await session.log(ReplyDone(turn, turn, "completed", f"This is the answer number {turn}.", "x"))
    await session.serve(remote)
    turn = await session.say("What is the last thing that I said?")
    await session.until(DraftStarted, turn)
    await session.until(DraftDelta)
    _system, *asked = fake.exchanges[-1].asked["messages"]
    assert asked[-1]["content"] == "What is the last thing that I said?"
    assert "number 30" in asked[-2]["content"]
    assert sum(len(message["content"]) for message in asked) < 3 * 100
    await session.kill()


async def test_a_turn_without_words_fails_and_asks_nobody(
    session: Session, remote: Responder, fake: FakeLlm
) -> None:
    asked = len(fake.exchanges)
    await session.say(" ")
    await session.log(END)
    await session.serve(remote)
    await session.over()
    assert [(done.status, done.error) for done in await session.dones()] == [("failed", NO_WORDS)]
    assert len(fake.exchanges) == asked
