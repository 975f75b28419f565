"""The router: whoever asks asks it, and it finds the flavour that answers."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from llm.asking import Ask
from llm.flavours.flavour import Flavour
from llm.making import Decided, Made


class Router:
    """A `Maker` over flavours, the first in order first."""

    def __init__(self, flavours: Sequence[Flavour]) -> None:
        self._flavours = list(flavours)

    @property
    def made_by(self) -> str:
        """The first flavour's reference."""
        return self._flavours[0].ref

    async def stream(self, ask: Ask) -> AsyncGenerator[Made]:
        """See `Maker`."""
        flavour = self._flavours[0]
        async with aclosing(flavour.engine.stream(ask)) as spoken:
            async for made in spoken:
                yield made
        yield Decided(flavour.ref, flavour.name)

    async def close(self) -> None:
        """Close all connections."""
        for flavour in self._flavours:
            await flavour.engine.close()
