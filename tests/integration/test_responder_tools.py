"""Tools in a session, over real Redis and HTTP: a turn that is cancelled calls nothing, and a restart nothing twice."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest

from llm.policy import LlmPolicy
from llm.tools.policy import ToolPolicy
from llm.tools.toolbox import AGAIN
from llm.worker import Responder
from streaming.bus import Bus
from streaming.drafts import DraftDone
from streaming.events import SpeechStarted, TranscriptFinal, TurnEnded, TurnResumed
from tests.contracts.fake_llm import KEY, Exchange, FakeLlm, fake_llm
from tests.integration.responder_session import END, Session, begun
from tests.tool_server import ToolServer, tool_server

CALL = {"tool": "order_status", "arguments": {"number": "7"}}


class Clerk:
    """A model that has the order looked up, and then answers."""

    def __init__(self) -> None:
        self.chosen = asyncio.Event()
        self.answering = asyncio.Event()
        self.may_choose = asyncio.Event()
        self.may_choose.set()
        self.prompts: list[str] = []

    async def __call__(self, exchange: Exchange) -> None:
        await exchange.head()
        if "response_format" in exchange.asked:
            await self.may_choose.wait()
            await exchange.say(json.dumps(CALL))
            self.chosen.set()
        else:
            self.prompts.append(exchange.asked["messages"][-1]["content"])
            await exchange.say("There you are.")
            self.answering.set()
        await exchange.finish()
        await exchange.done()


@pytest.fixture
async def session(bus: Bus) -> AsyncIterator[Session]:
    async with begun(bus) as session:
        yield session


@pytest.fixture
async def fake() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


@pytest.fixture
async def tool() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        yield server


@asynccontextmanager
async def asking(fake: FakeLlm, tool: ToolServer, clerk: Clerk) -> AsyncGenerator[Responder]:
    fake.script = clerk
    order = ToolPolicy(
        url=f"http://127.0.0.1:{tool.port}/order",
        description="State of an order.",
        parameters={"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
        private=("127.0.0.1",),
    )
    responder = Responder(LlmPolicy(url=fake.url, key=KEY, max_tokens=20, tools={"order_status": order}))
    await responder.start()
    yield responder
    await responder.stop()


async def test_what_a_tool_says_is_in_the_request_and_what_it_took_in_the_replys_timing(
    session: Session, fake: FakeLlm, tool: ToolServer
) -> None:
    clerk = Clerk()
    async with asking(fake, tool, clerk) as responder:
        await session.serve(responder)
        await session.say("Where is order 7?")
        await session.until(DraftDone)
        await session.log(END)
        await session.over()
    assert [asked.headers["idempotency-key"] for asked in tool.asked] == ["s1-1-1"]
    assert json.loads(tool.asked[0].body) == CALL["arguments"]
    assert clerk.prompts[0].startswith("Where is order 7?\n\n--- ")
    assert '{"state": "on its way"}' in clerk.prompts[0]
    (done,) = await session.dones()
    assert done.status == "completed"
    assert {"tool_choice_ms", "tool_ms"} < done.timing.keys()


async def test_a_tool_that_fails_is_told_to_the_model_and_in_the_timing(
    session: Session, fake: FakeLlm, tool: ToolServer
) -> None:
    clerk, tool.status = Clerk(), "503 Service Unavailable"
    async with asking(fake, tool, clerk) as responder:
        await session.serve(responder)
        await session.say("Where is order 7?")
        await session.until(DraftDone)
        await session.log(END)
        await session.over()
    assert "The function failed: it answers 503." in clerk.prompts[0]
    (done,) = await session.dones()
    assert "tool_failed_ms" in done.timing
    assert "tool_ms" not in done.timing


async def test_a_turn_that_ended_eagerly_calls_nothing_until_it_is_sure_and_nothing_if_it_is_taken_back(
    session: Session, fake: FakeLlm, tool: ToolServer
) -> None:
    clerk = Clerk()
    eager = TurnEnded(1, 0, [], "silence", eager=True, text="Where is order 7?")
    async with asking(fake, tool, clerk) as responder:
        await session.serve(responder)
        await session.log(eager)
        await asyncio.wait_for(clerk.chosen.wait(), 5)
        await asyncio.sleep(0.1)
        await session.log(TurnResumed(1, 0))
        await session.until(DraftDone)
        assert tool.asked == []
        clerk.chosen.clear()
        await session.log(eager)  # the same number: the turn that was taken back is none
        assert tool.asked == []
        final = TranscriptFinal(0, 1, "Where is order 7?", 0, 900, [], "en", 1.0, "asr@0")
        sure = TurnEnded(2, 0, [1], "silence", eager=True, text="")
        await session.log(final, sure)
        await asyncio.wait_for(clerk.chosen.wait(), 5)
        await asyncio.sleep(0.1)
        assert tool.asked == []
        await session.log(TurnEnded(2, 0, [1], "silence"))
        await session.until(DraftDone, 2)
        await session.log(END)
        await session.over()
    assert [asked.headers["idempotency-key"] for asked in tool.asked] == ["s1-2-1"]


async def test_a_turn_that_is_cancelled_before_its_call_calls_nothing(
    session: Session, fake: FakeLlm, tool: ToolServer
) -> None:
    clerk = Clerk()
    clerk.may_choose.clear()
    async with asking(fake, tool, clerk) as responder:
        await session.serve(responder)
        await session.say("Where is order 7?")
        while not any("response_format" in exchange.asked for exchange in fake.exchanges):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await session.log(SpeechStarted(0, 1000))
        await session.until(DraftDone)
        clerk.may_choose.set()
        await session.log(END)
        await session.over()
    assert tool.asked == []
    assert [done.status for done in await session.dones()] == ["cancelled"]


async def test_a_restart_in_the_middle_of_a_call_calls_nothing_twice_and_says_so_to_the_model(
    session: Session, fake: FakeLlm, tool: ToolServer
) -> None:
    clerk = Clerk()
    tool.wait.clear()
    async with asking(fake, tool, clerk) as responder:
        await session.serve(responder)
        await session.say("Where is order 7?")
        await asyncio.wait_for(tool.came.wait(), 5)
        await session.kill()
        await session.serve(responder)
        await session.until(DraftDone, 2)
        await session.log(END)
        await session.over()
    assert len(tool.asked) == 1
    assert [done.status for done in await session.dones()] == ["failed", "completed"]
    assert AGAIN in clerk.prompts[0]
