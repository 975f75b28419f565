"""Answers that are data: held to a JSON schema by the engine's grammar, read whole, and of the kind that was asked for.

A grammar cannot break the format, but an answer may be cut before its end, and a server may know no grammars. So what
came is read strictly; what cannot be read is asked for once more, with twice the room.
"""

from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from llm.asking import Ask
from llm.making import Decided, Maker, Token
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
        text, usage, decided = await _whole(maker, ask)
        spent = Usage(
            spent.prompt_tokens + usage.prompt_tokens, spent.completion_tokens + usage.completion_tokens
        )
        try:
            return Structured(msgspec.json.decode(text, type=kind), decided, spent)
        except (msgspec.MsgspecError, UnicodeError):
            # Sampled as before it would often be as long as before.
            ask = replace(ask, max_tokens=ask.max_tokens * 2)
    raise ServiceFault(
        "llm_unreadable",
        f"the language model's answer was no whole JSON of the wanted form within {ask.max_tokens // 2} tokens",
        close=None,
    )


async def _whole(maker: Maker, ask: Ask) -> tuple[str, Usage, Decided]:
    words: list[str] = []
    usage, decided = Usage(0, 0), Decided("")
    async for made in maker.stream(ask):
        match made:
            case Token(text=text):
                words.append(text)
            case Usage():
                usage = made
            case Decided():
                decided = made
    return "".join(words), usage, decided
