"""Before a turn is answered: has the model choose a function, has it called, and puts what came of it into the request.

One round, at most one call. The choice is held to a schema by the engine's grammar, so that any model can make it.
"""

import logging
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from llm.asking import Ask
from llm.making import Decided, Made, Maker
from llm.tools.calling import Caller, ToolFailed
from llm.tools.choosing import NONE, Call, check, invented, with_result
from llm.tools.chosen import chosen
from llm.tools.policy import ToolPolicy
from streaming.errors import ServiceFault
from streaming.parts import Sampling

log = logging.getLogger(__name__)

CHOICE_TOKENS: Final = 160

SECRET: Final = secrets.token_bytes(16)
"""Of this process: no tool can know the marks that its words stand between."""

AGAIN: Final = (
    "it was called already, before a restart, and what came of it is lost: it is not called a second time"
)

Leave: TypeAlias = Callable[[bool], Awaitable[bool]]
"""Waits until a call may be made: the turn is over for sure, and is still the one that is answered. The argument says
whether it must never be made twice; False: it was made before."""


class Result(Struct, frozen=True):
    """What came of it, in words for the model, who is told of a failure as well ("" for no `tool`: none was called).

    `asked`: the call's arguments. `timing`: `tool_choice_ms`, and then `tool_ms` or, when nothing came of the call,
    `tool_failed_ms`.
    """

    tool: str = ""
    said: str = ""
    timing: dict[str, int] = {}
    asked: str = ""

    @property
    def holds(self) -> bool:
        """A tool was called, and answered: what it said may be cited."""
        return "tool_ms" in self.timing


class Toolbox:
    """The tools of all tenants. Raises Refusal when the settings of one cannot be right."""

    def __init__(self, tools: Mapping[str, ToolPolicy], caller: Caller | None = None) -> None:
        check(tools)
        self._tools = tools
        self._caller = caller or Caller()

    async def close(self) -> None:
        """Close all connections."""
        await self._caller.close()

    def beside(self, maker: Maker, number: str, leave: Leave) -> "Helped":
        """Whoever answers one turn by `maker` after a tool was called, if one is wanted. `number` names the turn."""
        return Helped(self, maker, number, leave)

    async def help(self, maker: Maker, ask: Ask, number: str, leave: Leave) -> Result:
        """What a tool said to this request. A choice that cannot be made costs the tool, not the reply."""
        mine = {
            name: tool for name, tool in self._tools.items() if not tool.tenants or ask.tenant in tool.tenants
        }
        if not mine:
            return Result()
        since = time.monotonic()
        call = await self._choice(maker, ask, mine)
        timing = {"tool_choice_ms": _ms(since)}
        if call is None:
            return Result(timing=timing)
        tool = mine[call.tool]
        since = time.monotonic()
        took, told = "tool_failed_ms", AGAIN
        if await leave(tool.method != "GET"):
            since = time.monotonic()
            try:
                told = await self._caller.call(tool, call.arguments, number)
                took = "tool_ms"
            except ToolFailed as why:
                log.warning("tool %s failed", call.tool)
                told = str(why)
        if took == "tool_failed_ms":
            told = f"The function failed: {told}."
        given = " ".join(str(value) for value in call.arguments.values())
        return Result(call.tool, told, timing | {took: _ms(since)}, given)

    async def _choice(self, maker: Maker, ask: Ask, tools: Mapping[str, ToolPolicy]) -> Call | None:
        try:
            call = (await chosen(maker, replace(ask, sampling=Sampling()), tools, CHOICE_TOKENS)).value
        except ServiceFault as fault:
            log.warning("no tool could be chosen: %s", fault.code)
            return None
        if call.tool == NONE or call.tool not in tools or invented(call, ask.messages):
            return None
        return call


class Helped:
    """A `Maker` for one turn: whatever it is asked, and however often, a tool is called at most once before."""

    def __init__(self, toolbox: Toolbox, maker: Maker, number: str, leave: Leave) -> None:
        self._toolbox = toolbox
        self._maker = maker
        self._number = number
        self._leave = leave
        self._result: Result | None = None

    @property
    def made_by(self) -> str:
        """See `Maker`."""
        return self._maker.made_by

    @property
    def alone(self) -> Maker:
        """Whoever answers, without the tools."""
        return self._maker

    async def result(self, ask: Ask) -> Result:
        """What a tool says to the turn: chosen and called for the first request, the same for all that follow."""
        if self._result is None:
            self._result = await self._toolbox.help(self._maker, ask, self._number, self._leave)
        return self._result

    async def stream(self, ask: Ask) -> AsyncGenerator[Made]:
        """See `Maker`."""
        result = await self.result(ask)
        if result.tool:
            # What a tool says is of this moment: the answer is no other turn's.
            said = with_result(ask.messages, result.tool, result.said, SECRET)
            ask = replace(ask, messages=said, grounds="")
        async with aclosing(self._maker.stream(ask)) as stream:
            async for made in stream:
                if isinstance(made, Decided):
                    made = replace(made, timing=made.timing | result.timing)  # noqa: PLW2901 - the same, and more
                yield made


def _ms(since: float) -> int:
    return round((time.monotonic() - since) * 1000)
