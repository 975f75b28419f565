"""Two embedded engines in one process: both answer, and all their threads step back for the recogniser."""

import asyncio
import os
import threading

import msgspec
import pytest
from msgspec.structs import replace

from llm.asking import Ask
from llm.flavours.opening import Weights, close, open_flavours
from llm.flavours.policy import FlavourPolicy, RoutingPolicy, Rule
from llm.flavours.router import Router
from llm.history import Message
from llm.making import Decided
from llm.policy import LlmPolicy
from streaming.machine import models

SMALL = "smollm2-135m"


def niceness() -> dict[int, int]:
    """By thread of this process."""
    return {int(name): os.getpriority(os.PRIO_PROCESS, int(name)) for name in os.listdir("/proc/self/task")}


@pytest.mark.models
async def test_the_beginning_that_requests_share_is_computed_once() -> None:
    policy = LlmPolicy(model=SMALL, slots=2, context=256)
    (opened,) = await open_flavours(policy, {SMALL: Weights(models.path(SMALL), models.digest(SMALL))})
    known: list[int] = []
    for asked in ("one", "two"):
        chat = [Message("system", "Be brief. " * 20), Message("user", asked)]
        body = msgspec.json.encode({"messages": chat, "max_tokens": 1})
        engine = opened.flavour.engine
        answer = await engine._http.post(engine._base + "/chat/completions", content=body, timeout=60)
        known.append(answer.json()["usage"]["prompt_tokens_details"]["cached_tokens"])
    assert known[0] == 0
    assert known[1] > 50
    await close([opened])


@pytest.mark.models
async def test_engines_side_by_side_answer_at_the_same_time_and_none_of_their_threads_goes_before_ours() -> (
    None
):
    policy = LlmPolicy(
        flavours={"one": FlavourPolicy(model=SMALL), "two": FlavourPolicy(model=SMALL, slots=1)},
        routing=RoutingPolicy(rules=(Rule("two", tenant="acme"),)),
        context=256,
        nice=15,
    )
    before = niceness()
    opened = await open_flavours(policy, {SMALL: Weights(models.path(SMALL), models.digest(SMALL))})
    router = Router([one.flavour for one in opened], policy.routing)
    ask = Ask([Message("user", "Say a colour.")], 4)

    async def who(tenant: str) -> str:
        told = [made async for made in router.stream(replace(ask, tenant=tenant))]
        assert isinstance(told[-1], Decided)
        return told[-1].flavour

    assert await asyncio.gather(who(""), who("acme"), who("")) == ["one", "two", "one"]
    during = niceness()
    assert {nice for thread, nice in during.items() if thread not in before} >= {15}
    assert during[threading.get_native_id()] == before[threading.get_native_id()]
    assert sum(nice == 15 for nice in during.values()) >= 2
    await close(opened)
