"""The recogniser as the service runs it: real speech, real Whisper, real VAD, real Redis."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import numpy as np
import pytest

from asr.policy import AsrPolicy
from asr.speaker.checkpoint import unpack
from asr.worker import Recogniser
from streaming import keys
from streaming.bus import Bus
from streaming.events import AudioGap, SpeechStarted
from streaming.facts import (
    Ended,
    Endpoint,
    Finalize,
    HeardFinal,
    HeardPartial,
    SessionConfig,
    Skipped,
    SoundEnded,
)
from streaming.lease import LeaseLost
from streaming.machine import models
from tests import speech
from tests.hearing import RATE, Session, accounts, balanced, expected, finals, serving, text, transcribe
from tests.speech import errors, join

pytestmark = [pytest.mark.models, pytest.mark.slow]

SENTENCE = "agent-alreadyon"


@pytest.fixture(scope="module")
def whisper() -> Recogniser:
    """The default model, loaded once; each test serves it from an event loop of its own."""
    name = AsrPolicy().model
    return Recogniser(AsrPolicy(), models.path(name), models.digest(name), vad=models.path("silero-vad"))


@pytest.fixture
async def asr(whisper: Recogniser) -> AsyncIterator[Recogniser]:
    await whisper.start()
    yield whisper
    await whisper.stop()


async def test_speech_becomes_its_words_at_the_pace_at_which_it_is_spoken(asr: Recogniser, bus: Bus) -> None:
    session, pcm = Session(bus), join(0.5, SENTENCE, 1.2)
    async with serving(asr, await session.open(), bus) as task:
        await session.say(pcm, pace=1, block=320)
        facts = await session.until(Endpoint)  # before the end is told
        await session.mark(Ended(session.end))
        await asyncio.wait_for(task, 10)
    assert errors(expected(SENTENCE), text(facts)) <= 1
    final = finals(facts)[0]
    assert final.made_by == f"base@{models.digest('base')[:16]}"
    assert final.language == "en"
    assert 0.5 < final.confidence <= 1
    order = [type(fact) for fact in facts]
    assert order[0] is SpeechStarted
    assert order.index(HeardPartial) < order.index(HeardFinal) < order.index(Endpoint)
    partials = [fact for fact in facts if isinstance(fact, HeardPartial)]
    assert partials
    assert any(partial.stable for partial in partials)
    for before, after in zip(partials, [*partials[1:], final], strict=True):
        assert after.text.startswith(before.text[: before.stable])
        assert before.text
    assert all(balanced(account) for account in accounts(await session.facts()))


async def test_words_stand_where_they_are_spoken(asr: Recogniser, bus: Bus) -> None:
    first, second = speech.trimmed("auth-thankyou"), speech.trimmed(SENTENCE)
    pcm = join(1.0, first, 2.0, second, 1.0)
    facts = await transcribe(asr, Session(bus), pcm)
    spoken = [
        (1000, 1000 + len(first) / 16),
        (3000 + len(first) / 16, 3000 + (len(first) + len(second)) / 16),
    ]
    assert len(finals(facts)) == 2
    for final, (begin, end) in zip(finals(facts), spoken, strict=True):
        assert begin - 150 <= final.start_ms <= begin + 250
        assert end - 350 <= final.end_ms <= end + 250
        before = final.start_ms
        for word in final.words:
            assert before <= word.start_ms <= word.end_ms <= final.end_ms
            assert final.text[word.offset : word.offset + len(word.text)] == word.text
            before = word.end_ms


async def test_silence_noise_and_tones_give_no_word(asr: Recogniser, bus: Bus) -> None:
    rng = np.random.default_rng(3)
    hiss = rng.normal(0, 600, 4 * RATE).astype(np.int16)
    tone = (6000 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE)).astype(np.int16)
    facts = await transcribe(asr, Session(bus), join(2.0, hiss, 1.0, tone, 1.0, "beep", 1.0))
    assert finals(facts) == []
    assert [type(fact) for fact in facts if isinstance(fact, (HeardPartial, Endpoint))] == []
    assert balanced(accounts(facts)[0])


async def test_a_finalize_commits_what_is_pending_at_once(asr: Recogniser, bus: Bus) -> None:
    session = Session(bus)
    async with serving(asr, await session.open(), bus):
        await session.say(join(0.3, speech.trimmed("agent-pass")), pace=2)
        assert not finals(await session.facts())
        await session.mark(Finalize())
        facts = await session.until(Endpoint)
    assert errors(expected("agent-pass"), text(facts)) <= 1
    assert [fact.reason for fact in facts if isinstance(fact, Endpoint)] == ["finalize"]


async def test_two_channels_are_two_speakers(asr: Recogniser, bus: Bus) -> None:
    left, right = join(0.3, "auth-thankyou", 3.0), join(1.0, "agent-pass", 1.0)
    pcm = np.zeros((max(len(left), len(right)), 2), np.int16)
    pcm[: len(left), 0], pcm[: len(right), 1] = left, right
    facts = await transcribe(asr, Session(bus, channels=2), pcm)
    assert text(facts, 0) == ["thank", "you"]
    assert errors(expected("agent-pass"), text(facts, 1)) <= 1
    assert [account.channel for account in accounts(facts)] == [0, 1]
    assert all(balanced(account) for account in accounts(facts))
    assert {fact.channel for fact in facts if isinstance(fact, Endpoint)} == {0, 1}


async def test_a_gap_is_told_counted_and_keeps_word_times_true(asr: Recogniser, bus: Bus) -> None:
    session, last = Session(bus), speech.trimmed("agent-pass")
    lease = await session.open()
    await session.say(join(0.5, "auth-thankyou", 1.0))
    begin = session.end
    await session.mark(Skipped(3 * RATE))
    await session.say(join(0.5, last, 0.2))
    await session.mark(Ended(session.end))
    await asr.serve(lease, bus)
    facts = await session.facts()
    gaps = [(fact.from_ms, fact.to_ms, fact.reason) for fact in facts if isinstance(fact, AudioGap)]
    assert gaps == [(begin / 16, begin / 16 + 3000, "lost")]
    account = accounts(facts)[0]
    assert account.gap_ms == {"lost": 3000.0}
    assert balanced(account)
    assert abs(finals(facts)[-1].start_ms - (begin / 16 + 3500)) < 300
    assert [fact.reason for fact in facts if isinstance(fact, Endpoint)][-1] == "end"


async def test_a_dictated_number_is_one_turn_in_spite_of_its_pauses(asr: Recogniser, bus: Bus) -> None:
    session = Session(bus)
    async with serving(asr, await session.open(), bus) as task:
        await session.say(join(0.3, speech.dictated(group=0.5), 1.6), pace=1)
        facts = await session.until(Endpoint)
        await session.mark(Ended(session.end))
        await asyncio.wait_for(task, 10)
    heard = "".join(letter for final in finals(facts) for letter in final.text if letter.isdigit())
    assert len([fact for fact in await session.facts() if isinstance(fact, Endpoint)]) == 1
    assert (
        errors(speech.CARD, heard) <= 1
    )  # the model's own: which pass heard what depends on the machine's load
    state = unpack(await bus.call("HGET", keys.stage("s1", "asr"), "state"))
    assert state.channels[0].utterance is None  # no word of it is left there


@pytest.mark.parametrize("cut_s", [1.7, 3.6, 8.0])
async def test_a_worker_that_is_stopped_in_the_middle_is_replaced_without_loss(
    asr: Recogniser, bus: Bus, cut_s: float
) -> None:
    session, pcm = Session(bus), join(0.4, SENTENCE, 1.0, "auth-thankyou", 1.0)
    cut = round(cut_s * RATE)
    async with serving(asr, await session.open(), bus):
        await session.say(pcm[:cut], pace=1.5)
    before = len(await session.facts())
    await session.say(pcm[cut:])
    await session.mark(Ended(session.end))
    await asyncio.wait_for(asr.serve(await session.lease(), bus), 30)
    facts = await session.facts()
    assert before > 0
    assert errors(expected(SENTENCE, "auth-thankyou"), text(facts)) <= 1
    assert len([fact for fact in facts if isinstance(fact, SpeechStarted)]) == 2
    assert len([fact for fact in facts if isinstance(fact, Endpoint)]) == 2
    numbers = [final.utterance for final in finals(facts)]
    assert numbers == sorted(set(numbers))
    stable: dict[int, str] = {}
    revision: dict[int, int] = {}
    for fact in facts:
        if isinstance(fact, HeardPartial):
            assert fact.text.startswith(stable.get(fact.utterance, ""))
            assert fact.revision > revision.get(fact.utterance, 0)
            stable[fact.utterance], revision[fact.utterance] = fact.text[: fact.stable], fact.revision
        elif isinstance(fact, HeardFinal):
            assert fact.text.startswith(stable.get(fact.utterance, ""))
    assert balanced(accounts(facts)[0])


async def test_whoever_lost_the_lease_writes_nothing_more(asr: Recogniser, bus: Bus) -> None:
    session = Session(bus)
    async with serving(asr, await session.open(), bus) as task:
        await session.say(join(0.2, "auth-thankyou"), pace=2)
        await session.until(SpeechStarted)
        await session.lease()
        before = await session.facts()
        await session.say(speech.silence(1.5))
        with pytest.raises(LeaseLost):
            await asyncio.wait_for(task, 10)
    assert await session.facts() == before


async def test_sound_is_trimmed_as_it_is_dealt_with_and_a_session_served_to_its_end_is_not_served_again(
    asr: Recogniser, bus: Bus
) -> None:
    session = Session(bus)
    facts = await transcribe(asr, session, join(1.0, "auth-thankyou", 3.0))
    left = await bus.read(session.audio)
    assert sum(len(entry.pcm) for entry in left) / 2 < 1.2 * RATE
    await asyncio.wait_for(asr.serve(await session.lease(), bus), 5)
    assert await session.facts() == facts


async def test_a_session_without_sound_ends_when_it_is_ended(asr: Recogniser, bus: Bus) -> None:
    told = SessionConfig(session_id="s1", mode="chat")
    await bus.call("HSET", keys.session("s1"), "config", msgspec.json.encode(told))
    session = Session(bus)
    lease = await session.lease()
    await bus.call("XADD", session.audio, "0-1", "e", msgspec.json.encode(Ended(0)), "t", 0)
    await asyncio.wait_for(asr.serve(lease, bus), 5)
    assert await session.facts() == [SoundEnded([])]


async def test_an_english_only_model_works_too(bus: Bus) -> None:
    policy = AsrPolicy(model="tiny.en")
    path, digest = models.path("tiny.en"), models.digest("tiny.en")
    asr = Recogniser(policy, path, digest, vad=models.path("silero-vad"))
    await asr.start()
    try:
        facts = await transcribe(asr, Session(bus), join(0.5, "agent-pass", 1.0))
    finally:
        await asr.stop()
    assert errors(expected("agent-pass"), text(facts)) <= 1
    assert finals(facts)[0].made_by.startswith("tiny.en@1a5afae06a4db91c")
