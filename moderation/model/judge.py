"""Scores by model for all sessions of a process: what waits is one batch (desk.py), in a thread of its own.

An owner asks for what is due (windows.py) and again only when the answer is there: so the newest windows of a session
take the place of older ones by themselves, and as many texts wait as there are sessions, times the few that a burst of
text makes. More are refused, and the mode of moderation says what that means.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from moderation.guard.policy import Author
from moderation.model.desk import Desk, DeskPolicy
from moderation.model.heads import Heads, Vectors, read_as

Scores = dict[str, float]


class Judge(Protocol):
    """Tells for each text how likely each category is. `ref`: what stands in `made_by`."""

    @property
    def ref(self) -> str:
        """Name and hash of what judges."""
        ...

    async def scores(self, texts: Sequence[str], by: Author = "user") -> list[Scores]:
        """From 0 to 1 for each category that it knows, in the order of the texts, which all are of one author.

        Raises:
            Overloaded: too many wait.
            ServiceFault: it cannot judge now.
        """
        ...


class Judges(NamedTuple):
    """Who judges behind the rules: `judge` as the mode wants it, `after` once more what was shown. None: nobody."""

    judge: Judge | None = None
    after: Judge | None = None


@runtime_checkable
class Closing(Protocol):
    """A judge that holds a thread or connections."""

    async def close(self) -> None:
        """Let them go."""
        ...


class HeadJudge:
    """A `Judge` on this machine: a sentence embedding and heads on it. One event loop; `close` when done."""

    def __init__(
        self, embed: Callable[[Sequence[str]], Vectors], heads: Heads, policy: DeskPolicy | None = None
    ) -> None:
        """`embed`: vectors (texts, 384), normalised; it runs in this judge's thread, one call at a time."""
        self._embed = embed
        self._heads = heads
        self.desk = Desk(self._judge, "moderation-heads", policy)
        """Where texts wait."""

    @property
    def ref(self) -> str:
        """Name and hash of the heads."""
        return self._heads.ref

    @property
    def heads(self) -> Heads:
        """The heads in use."""
        return self._heads

    async def scores(self, texts: Sequence[str], by: Author = "user") -> list[Scores]:
        """See `Judge`: to heads it is all one who wrote it. Raises Overloaded, and whatever the model failed with."""
        return await self.desk.ask(texts)

    async def close(self) -> None:
        """Nobody is waited for any more; returns when the thread is done."""
        await self.desk.close()

    def _judge(self, texts: Sequence[str]) -> list[Scores]:
        """In the thread."""
        read = [read_as(text) for text in texts]
        return self._heads.scores(read, self._embed(read))
