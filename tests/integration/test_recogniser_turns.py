"""How turns end in the recogniser as the service runs it: real speech, real Whisper, real Smart Turn, real Redis."""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
from websockets.asyncio.client import connect

from asr.endpointing.smart_turn import SmartTurn
from asr.hearing.front import vad
from asr.hearing.judge import Judge
from asr.hearing.mel import Sees
from asr.listening import Listening
from asr.policy import AsrPolicy
from asr.sharing.costs import Costs
from asr.sharing.desk import Desk
from asr.sharing.dispatch import Setup
from asr.tools import Tools
from asr.whisper.passes import Aligned, Answer, Question
from asr.worker import Recogniser
from streaming import keys
from streaming.bus import Bus
from streaming.facts import EagerEndpoint, Ended, Endpoint, Endpointing, Finalize, Heard, HeardFinal, Resumed
from streaming.machine import models
from tests import speech
from tests.gateway import START, Gateway, heard_until_closed
from tests.hearing import Session, expected, finals, serving, text, transcribe
from tests.scripted import Spelled
from tests.speech import errors, join

pytestmark = [pytest.mark.models, pytest.mark.slow]

HALF, REST = "vm-num-i-have", ("digits/4", 0.05, "digits/5")
WHOLE = "auth-thankyou"


@pytest.fixture(scope="module")
def small() -> Recogniser:
    path, digest = models.path("tiny.en"), models.digest("tiny.en")
    silero, turn = models.path("silero-vad"), models.path("smart-turn")
    return Recogniser(AsrPolicy(model="tiny.en"), path, digest, vad=silero, turn=turn)


@pytest.fixture
async def asr(small: Recogniser) -> AsyncIterator[Recogniser]:
    served = await small.start()
    assert [one.role for one in served] == ["asr", "vad", "turn"]
    yield small
    await small.stop()


def turns(facts: list[Heard]) -> list[Any]:
    return [fact for fact in facts if isinstance(fact, HeardFinal | Endpoint | EagerEndpoint | Resumed)]


def test_smart_turn_hears_that_a_sentence_is_whole_or_lacks_its_end() -> None:
    model, chances = SmartTurn(models.path("smart-turn")), dict[str, float]()
    for name in (WHOLE, HALF):
        pcm = join(0.5, speech.trimmed(name), 0.22)
        chances[name] = model.complete(pcm.astype(np.float32) / np.float32(32_768))
    assert chances[WHOLE] > 0.8
    assert chances[HALF] < 0.5


async def test_a_turn_ends_sooner_if_it_sounds_done_and_goes_on_if_it_does_not(
    asr: Recogniser, bus: Bus
) -> None:
    wish = Endpointing(semantic=True)
    facts = await transcribe(
        asr, Session(bus), join(0.5, WHOLE, 2.0, HALF, 0.8, *REST, 2.0), endpointing=wish
    )
    kinds = [type(fact) for fact in turns(facts)]
    assert kinds == [HeardFinal, Endpoint, HeardFinal, HeardFinal, Endpoint]
    assert next(fact.reason for fact in facts if isinstance(fact, Endpoint)) == "semantic"
    assert errors(expected(WHOLE, HALF), text(facts)[: len(expected(WHOLE, HALF))]) <= 2
    plain = await transcribe(asr, Session(bus, "s2"), join(0.5, HALF, 0.8, *REST, 2.0))
    assert [type(fact) for fact in turns(plain)] == [HeardFinal, Endpoint] * 2


async def test_an_eager_end_says_what_the_final_says_also_across_a_restart(asr: Recogniser, bus: Bus) -> None:
    session = Session(bus)
    lease = await session.open(endpointing=Endpointing(silence_ms=3_000, eager_ms=300))
    async with serving(asr, lease, bus):
        await session.say(join(0.5, WHOLE, 0.8))
        eager = next(fact for fact in await session.until(EagerEndpoint) if isinstance(fact, EagerEndpoint))
        assert finals(await session.facts()) == []
    await session.say(speech.silence(3.0))
    await session.mark(Ended(session.end))
    async with asyncio.timeout(30):
        await asr.serve(await session.lease(), bus)
    told = turns(await session.facts())
    assert [type(fact) for fact in told] == [EagerEndpoint, HeardFinal, Endpoint]
    assert eager.text == told[1].text
    assert errors(expected(WHOLE), speech.plain(eager.text)) <= 1


async def test_a_session_is_told_that_no_recogniser_can_hear_the_end_of_a_turn(
    gateway: Gateway, bus: Bus
) -> None:
    worker: dict[str, Any] = {"role": "asr", "name": "a", "at_ms": 1 << 50, "serves": []}
    await bus.call("HSET", keys.WORKERS, "asr:1", msgspec.json.encode(worker))
    asked = START[:-1] + ', "endpointing": {"semantic": true}}'
    async with connect(gateway.url) as socket:
        await socket.send(asked)
        [told], close = await heard_until_closed(socket)
    assert (told["code"], close) == ("unsupported", 1008)
    assert "models pull smart-turn" in told["message"]
    async with connect(gateway.url) as socket:
        await socket.send(START)
        await socket.recv()
        await socket.send('{"type":"session.update","endpointing":{"semantic":true},"ref":"r"}')
        told = await _error(socket)
        assert (told["code"], told.get("fatal")) == ("unsupported", None)
        worker["serves"] = [{"role": "turn", "name": "x", "hash": "", "ref": ""}]
        await bus.call("HSET", keys.WORKERS, "asr:1", msgspec.json.encode(worker))
        await socket.send(
            '{"type":"session.update","endpointing":{"semantic":true,"silence_ms":99},"ref":"r"}'
        )
        assert "silence_ms" in (await _error(socket))["message"]
    async with connect(gateway.url) as socket:
        await socket.send(asked)
        assert '"session.started"' in str(await socket.recv())


async def _error(socket: Any) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while True:
            told = msgspec.json.decode(await socket.recv())
            if told["type"] == "error":
                return told


class Stuck:
    """An engine whose partial passes last until they are let go; a final says `w7`."""

    sees: Sees = "mel"
    bands, words = 80, Spelled()

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def run(self, batch: Sequence[Question]) -> list[Answer]:
        if not batch[0].final:
            self.begun.set()
            assert self.go.wait(20)
            return [Answer((), Aligned(), "en")]
        end = batch[0].voice_s
        return [Answer((7,), Aligned([0.9], [end - 0.3, end]), "en")]

    def close(self) -> None:
        pass


async def test_a_finalize_is_answered_while_a_partial_still_runs(bus: Bus) -> None:
    stuck, session = Stuck(), Session(bus)
    desk = Desk(Setup(Costs(), 2), stuck)
    tools = Tools(AsrPolicy(), Spelled(), 80, "fake@0")
    lease = await session.open(language="en")
    listening = Listening(lease, bus, tools, (Judge(vad("cpu", models.path("silero-vad"))), desk))
    task = asyncio.create_task(listening.run())
    try:
        await session.say(join(0.3, "agent-alreadyon")[: 2 * 16_000])
        assert await asyncio.to_thread(stuck.begun.wait, 20)
        await session.mark(Finalize())
        facts = await session.until(Endpoint)
        assert not stuck.go.is_set()
        assert [fact.text for fact in finals(facts)] == ["w7"]
        assert [fact.reason for fact in facts if isinstance(fact, Endpoint)] == ["finalize"]
    finally:
        stuck.go.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await desk.close()
