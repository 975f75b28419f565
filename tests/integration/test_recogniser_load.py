"""A recogniser that has too much to do: what it leaves out, what it says of that, and that no word is lost."""

import asyncio

import pytest

from asr.policy import AsrPolicy
from asr.sharing.ladder import LadderPolicy
from asr.whisper.final import look
from asr.whisper.passes import Pass, PassPolicy, Question
from asr.worker import Recogniser
from streaming.bus import Bus
from streaming.events import SessionDegraded
from streaming.facts import Ended, HeardFinal, HeardPartial
from streaming.machine import models
from tests import speech
from tests.hearing import Session, accounts, balanced, expected, serving, text
from tests.speech import errors, join

pytestmark = [pytest.mark.models, pytest.mark.slow]

SENTENCE = "agent-alreadyon"


def recogniser(**policy: object) -> Recogniser:
    """With the smallest model, which is its own draft."""
    asr = AsrPolicy(model="tiny.en", measure=False, **policy)  # pyright: ignore[reportArgumentType]
    return Recogniser(asr, models.path("tiny.en"), models.digest("tiny.en"), vad=models.path("silero-vad"))


async def test_partials_give_way_step_by_step_no_word_is_lost_and_a_successor_says_that_it_is_over(
    bus: Bus,
) -> None:
    # Nothing is ever in time for this one.
    busy = recogniser(draft_model="tiny.en", ladder=LadderPolicy(late_s=0.0, down_s=0.4))
    rested, session = recogniser(ladder=LadderPolicy(down_s=1e9)), Session(bus)
    speaks, falls_silent = join(0.3, SENTENCE, 0.2), join(SENTENCE, 1.2)
    assert [one.name for one in await busy.start() if one.role == "draft"] == ["tiny.en"]
    async with serving(busy, await session.open(), bus):
        await session.say(speaks, pace=1)
        facts = await session.until(SessionDegraded, 5)
    loaded = busy.load()
    await busy.stop()
    assert loaded.step == "full", "whoever was served is gone"
    steps = [fact for fact in facts if isinstance(fact, SessionDegraded)]
    assert [(one.step, one.partial_s) for one in steps] == [
        ("slower", 0.7),
        ("slowest", 1.5),
        ("draft", 1.5),
        ("finals", None),
        ("late", None),
    ]
    assert {one.reason for one in steps} == {"load"}
    assert not any(isinstance(fact, HeardPartial) for fact in facts[facts.index(steps[3]) + 2 :])
    await rested.start()
    async with serving(rested, await session.lease(), bus) as task:
        await session.say(falls_silent, pace=2)
        await session.mark(Ended(session.end))
        await asyncio.wait_for(task, 20)
    await rested.stop()
    facts = await session.facts()
    assert [fact for fact in facts if isinstance(fact, SessionDegraded)][5:] == [
        SessionDegraded("full", 0.35, "recovered")
    ]
    assert any(isinstance(fact, HeardFinal) for fact in facts)
    assert errors(expected(SENTENCE, SENTENCE), text(facts)) <= 2
    assert balanced(accounts(facts)[0])


async def test_a_recogniser_tells_how_busy_its_sessions_will_keep_it(bus: Bus) -> None:
    asr = recogniser(workers=2)
    await asr.start()
    idle = asr.load()
    session = Session(bus)
    async with serving(asr, await session.open(), bus):
        await session.say(speech.join(0.3, SENTENCE, 0.5), pace=2)
        await session.until(HeardFinal)
        busy = asr.load()
    left = asr.load()
    await asr.stop()
    assert (idle.busy, idle.workers, left.busy) == (0, 2, 0)
    assert busy.busy > 0
    assert busy.newcomer > 0


@pytest.mark.parametrize("search", [0.45, 0.0])
async def test_partials_are_searched_where_there_is_room(
    bus: Bus, search: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def looked(question: Question, policy: PassPolicy) -> Pass:
        seen.extend([] if question.final else [question.searched])
        return look(question, policy)

    monkeypatch.setattr("asr.whisper.engine.look", looked)
    asr, session = recogniser(ladder=LadderPolicy(search=search)), Session(bus)
    await asr.start()
    async with serving(asr, await session.open(), bus):
        await session.say(speech.join(0.5, SENTENCE, 0.7), pace=1)
        await session.until(HeardFinal)
    await asr.stop()
    assert seen
    assert set(seen[1:]) == {search > 0}


async def test_a_smaller_model_that_writes_other_tokens_is_left_out() -> None:
    policy = AsrPolicy(draft_model="tiny.en", measure=False)
    asr = Recogniser(policy, models.path("base"), models.digest("base"), vad=models.path("silero-vad"))
    await asr.start()
    try:
        assert not asr.drafts
    finally:
        await asr.stop()
