"""A recogniser whose words come from a transcription server: real speech, a real Whisper behind HTTP, real Redis."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from asr.policy import AsrPolicy
from asr.remote.policy import RemotePolicy
from asr.worker import Recogniser
from streaming.app import run_role
from streaming.bus import Bus
from streaming.config import Settings
from streaming.facts import Ended, Endpoint, HeardFinal, HeardPartial
from streaming.machine import models
from tests import speech
from tests.conversation import Conversation
from tests.gateway import Gateway
from tests.hearing import Session, accounts, balanced, expected, finals, serving, text, transcribe
from tests.speech import errors, join
from tests.transcription_server import Asked, Told, TranscriptionServer, transcription_server
from tests.transcription_server import transcribe as answer

pytestmark = [pytest.mark.models, pytest.mark.slow]

SENTENCE = "agent-alreadyon"


@pytest.fixture
def server() -> Iterator[TranscriptionServer]:
    with transcription_server() as server:
        yield server


@pytest.fixture
async def asr(server: TranscriptionServer) -> AsyncIterator[Recogniser]:
    remote = RemotePolicy(server.url, again_s=0.1, latest_s=0.5)
    asr = Recogniser(AsrPolicy(remote=remote), None, "", vad=models.path("silero-vad"))
    served = await asr.start()
    assert (served[0].role, served[0].ref) == ("asr", "whisper-1@127.0.0.1")
    yield asr
    await asr.stop()


async def test_a_server_writes_down_what_is_said_while_it_is_said(asr: Recogniser, bus: Bus) -> None:
    session = Session(bus)
    async with serving(asr, await session.open(), bus) as task:
        await session.say(join(0.5, SENTENCE, 1.2), pace=2, block=320)
        facts = await session.until(Endpoint)
        await session.mark(Ended(session.end))
        await asyncio.wait_for(task, 20)
    assert errors(expected(SENTENCE), text(facts)) <= 1
    final = finals(facts)[0]
    assert (final.made_by, final.language) == ("whisper-1@127.0.0.1", "en")
    partials = [fact for fact in facts if isinstance(fact, HeardPartial)]
    assert all(final.text.startswith(partial.text[: partial.stable]) for partial in partials)
    assert all(balanced(account) for account in accounts(await session.facts()))
    begin, lasts = 500, len(speech.prompt(SENTENCE)) / 16
    assert begin - 200 <= final.start_ms <= begin + 500
    assert begin + lasts - 900 <= final.end_ms <= begin + lasts + 300


@pytest.mark.parametrize("times", ["nested", "none"])
async def test_a_server_that_tells_less_is_enough(
    asr: Recogniser, bus: Bus, server: TranscriptionServer, times: str
) -> None:
    server.reply = lambda asked: answer(asked, times)  # pyright: ignore[reportArgumentType]
    facts = await transcribe(asr, Session(bus), join(0.3, "agent-pass", 0.8, "auth-thankyou", 1.0))
    assert errors(expected("agent-pass", "auth-thankyou"), text(facts)) <= 1
    assert len(finals(facts)) == 2
    for final in finals(facts):
        assert all(word.start_ms <= word.end_ms for word in final.words)


async def test_no_word_is_lost_while_the_server_is_away_and_it_is_told_what_is_wrong(
    asr: Recogniser, bus: Bus, server: TranscriptionServer
) -> None:
    away = True

    def sometimes(asked: Asked) -> Told:
        return Told(503, {"error": "loading the model"}) if away else answer(asked)

    server.reply = sometimes
    session = Session(bus)
    async with serving(asr, await session.open(), bus) as task:
        await session.say(join(0.3, "agent-pass", 1.0, "auth-thankyou", 1.0), pace=4)
        await session.mark(Ended(session.end))
        await asyncio.sleep(0.5)
        assert not finals(await session.facts())
        assert asr.trouble() == "the transcription server answers 503: loading the model"
        away = False
        await asyncio.wait_for(task, 20)
    facts = await session.facts()
    assert errors(expected("agent-pass", "auth-thankyou"), text(facts)) <= 1
    assert balanced(accounts(facts)[0])
    assert asr.trouble() == ""


async def test_a_successor_goes_on_with_the_words_that_were_committed(asr: Recogniser, bus: Bus) -> None:
    session, pcm = Session(bus), join(0.3, SENTENCE, 1.0)
    async with serving(asr, await session.open(), bus):
        await session.say(pcm[: len(pcm) * 3 // 4], pace=1.5, block=800)
        async with asyncio.timeout(20):
            while not any(isinstance(fact, HeardPartial) and fact.stable for fact in await session.facts()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    stable = [fact for fact in await session.facts() if isinstance(fact, HeardPartial)][-1]
    async with serving(asr, await session.lease(), bus) as task:
        await session.say(pcm[len(pcm) * 3 // 4 :])
        await session.mark(Ended(session.end))
        await asyncio.wait_for(task, 20)
    facts = await session.facts()
    final = next(fact for fact in facts if isinstance(fact, HeardFinal))
    assert final.text.startswith(stable.text[: stable.stable])
    assert errors(expected(SENTENCE), text(facts)) <= 1


async def test_a_recogniser_stops_though_its_server_does_not_answer(
    bus: Bus, server: TranscriptionServer
) -> None:
    server.reply = lambda _: Told(503, {})
    remote = RemotePolicy(server.url, again_s=60.0, latest_s=60.0)
    asr = Recogniser(AsrPolicy(remote=remote), None, "", vad=models.path("silero-vad"))
    await asr.start()
    session = Session(bus)
    async with serving(asr, await session.open(), bus):
        await session.say(join(0.3, "agent-pass", 1.0))
        await session.mark(Ended(session.end))
        async with asyncio.timeout(10):
            while not asr.trouble():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)  # the final stands behind the partial that failed, and waits
    await asyncio.wait_for(asr.stop(), 5)


async def test_readyz_says_what_is_wrong_until_it_is_well_again(
    bus: Bus, redis_url: str, gateway: Gateway, server: TranscriptionServer
) -> None:
    away = True
    server.reply = lambda asked: Told(401, {"error": "no such key"}) if away else answer(asked)
    remote = RemotePolicy(server.url, "a-key", again_s=0.1, latest_s=0.5)
    role = asyncio.create_task(run_role("asr", Settings(asr=AsrPolicy(remote=remote)), redis_url))
    async with Conversation(f"http://127.0.0.1:{gateway.port}") as talk, httpx.AsyncClient() as web:

        async def trouble() -> str:
            found = (await web.get(f"http://127.0.0.1:{gateway.port}/readyz")).json()["workers"]
            return next((one["trouble"] for one in found if one["role"] == "asr"), "?")

        async def told(what: str) -> None:
            async with asyncio.timeout(30):
                while await trouble() != what:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)

        await told("")
        await talk.play(join(0.3, "agent-pass", 1.0), pace=4)
        await told("the transcription server answers 401: no such key")
        away = False
        await told("")
    role.cancel()
    await asyncio.gather(role, return_exceptions=True)
