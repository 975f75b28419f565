"""Between a session, which must know the names in a text before it goes on, and who finds them. A thin shell."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeVar

from moderation.names.names import Names, Spans

log = logging.getLogger(__name__)
AT_ONCE: Final = 16
"""Texts that are asked about together."""
T = TypeVar("T")


class Namer(Protocol):
    """Finds names of people. `ref`: what stands in `made_by`."""

    hash: str
    """The SHA-256 of what finds them."""

    @property
    def ref(self) -> str:
        """Its name, and 16 digits of its hash."""
        ...

    async def names(self, texts: Sequence[str]) -> list[Spans]:
        """Where in each text there are names: the same for the same text, whoever is asked about with it.

        Raises:
            Overloaded: too many wait.
        """
        ...

    async def close(self) -> None:
        """Let its thread go."""
        ...


class Naming:
    """What one session asks a namer that all sessions share."""

    def __init__(self, names: Names, namer: Namer, timeout_s: float) -> None:
        """`timeout_s`: for AT_ONCE texts. What has no answer by then is masked, whatever it may have been."""
        self.names = names
        self._namer = namer
        self._timeout_s = timeout_s

    async def settled(self, act: Callable[[], T]) -> T:
        """What `act` gives when all names that it looks for are known: it is called again until they are, and what it
        gave before is dropped. So it must change nothing that it does not give."""
        while True:
            self.names.begin()
            out = act()
            if not self.names.wanted:
                return out
            await self._ask(list(self.names.wanted))

    async def _ask(self, wanted: Sequence[str]) -> None:
        answers: list[Spans] | None = []
        for place in range(0, len(wanted), AT_ONCE):
            texts = wanted[place : place + AT_ONCE]
            answers = (
                None if answers is None else await self._answers(texts)
            )  # who was late once is late again
            self.names.learn(texts, answers)

    async def _answers(self, texts: Sequence[str]) -> list[Spans] | None:
        try:
            async with asyncio.timeout(self._timeout_s):
                answers = await self._namer.names(texts)
        except TimeoutError:
            log.warning("names were not found in %.1f s: all that may be one is masked", self._timeout_s)
        except Exception as wrong:  # noqa: BLE001 - whatever it does, moderation goes on, and shows nothing unread
            log.warning("names cannot be found (%s): all that may be one is masked", type(wrong).__name__)
        else:
            if len(answers) == len(texts):
                return answers
            log.error("names were found in %d of %d texts", len(answers), len(texts))
        return None
