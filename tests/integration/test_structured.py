"""Answers held to a schema: by the real small model, whatever it is asked, and by servers that know no schemas."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import pytest
from jsonschema import Draft202012Validator
from msgspec import Struct

from llm.asking import Ask
from llm.embedded import Embedded
from llm.engine import Engine
from llm.flavours.flavour import Flavour
from llm.flavours.router import Router
from llm.history import Message
from llm.policy import LlmPolicy
from llm.structured import Structured, structured
from streaming.errors import ServiceFault
from streaming.machine import models
from streaming.parts import Sampling, Usage
from tests.contracts.fake_llm import KEY, Exchange, FakeLlm, fake_llm

SMALL = "smollm2-135m"
MANY = 5
POLICY = LlmPolicy(slots=4, context=256, first_token_s=60.0, between_tokens_s=60.0)


class Note(Struct, forbid_unknown_fields=True):
    """What is asked for."""

    mood: Literal["glad", "cross", "calm"]
    urgent: bool
    points: list[str]


SCHEMA = {
    "type": "object",
    "properties": {
        "mood": {"enum": ["glad", "cross", "calm"]},
        "urgent": {"type": "boolean"},
        "points": {"type": "array", "items": {"type": "string", "maxLength": 12}, "maxItems": 2},
    },
    "required": ["mood", "urgent", "points"],
    "additionalProperties": False,
}


def ask(number: int, max_tokens: int = 64) -> Ask:
    said = f'{"{" * (number % 3)}Customer {number} says: "My router\\n blinks" ]{"}" * (number % 4)} Tell a story.'
    return Ask(
        [Message("user", said)], max_tokens, temperature=1.2, schema=SCHEMA, sampling=Sampling(seed=number)
    )


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[str, str]]:
    server = Embedded(models.path(SMALL), POLICY)
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(server.start).result()
    server.stop()


@pytest.fixture
async def small(place: tuple[str, str]) -> AsyncIterator[Router]:
    router = Router([Flavour("default", Engine(*place, SMALL, POLICY), "1", slots=4)])
    yield router
    await router.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


@pytest.mark.models
async def test_every_answer_of_many_is_of_the_schema_however_hot_it_is_sampled(small: Router) -> None:
    answers = await asyncio.gather(*(structured(small, ask(number), dict) for number in range(MANY)))
    allowed = Draft202012Validator(SCHEMA)
    for answer in answers:
        allowed.validate(answer.value)
        assert answer.usage.completion_tokens > 0
        assert answer.decided.made_by == f"{SMALL}@1"
    assert len({str(answer.value) for answer in answers}) > 1


@pytest.mark.models
async def test_an_answer_that_is_cut_before_its_end_twice_is_a_fault_that_says_so(small: Router) -> None:
    with pytest.raises(ServiceFault, match=r"no whole JSON of the wanted form within 6 tokens") as caught:
        await structured(small, ask(1, max_tokens=3), Note)
    assert (caught.value.code, caught.value.close) == ("llm_unreadable", None)


async def answered(fake: FakeLlm, *texts: str) -> Structured[Note]:
    """What is made of a server's answers, one after the other."""
    left = list(texts)

    async def script(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say(left.pop(0))
        await exchange.finish()
        await exchange.usage()
        await exchange.done()

    fake.script = script
    router = Router([Flavour("default", Engine(fake.url, KEY, "m", POLICY), "1")])
    try:
        return await structured(router, ask(1), Note)
    finally:
        await router.close()


WHOLE = '{"mood": "glad", "urgent": false, "points": []}'


async def test_an_answer_that_was_cut_is_asked_for_again_with_twice_the_room(fake: FakeLlm) -> None:
    answer = await answered(fake, WHOLE[:20], WHOLE)
    assert answer.value == Note("glad", False, [])
    assert [exchange.asked["max_tokens"] for exchange in fake.exchanges] == [64, 128]
    assert answer.usage == Usage(14, 2)


@pytest.mark.parametrize(
    "wrong", ["Sure! Here it is:", '{"mood": "sad", "urgent": false, "points": []}', "[]", ""]
)
async def test_a_server_that_keeps_to_no_schema_is_a_fault_and_never_half_an_answer(
    fake: FakeLlm, wrong: str
) -> None:
    with pytest.raises(ServiceFault, match="no whole JSON of the wanted form"):
        await answered(fake, wrong or " ", wrong or " ")
