"""A small index in memory: word by word, no vectors; what a retriever promises, and nothing more."""

import asyncio
import hashlib

from llm.grounding.terms import terms
from llm.retrieval.passage import Found, Passage
from streaming.errors import ServiceFault


class Pages:
    """Passages are paragraphs. `late_s`: how long a search takes."""

    def __init__(self, documents: dict[str, str], late_s: float = 0.0) -> None:
        self._documents = documents
        self._late_s = late_s
        self.asked: list[str] = []
        self.hash = hashlib.sha256(repr(sorted(documents.items())).encode()).hexdigest()
        self.ref = f"pages@{self.hash[:16]}"

    async def find(self, query: str, k: int) -> list[Found]:
        self.asked.append(query)
        await asyncio.sleep(self._late_s)
        wanted = set(terms(query))
        found = [Found(one, len(wanted & set(terms(f"{one.title} {one.text}")))) for one in self._passages()]
        return sorted([one for one in found if one.score], key=lambda one: -one.score)[:k]

    async def document(self, name: str) -> str | None:
        return self._documents.get(name)

    async def close(self) -> None:
        """Nothing is open."""

    def _passages(self) -> list[Passage]:
        out: list[Passage] = []
        for name, text in self._documents.items():
            begin = 0
            for number, part in enumerate(text.split("\n\n")):
                place = (begin, begin + len(part))
                out.append(Passage(f"{name}#{number}", name, name.partition(".")[0], "", part, place))
                begin += len(part) + 2
        return out


class Shelves:
    """A tenant's own pages, and nobody else's."""

    def __init__(self, **pages: Pages) -> None:
        self.pages = pages

    async def open(self, tenant: str, name: str) -> Pages:
        if tenant not in self.pages:
            raise ServiceFault("index_unavailable", f"{tenant} has no index {name}", close=None)
        return self.pages[tenant]

    def close(self) -> None:
        """Nothing is open."""
