"""Two flavours behind real HTTP: who answers, who stands in, and whose request is closed."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest
from msgspec.structs import replace

from llm.asking import Ask
from llm.engine import Engine
from llm.flavours.flavour import Adapter, Flavour
from llm.flavours.policy import AnswersPolicy, BreakerPolicy, RoutingPolicy, Rule
from llm.flavours.router import Router
from llm.history import Message
from llm.making import Decided, Made, Token
from llm.policy import LlmPolicy
from streaming.errors import ServiceFault
from streaming.parts import Sampling, Usage
from tests.contracts.fake_llm import KEY, Exchange, FakeLlm, fake_llm, talk

ASK = Ask([Message("user", "How long is the warranty?")], 3)
PLAIN = RoutingPolicy(patience_s=5.0, breaker=BreakerPolicy(failures=2, open_s=60.0))
QUICK = LlmPolicy(first_token_s=10.0, between_tokens_s=10.0)


async def silent(exchange: Exchange) -> None:
    """Says nothing until the client has gone."""
    await exchange.head()
    await exchange.gone.wait()


async def refuse(exchange: Exchange) -> None:
    await exchange.refuse("503 Service Unavailable", "loading")


async def too_long(exchange: Exchange) -> None:
    await exchange.refuse("400 Bad Request", "too long")


@pytest.fixture
async def small() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


@pytest.fixture
async def big() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


@asynccontextmanager
async def routing(
    small: FakeLlm, big: FakeLlm, policy: RoutingPolicy = PLAIN, adapters: dict[str, Adapter] | None = None
) -> AsyncGenerator[Router]:
    flavours = [
        Flavour("small", Engine(small.url, KEY, "s", QUICK), "1"),
        Flavour("big", Engine(big.url, KEY, "b", QUICK), "2", adapters=adapters or {}),
    ]
    router = Router(flavours, policy)
    with contextlib.closing(_NoTasks()):
        yield router
    await router.close()


class _NoTasks:
    """Nothing of a race is left behind."""

    def close(self) -> None:
        left = [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("llm-race")]
        assert left == []


async def made(router: Router, ask: Ask = ASK) -> tuple[str, Decided]:
    """The whole answer, and who made it: told once and last."""
    all_: list[Made] = [item async for item in router.stream(ask)]
    *words, decided = all_
    assert isinstance(decided, Decided)
    assert not any(isinstance(item, Decided) for item in words)
    return "".join(item.text for item in words if isinstance(item, Token)), decided


async def test_the_first_flavour_answers_and_the_other_is_not_asked(small: FakeLlm, big: FakeLlm) -> None:
    async with routing(small, big) as router:
        text, decided = await made(router)
        assert (text, decided.made_by, decided.why) == ("word0 word1 word2 ", "s@1 small:first", "first")
        assert big.exchanges == []


async def test_a_rule_and_an_escalation_name_the_other_one(small: FakeLlm, big: FakeLlm) -> None:
    rules = replace(PLAIN, rules=(Rule("big", tenant="acme"),))
    async with routing(small, big, rules) as router:
        assert (await made(router, replace(ASK, tenant="acme")))[1].made_by == "b@2 big:rule"
        assert (await made(router, replace(ASK, escalated=True)))[1].made_by == "b@2 big:escalated"
        assert small.exchanges == []


async def test_a_session_may_ask_for_a_flavour_by_its_name_or_by_its_models(
    small: FakeLlm, big: FakeLlm
) -> None:
    async with routing(small, big) as router:
        for name in ("big", "b"):
            assert (await made(router, replace(ASK, sampling=Sampling(model=name))))[
                1
            ].made_by == "b@2 big:asked"
        assert small.exchanges == []


async def test_one_that_fails_is_stood_in_for_and_after_some_failures_is_not_asked(
    small: FakeLlm, big: FakeLlm
) -> None:
    small.script = refuse
    async with routing(small, big) as router:
        for asked in (1, 2, 2, 2):
            text, decided = await made(router)
            assert (text, decided.made_by) == ("word0 word1 word2 ", "b@2 big:fallback")
            assert len(small.exchanges) == asked


async def test_a_request_that_is_to_blame_itself_opens_no_breaker(small: FakeLlm, big: FakeLlm) -> None:
    small.script = too_long
    async with routing(small, big) as router:
        for asked in (1, 2, 3, 4):
            assert (await made(router))[1].why == "fallback"
            assert len(small.exchanges) == asked


async def test_one_that_says_nothing_in_time_is_given_up_and_its_request_closed(
    small: FakeLlm, big: FakeLlm
) -> None:
    small.script = silent
    async with routing(small, big, replace(PLAIN, patience_s=0.1)) as router:
        text, decided = await made(router)
        assert (text, decided.made_by) == ("word0 word1 word2 ", "b@2 big:fallback")
        assert decided.timing["routed_ms"] >= 100
        await asyncio.wait_for(small.exchanges[0].gone.wait(), 5)


async def test_when_all_fail_the_last_ones_words_are_told(small: FakeLlm, big: FakeLlm) -> None:
    small.script = big.script = refuse
    async with routing(small, big) as router:
        for _ in range(4):  # and no breaker keeps anybody from the last hope
            with pytest.raises(ServiceFault, match="503: loading"):
                await made(router)
    assert len(small.exchanges) == len(big.exchanges) == 4


async def test_what_breaks_off_after_its_first_word_is_not_begun_again_by_another(
    small: FakeLlm, big: FakeLlm
) -> None:
    async def broken_off(exchange: Exchange) -> None:
        await exchange.head()
        await exchange.say("Once ")
        exchange.cut()

    small.script = broken_off
    async with routing(small, big) as router:
        with pytest.raises(ServiceFault, match="broke off in the middle"):
            await made(router)
        assert big.exchanges == []


async def test_hedged_the_quicker_of_two_answers_and_the_losers_request_is_closed(
    small: FakeLlm, big: FakeLlm
) -> None:
    small.script = silent
    async with routing(small, big, replace(PLAIN, hedge=True, hedge_ms=50)) as router:
        text, decided = await made(router)
        assert (text, decided.made_by, decided.why) == ("word0 word1 word2 ", "b@2 big:hedged", "hedged")
        await asyncio.wait_for(small.exchanges[0].gone.wait(), 5)


async def test_hedged_the_first_one_still_answers_if_it_is_the_quicker(small: FakeLlm, big: FakeLlm) -> None:
    asked = asyncio.Event()

    async def late(exchange: Exchange) -> None:
        await asked.wait()  # until the other one was asked as well
        await talk(exchange)

    async def slower(exchange: Exchange) -> None:
        asked.set()
        await silent(exchange)

    small.script, big.script = late, slower
    async with routing(small, big, replace(PLAIN, hedge=True, hedge_ms=50)) as router:
        assert (await made(router))[1].made_by == "s@1 small:first"
        await asyncio.wait_for(big.exchanges[0].gone.wait(), 5)


async def test_closing_the_stream_closes_the_request_before_and_after_the_first_word(
    small: FakeLlm, big: FakeLlm
) -> None:
    small.script = silent
    async with routing(small, big) as router:
        reading = asyncio.create_task(made(router))
        while not small.exchanges:  # noqa: ASYNC110 - the fake has no bell
            await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await asyncio.wait_for(small.exchanges[0].gone.wait(), 5)
        small.script = talk
        async with aclosing(router.stream(replace(ASK, max_tokens=10_000))) as stream:
            assert await anext(stream)
        await asyncio.wait_for(small.exchanges[1].gone.wait(), 5)


async def test_the_same_grounded_question_has_the_same_answer_at_once_and_that_is_told(
    small: FakeLlm, big: FakeLlm
) -> None:
    grounded = replace(ASK, grounds="handbook@1")
    async with routing(small, big) as router:
        first, _ = await made(router, grounded)
        again = [item async for item in router.stream(grounded)]
        assert again[:2] == [Token(first), Usage(0, 0)]
        assert isinstance(again[2], Decided)
        assert (again[2].made_by, again[2].timing.keys()) == ("s@1 small:cached", {"cached_ms"})
        assert len(small.exchanges) == 1
        for other in (replace(grounded, tenant="acme"), replace(grounded, grounds="handbook@2"), ASK, ASK):
            assert (await made(router, other))[1].why == "first"
        assert len(small.exchanges) == 5


async def test_what_is_no_grounded_answer_is_not_kept_and_takes_no_room(small: FakeLlm) -> None:
    grounded = replace(ASK, grounds="handbook@1")
    flavour = Flavour("only", Engine(small.url, KEY, "s", QUICK), "1")
    router = Router([flavour], PLAIN, AnswersPolicy(most=1))
    assert (await made(router, grounded))[1].made_by == "s@1"
    await made(router, ASK)
    assert (await made(router, grounded))[1].made_by == "s@1 only:cached"
    await router.close()


async def test_an_answer_that_was_broken_off_is_not_given_again(small: FakeLlm, big: FakeLlm) -> None:
    grounded = replace(ASK, grounds="handbook@1")
    async with routing(small, big) as router:
        async with aclosing(router.stream(grounded)) as stream:
            assert await anext(stream)
        assert (await made(router, grounded))[1].why == "first"


async def test_a_servers_adapter_is_asked_for_by_its_models_name(small: FakeLlm, big: FakeLlm) -> None:
    adapters = {"acme": Adapter("acme@2", model="b-acme")}
    async with routing(small, big, adapters=adapters) as router:
        assert (await made(router, replace(ASK, adapter="acme")))[1].made_by == "b@2 acme@2 big:first"
        assert big.exchanges[0].asked["model"] == "b-acme"
        assert "lora" not in big.exchanges[0].asked
        assert (await made(router, replace(ASK, escalated=True)))[1].made_by == "b@2 big:escalated"
        assert big.exchanges[1].asked["model"] == "b"
