"""The default model chooses a function, and answers from what it said."""

from collections.abc import AsyncIterator

import pytest

from llm.asking import Ask
from llm.flavours.opening import Opened, Weights, close, open_flavours
from llm.flavours.router import Router
from llm.history import Message
from llm.making import Decided, Token
from llm.policy import LlmPolicy
from llm.tools.policy import ToolPolicy
from llm.tools.toolbox import Toolbox
from streaming.machine import models
from tests.tool_server import ToolServer, tool_server

pytestmark = pytest.mark.models

MODEL = "qwen2.5-coder-0.5b"
PATIENT = LlmPolicy(model=MODEL, slots=1, context=1024, first_token_s=60.0, temperature=0.0)


@pytest.fixture
async def opened() -> AsyncIterator[list[Opened]]:
    opened = await open_flavours(PATIENT, {MODEL: Weights(models.path(MODEL), models.digest(MODEL))})
    yield opened
    await close(opened)


@pytest.fixture
async def server() -> AsyncIterator[ToolServer]:
    async with tool_server() as server:
        server.body = b'{"state": "delayed", "arrives": "Friday"}'
        yield server


async def test_an_order_is_looked_up_by_its_number_and_nothing_is_called_with_a_number_that_nobody_said(
    opened: list[Opened], server: ToolServer
) -> None:
    order = ToolPolicy(
        url=f"http://127.0.0.1:{server.port}/order",
        description="State of a customer's order, and when it arrives.",
        parameters={
            "type": "object",
            "properties": {"number": {"type": "string", "pattern": "^[0-9]{1,8}$"}},
            "required": ["number"],
            "additionalProperties": False,
        },
        private=("127.0.0.1",),
    )
    router = Router([one.flavour for one in opened])
    toolbox = Toolbox({"order_status": order})

    async def leave(once: bool) -> bool:
        return True

    async def answer(said: str) -> tuple[str, Decided]:
        ask = Ask([Message("system", "Answer briefly."), Message("user", said)], 32)
        made = [item async for item in toolbox.beside(router, "s-1-1", leave).stream(ask)]
        text = "".join(item.text for item in made if isinstance(item, Token))
        assert isinstance(made[-1], Decided)
        return text, made[-1]

    text, decided = await answer("Where is my order 4711, and on which day does it arrive?")
    assert [asked.body for asked in server.asked] == [b'{"number":"4711"}']
    assert "Friday" in text
    assert {"tool_choice_ms", "tool_ms"} == decided.timing.keys()
    _, decided = await answer("Hello, good morning!")
    assert len(server.asked) == 1
    assert {"tool_choice_ms"} == decided.timing.keys()
    await toolbox.close()
