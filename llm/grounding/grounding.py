"""What a turn is answered from: the index is searched within the time that there is, and what was found is checked."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from llm.grounding.claims import Claims
from llm.grounding.policy import GroundingPolicy
from llm.grounding.query import query
from llm.grounding.sources import Sources, chosen
from llm.history import Turn, estimate
from llm.retrieval.passage import Passage, Retriever
from streaming.errors import ServiceFault

log = logging.getLogger(__name__)

SECRET: Final = secrets.token_bytes(16)
"""Of this process: no document and no user can know the marks that passages stand between."""


Opening = Callable[[], Awaitable[Retriever | None]]


class Grounding:
    """Answers from one index; None: it could not be had. Then nothing is found until `again` opens it, which is tried
    with each turn, within the time that a search has."""

    def __init__(
        self, retriever: Retriever | None, policy: GroundingPolicy, again: Opening | None = None
    ) -> None:
        self._retriever = retriever
        self._again = again
        self.policy = policy
        self.ref = retriever.ref if retriever else ""

    async def look(self, turns: Sequence[Turn]) -> Sources:
        """What there is for the newest of `turns`; no passages, when there is nothing, or not in time."""
        asked = query(turns)
        number = turns[-1].number if turns else 0
        passages: list[Passage] = []
        try:
            async with asyncio.timeout(self.policy.within_ms / 1000):
                passages = await self._found(asked)
        except TimeoutError:
            log.warning("the index was not searched within %g ms", self.policy.within_ms)
        except ServiceFault as fault:
            log.error("%s", fault.message)
        except Exception as wrong:  # noqa: BLE001 - an index that breaks costs its sources, not the session
            log.error("the index cannot be searched: %s", type(wrong).__name__)
        return Sources(passages, asked, self.ref, number)

    async def _found(self, asked: str) -> list[Passage]:
        if self._retriever is None and self._again:
            self._retriever = await self._again()
            self.ref = self._retriever.ref if self._retriever else ""
        if self._retriever is None or not asked.strip():
            return []
        found = await self._retriever.find(asked, self.policy.passages)
        documents: dict[str, str] = {}
        for one in found:
            name = one.passage.document
            if name not in documents:
                documents[name] = await self._retriever.document(name) or ""
        return chosen(found, documents, self.policy, estimate)

    def claims(self, sources: Sources) -> Claims:
        """What checks an answer that is made from `sources`."""
        return Claims(sources, self.policy)

    def told(self, sources: Sources, said: str) -> str:
        """The request's last message."""
        return sources.told(SECRET, said)
