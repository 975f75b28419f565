"""Moderations, as OpenAI's own client asks for them."""

import asyncio
import time

import openai
import pytest

from streaming import keys
from streaming.bus import Bus
from streaming.calls import WAITING, Calls, answering
from streaming.errors import Overloaded, ServiceFault
from streaming.wire.openai.moderations import CATEGORIES
from tests.completing import openai_client, serving_api
from tests.contracts.fake_llm import fake_llm


async def test_each_text_has_a_result_with_all_categories(redis_url: str) -> None:
    async with (
        fake_llm() as llm,
        serving_api(redis_url, llm, "gateway", "moderator") as url,
        openai_client(url) as client,
    ):
        one = await client.moderations.create(input="Good morning.")
        two = await client.moderations.create(input=["how to make a bomb", "What the fuck."])
        parts = await client.moderations.create(
            model="omni-moderation-latest", input=[{"type": "text", "text": "I will kill you"}]
        )
        with pytest.raises(openai.BadRequestError, match="pictures"):
            await client.moderations.create(
                input=[{"type": "image_url", "image_url": {"url": "http://x/y.png"}}]
            )
        with pytest.raises(openai.BadRequestError):
            await client.moderations.create(input=["x"] * 65)
        with pytest.raises(openai.BadRequestError, match="65537 characters"):
            await client.moderations.create(input=["4 " * (1 << 15), "1"])
    assert [result.flagged for result in one.results] == [False]
    assert set(one.results[0].category_scores.model_dump(by_alias=True)) >= set(CATEGORIES)
    bomb, curse = two.results
    assert (bomb.flagged, bomb.categories.illicit, bomb.categories.illicit_violent) == (True, True, True)
    assert bomb.category_scores.illicit_violent == 1.0
    assert bomb.category_applied_input_types.violence == ["text"]
    assert curse.flagged is False  # this API tells no profanity
    assert parts.results[0].categories.harassment_threatening is True
    assert "rules@" in two.model


async def test_without_a_moderator_it_is_503_in_time(redis_url: str) -> None:
    async with (
        fake_llm() as llm,
        serving_api(redis_url, llm, "gateway", examine_s=0.3) as url,
        openai_client(url) as client,
    ):
        with pytest.raises(openai.InternalServerError) as away:
            await client.moderations.create(input="Good morning.")
        assert (away.value.status_code, away.value.response.headers["retry-after"]) == (503, "2")


async def test_a_question_is_answered_once_however_many_could(redis_url: str, bus: Bus) -> None:
    other, answered, calls = Bus(redis_url), list[bytes](), Calls(bus)

    async def answer(asked: bytes) -> bytes:
        answered.append(asked)
        await asyncio.sleep(0.01)
        return asked

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(answering(one, "moderator", answer)) for one in (bus, other)]
        running.append(tasks.create_task(calls.run()))
        told = await asyncio.gather(*(calls.ask("moderator", b"%d" % n, 10) for n in range(50)))
        for task in running:
            task.cancel()
    await other.close()
    assert told == [b"%d" % n for n in range(50)]
    assert sorted(answered) == sorted(told)
    assert await bus.call("XLEN", keys.calls("moderator")) == 0


async def test_questions_that_nobody_takes_are_bounded_and_gone_after(bus: Bus) -> None:
    calls = Calls(bus)
    told = await asyncio.gather(
        *(calls.ask("moderator", b"1", 0.5) for _ in range(WAITING + 5)), return_exceptions=True
    )
    assert all(isinstance(one, Overloaded) for one in told)
    assert sum("too much waits" in str(one) for one in told) == 5
    assert 0 < await bus.call("PTTL", keys.calls("moderator")) <= 60_000


async def test_what_nobody_waits_for_any_more_is_not_worked_on(bus: Bus) -> None:
    calls, worked = Calls(bus), list[bytes]()

    async def answer(asked: bytes) -> bytes:
        worked.append(asked)
        if asked == b"2":
            raise ServiceFault("judge_away", "the judge is away")
        return asked

    with pytest.raises(Overloaded):
        await calls.ask("moderator", b"1", 0.05)
    begun = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(answering(bus, "moderator", answer)), tasks.create_task(calls.run())]
        with pytest.raises(ServiceFault, match="the judge is away"):
            await calls.ask("moderator", b"2", 10)
        for task in running:
            task.cancel()
    assert worked == [b"2"]
    assert time.monotonic() - begun < 10
