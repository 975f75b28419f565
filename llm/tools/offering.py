"""Functions of the client's own: the model is asked first which of them helps, and with what; else it answers as ever.

The choice is held to a schema by the engine's grammar, as that of the server's own functions is, so that any model can
make it. It is the client that calls.
"""

import logging
from typing import Final

import msgspec
from msgspec import Struct

from llm.asking import Ask
from llm.making import Decided, Maker
from llm.tools.choosing import NONE, Call, invented
from llm.tools.chosen import chosen
from streaming.errors import ServiceFault
from streaming.functions import called, is_result
from streaming.parts import Usage

log = logging.getLogger(__name__)

CHOICE_TOKENS: Final = 512


class Wanted(Struct, frozen=True):
    """A call that the client is to make: of function `name`, with `arguments` (JSON)."""

    name: str
    arguments: str
    decided: Decided
    usage: Usage


async def wanted(maker: Maker, ask: Ask) -> Wanted | None:
    """The call that helps to answer `ask`, of the functions that its `sampling` offers; None: no call.

    Where the client leaves it to the model, a choice that cannot be made is none, and so are a number in it that nobody
    said and a call that was made for this very turn before.

    Raises:
        ServiceFault: `llm_*`, where a function is to be called in any case.
    """
    offered = {one.name: one for one in ask.sampling.functions}
    must = ask.sampling.choice == "required"
    try:
        made = await chosen(maker, ask, offered, CHOICE_TOKENS, must=must)
    except ServiceFault as fault:
        if must:
            raise
        log.warning("no function could be chosen: %s", fault.code)
        return None
    call = made.value
    arguments = msgspec.json.encode(call.arguments).decode()
    if not must and (call.tool == NONE or invented(call, ask.messages) or _again(call, arguments, ask)):
        return None
    return Wanted(call.tool, arguments, made.decided, made.usage)


def _again(call: Call, arguments: str, ask: Ask) -> bool:
    """Whether it was made since the user last asked something."""
    turns = ask.messages
    since = next(
        (
            at
            for at in reversed(range(len(turns)))
            if turns[at].role == "user" and not is_result(turns[at].content)
        ),
        0,
    )
    told = called(call.tool, arguments)
    return any(told in message.content for message in turns[since:])
