"""Replies by the real small model over real Redis."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from llm.policy import LlmPolicy
from llm.prompts.shelf import DEFAULT
from llm.worker import Responder
from streaming import keys
from streaming.bus import Bus
from streaming.drafts import DraftDelta, DraftDone, DraftStarted, RepliesEnded
from streaming.events import (
    ReplyDone,
    SpeechStarted,
)
from streaming.machine import models
from tests.integration.responder_session import END, SID, Session, begun

SMALL = "smollm2-135m"


@pytest.fixture
async def session(bus: Bus) -> AsyncIterator[Session]:
    async with begun(bus) as session:
        yield session


@pytest.fixture
async def embedded() -> AsyncIterator[Responder]:
    """A responder with the real engine and the small model."""
    policy = LlmPolicy(model=SMALL, slots=1, context=1024, max_tokens=24)
    responder = Responder(policy, models.path(SMALL), models.digest(SMALL))
    await responder.start()
    yield responder
    await responder.stop()


# ---- the real model ------------------------------------------------------------------------------------------------


@pytest.mark.models
async def test_a_turn_gets_a_reply_made_by_the_file_on_disk(session: Session, embedded: Responder) -> None:
    await session.serve(embedded)
    await session.say("What is the capital of France?")
    await session.until(DraftDone)
    await session.log(END)
    await session.over()
    file = hashlib.sha256(models.path(SMALL).read_bytes()).hexdigest()
    begun, *words, done, end = await session.all()
    assert len(words) > 3
    assert all(isinstance(word, DraftDelta) and word.reply == 1 and word.text for word in words)
    assert isinstance(begun, DraftStarted)
    assert isinstance(done, DraftDone)
    assert begun == DraftStarted(1, 1, f"{SMALL}@{file[:16]} {DEFAULT.ref}")
    assert (done.reply, done.answers, done.status, done.made_by) == (1, 1, "completed", begun.made_by)
    assert done.usage is not None
    assert 0 < done.usage.completion_tokens <= 24
    assert done.timing.keys() == {"queue_ms", "first_token_ms", "total_ms"}
    assert 0 < done.timing["first_token_ms"] <= done.timing["total_ms"]
    assert end == RepliesEnded()


@pytest.mark.models
async def test_what_serves_is_named_with_whole_hashes() -> None:
    responder = Responder(
        LlmPolicy(model=SMALL, slots=1, context=512), models.path(SMALL), models.digest(SMALL)
    )
    model, prompt, *_ = await responder.start()
    await responder.stop()
    assert (model.role, model.name, model.hash) == ("responder", SMALL, models.digest(SMALL))
    assert model.ref == f"{SMALL}@{model.hash[:16]}"
    assert (prompt.role, prompt.hash, prompt.ref) == ("prompt", DEFAULT.hash, DEFAULT.ref)


@pytest.mark.models
async def test_a_real_reply_stops_in_the_middle_and_the_next_turn_is_answered(
    session: Session, bus: Bus
) -> None:
    policy = LlmPolicy(model=SMALL, slots=1, context=1024, max_tokens=500)
    responder = Responder(policy, models.path(SMALL), models.digest(SMALL))
    await responder.start()
    await session.serve(responder)
    await session.say("Tell me a long story about a fox.")
    await session.until(DraftDelta, 3)
    await session.log(ReplyDone(1, 1, "cancelled", "Once", "x"))
    await asyncio.sleep(0.1)
    stopped = await bus.call("XLEN", keys.draft(SID))
    await asyncio.sleep(0.3)
    assert await bus.call("XLEN", keys.draft(SID)) == stopped
    await session.say("Stop.")
    await session.until(DraftStarted, 2)
    await session.until(DraftDelta, 1 + sum(isinstance(f, DraftDelta) for f in session.drafts))
    await session.log(SpeechStarted(0, 0), END)
    await session.over()
    await responder.stop()
