"""What comes of an ask: the words, what they cost, and last of all who made them and why they did. Pure."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Literal, Protocol, TypeAlias

from msgspec import Struct

from llm.asking import Ask
from streaming.parts import Usage

Why = Literal["first", "asked", "rule", "escalated", "fallback", "hedged", "cached"]
"""Why a flavour answered: it is the first in order, the session or a rule names it, a quicker one's answer was not good
enough, the one before it failed or is known to fail, or was slow, or it had answered just this before."""


class Token(Struct, frozen=True):
    """A piece of the reply, as the server sent it; never empty."""

    text: str


class Decided(Struct, frozen=True):
    """Who made the answer, and why they did.

    `made_by`: references joined by a space: the model's, its adapter's, and where there is a choice of flavours
    `flavour:why`. `timing`: what it cost to decide, ms, of the kind of `reply.done`'s.
    """

    made_by: str
    flavour: str = ""
    why: Why = "first"
    timing: dict[str, int] = {}


Spoken: TypeAlias = Token | Usage
Made: TypeAlias = Token | Usage | Decided


class Whole(Struct, frozen=True):
    """An answer as a whole; `usage` and `decided` as far as they were told."""

    text: str = ""
    usage: Usage | None = None
    decided: Decided | None = None


class Maker(Protocol):
    """Whoever answers."""

    @property
    def made_by(self) -> str:
        """The reference of whoever answers as a rule, for a reply's beginning, when nothing is decided."""
        ...

    def stream(self, ask: Ask) -> AsyncGenerator[Made]:
        """Tokens as they come, the usage if it is known, then `Decided`, once and last. Close it to cancel.

        Raises:
            ServiceFault: `llm_*` of `llm.engine`; nobody could answer.
        """
        ...


async def whole(maker: Maker, ask: Ask) -> Whole:
    """An answer that nobody reads as it is made. Raises ServiceFault, as `Maker.stream`."""
    words: list[str] = []
    usage: Usage | None = None
    decided: Decided | None = None
    async with aclosing(maker.stream(ask)) as stream:
        async for made in stream:
            match made:
                case Token(text=text):
                    words.append(text)
                case Usage():
                    usage = made
                case Decided():
                    decided = made
    return Whole("".join(words), usage, decided)
