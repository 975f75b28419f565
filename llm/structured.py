"""Answers that are data: held to a JSON schema by the engine's grammar, read whole, and of the kind that was asked for.

A grammar cannot break the format, but an answer may be cut before its end, and a server may know no grammars. So what
came is read strictly; what cannot be read is asked for once more, with twice the room.
"""

from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from llm.asking import Ask
from llm.making import Decided, Maker, whole
from streaming.errors import ServiceFault
from streaming.parts import Usage

T = TypeVar("T")

TRIES: Final = 2


class Structured(Struct, Generic[T], frozen=True):
    """`value` of the kind that was asked for, who made it, and what all tries cost."""

    value: T
    decided: Decided
    usage: Usage


async def structured(maker: Maker, ask: Ask, kind: type[T]) -> Structured[T]:
    """The answer to `ask`, whose `schema` says what `kind` can read.

    Raises:
        ServiceFault: `llm_*` of the engine, or `llm_unreadable`: what came was cut, or is not of this kind, twice.
    """
    spent = Usage(0, 0)
    for _ in range(TRIES):
        made = await whole(maker, ask)
        usage = made.usage or Usage(0, 0)
        spent = Usage(
            spent.prompt_tokens + usage.prompt_tokens, spent.completion_tokens + usage.completion_tokens
        )
        try:
            return Structured(msgspec.json.decode(made.text, type=kind), made.decided or Decided(""), spent)
        except (msgspec.MsgspecError, UnicodeError):
            # Sampled as before it would often be as long as before.
            ask = replace(ask, max_tokens=ask.max_tokens * 2)
    raise ServiceFault(
        "llm_unreadable",
        f"the language model's answer was no whole JSON of the wanted form within {ask.max_tokens // 2} tokens",
        close=None,
    )
