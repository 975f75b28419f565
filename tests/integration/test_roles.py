"""Each role is a process: with one stopped, its part and nothing else is missing, and comes when it starts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streaming import roster
from streaming.app import run_role
from streaming.bus import Bus
from streaming.config import Settings
from streaming.events import ReplyDone, SessionEnded, TranscriptFinal
from streaming.ingress.door import ServerPolicy
from streaming.ingress.intake import Inlet
from streaming.ingress.sound import Block
from tests import speech
from tests.conversation import Conversation
from tests.stack import Stack, free_port

pytestmark = [pytest.mark.models, pytest.mark.slow]
PROMPT = "conf-onlyone"
WORDS = speech.plain(speech.said()[PROMPT])


@pytest.fixture
async def apart(own_redis_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    """Four processes of the test's own."""
    stack = Stack(own_redis_url, tmp_path, {"VIVAVOCE_LLM__MODEL": "smollm2-135m"})
    stack.start()
    try:
        await asyncio.to_thread(stack.await_ready)
        yield stack
    finally:
        await asyncio.to_thread(stack.stop)
        stack.close()


async def test_with_a_role_stopped_its_part_alone_is_missing_and_comes_when_it_starts(apart: Stack) -> None:
    async with Conversation(apart.url, "chat", language="en") as talk:
        await asyncio.to_thread(apart.stop, "responder")
        await talk.play(speech.join(0.3, PROMPT, 1.2))
        await talk.until(TranscriptFinal)
        await asyncio.sleep(1)
        assert talk.all(ReplyDone) == []
        apart.start("responder")
        await talk.until(ReplyDone)

        await asyncio.to_thread(apart.stop, "asr")
        await talk.play(speech.join(0.3, PROMPT, 1.2))
        talk.client.text("What is two and two?")
        typed = (await talk.until(TranscriptFinal, 2))[-1]
        await talk.until(ReplyDone, 2)
        assert typed.source == "text"
        apart.start("asr")
        await talk.until(TranscriptFinal, 3)
        await talk.until(ReplyDone, 3)

        await asyncio.to_thread(apart.stop, "moderator")
        seen = len([a for a in talk.arrivals if a.message.id])
        await talk.play(speech.join(0.3, PROMPT, 1.2))
        await asyncio.sleep(1)
        assert len([a for a in talk.arrivals if a.message.id]) == seen
        apart.start("moderator")
        await talk.until(ReplyDone, 4)
        talk.client.end()
        [ended] = await talk.until(SessionEnded)

    spoken = [final for final in talk.all(TranscriptFinal) if final.source == "speech"]
    assert [speech.errors(WORDS, speech.plain(final.text)) for final in spoken] == [0, 0, 0]
    [account] = ended.accounting
    assert account.duration_ms == account.transcribed_ms + account.silence_ms


async def test_a_recogniser_killed_in_the_middle_of_a_sentence_loses_no_word(apart: Stack) -> None:
    async with Conversation(apart.url, language="en") as talk:
        playing = asyncio.create_task(talk.play(speech.join(0.3, PROMPT, 1.0, PROMPT, 1.2)))
        await asyncio.sleep(2)
        apart.kill("asr")
        apart.start("asr")
        await playing
        talk.client.end()
        [ended] = await talk.until(SessionEnded, 1, 60)
    assert speech.errors(WORDS * 2, speech.plain(talk.text())) <= 1
    [account] = ended.accounting
    assert account.duration_ms == account.transcribed_ms + account.silence_ms


async def test_a_frame_that_goes_missing_inside_the_gateway_breaks_the_sum(
    apart: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The accounting is worth something: its terms are counted apart."""
    kept, frames = Inlet.sound, iter(range(10_000))

    def drop_one(inlet: Inlet, block: Block) -> None:
        if next(frames) != 7:
            kept(inlet, block)

    monkeypatch.setattr(Inlet, "sound", drop_one)
    port = free_port()
    gateway = asyncio.create_task(
        run_role("gateway", Settings(server=ServerPolicy(port=port)), apart.redis_url)
    )
    try:
        await asyncio.sleep(1)
        async with Conversation(f"http://127.0.0.1:{port}", language="en") as talk:
            await talk.play(speech.join(0.3, PROMPT, 1.0), pace=4)
            talk.client.end()
            [ended] = await talk.until(SessionEnded)
    finally:
        gateway.cancel()
        await asyncio.gather(gateway, return_exceptions=True)
    [account] = ended.accounting
    assert account.duration_ms - account.transcribed_ms - account.silence_ms == 100


async def test_who_is_there_and_what_serves_is_told(apart: Stack) -> None:
    ready = apart.readyz()
    assert {worker["role"] for worker in ready["workers"]} == {"gateway", "asr", "moderator", "responder"}
    await asyncio.to_thread(apart.stop, "moderator")
    for _ in range(100):
        if apart.readyz()["missing"] == ["moderator"]:
            break
        await asyncio.sleep(0.1)
    assert apart.readyz()["missing"] == ["moderator"]
    assert not apart.readyz()["ready"]
    bus = Bus(apart.redis_url)
    assert "moderator" not in {worker.role for worker in await roster.present(bus)}
    await bus.close()
