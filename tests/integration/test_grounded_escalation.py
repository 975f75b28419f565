"""Grounded answers of more than one try, and beside tools: what is asked again, and what a tool said as a source."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec
import pytest

from llm.answering import Cited, Said, answer
from llm.asking import Ask
from llm.desk import Desks
from llm.history import Turn
from llm.making import Made, Token
from llm.policy import LlmPolicy
from llm.tools.calling import Caller, ToolFailed
from llm.tools.policy import ToolPolicy
from llm.tools.toolbox import Toolbox
from streaming.facts import SessionConfig
from streaming.parts import Citation
from tests.shelf_of_one import Pages, Shelves

LAMP = {"lamp.md": "The Aria lamp weighs 1.4 kg with its base."}
HEAVY, ORDER = "How heavy is the Aria lamp?", "Where is order 77?"
REFUSAL = LlmPolicy().grounding.refusal


class Model:
    """Chooses the tool, and says `first` until it is escalated to, and then `then`."""

    made_by = "model@0"

    def __init__(self, first: str, then: str = "") -> None:
        self.said = (first, then)
        self.asks: list[Ask] = []

    async def stream(self, ask: Ask) -> AsyncGenerator[Made]:
        if ask.schema is not None:
            yield Token('{"tool": "order_status", "arguments": {"number": "77"}}')
            return
        self.asks.append(ask)
        yield Token(self.said[ask.escalated])


class Orders(Caller):
    """Says of every order that it is on its way, unless it is `away`."""

    def __init__(self, away: bool = False) -> None:
        super().__init__()
        self.away = away

    async def call(self, tool: ToolPolicy, arguments: dict[str, Any], number: str) -> str:
        if self.away:
            raise ToolFailed("it answers 503")
        return "The order is on its way."


async def leave(once: bool) -> bool:
    return True


async def told(
    model: Model, said: str, tools: Caller | None = None, **grounding: object
) -> tuple[str, list[Citation]]:
    order = ToolPolicy(
        url="http://orders.example/", description="An order.", parameters={"type": "object", "properties": {}}
    )
    policy = msgspec.convert({"index": "pages", "grounding": grounding}, LlmPolicy)
    desk = await Desks(policy, Shelves(default=Pages(LAMP))).open(SessionConfig("s1"))
    maker = Toolbox({"order_status": order} if tools else {}, tools).beside(model, "s1-1-1", leave)
    text, citations = "", list[Citation]()
    async for made in answer(maker, policy, desk, Said([Turn(1, said)])):
        if isinstance(made, Token):
            text += made.text
        elif isinstance(made, Cited):
            citations += made.citations
    return text, citations


@pytest.mark.parametrize("escalate", [True, False])
async def test_an_answer_without_a_source_is_asked_for_once_more_where_it_is_so_set(escalate: bool) -> None:
    model = Model("It weighs 9 kg.", "The Aria lamp weighs 1.4 kg.")
    text, citations = await told(model, HEAVY, escalate=escalate, quote=False)
    assert [ask.escalated for ask in model.asks] == [False, True][: 1 + escalate]
    assert text == ("The Aria lamp weighs 1.4 kg [1]." if escalate else REFUSAL)
    assert len(citations) == escalate


async def test_an_answer_with_a_source_is_not_asked_for_again() -> None:
    model = Model("The Aria lamp weighs 1.4 kg.", "Never.")
    assert (await told(model, HEAVY, escalate=True))[0] == "The Aria lamp weighs 1.4 kg [1]."
    assert len(model.asks) == 1


async def test_what_a_tool_said_is_cited_also_where_no_document_speaks_of_it() -> None:
    model = Model("Order 77 is on its way. It weighs 9 kg.")
    text, [cited] = await told(model, ORDER, Orders())
    assert text == "Order 77 is on its way [1]."
    assert (cited.document, cited.quote, cited.index) == ("order_status", "The order is on its way.", "")


async def test_a_tool_that_fails_is_no_source() -> None:
    model = Model("Order 77 is on its way.")
    assert await told(model, ORDER, Orders(away=True)) == (REFUSAL, [])
    assert model.asks == []
