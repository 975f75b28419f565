"""A version of an index on this machine's disk, behind the port `Retriever`; and the library that opens each once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar
from weakref import WeakValueDictionary, finalize

import numpy as np

from llm.retrieval import bm25, fusion, stored
from llm.retrieval.cabinet import Cabinet, NoIndex
from llm.retrieval.embedding import Embedder
from llm.retrieval.manifest import Manifest
from llm.retrieval.passage import Found
from streaming.errors import ServiceFault
from streaming.refusal import Refusal

T = TypeVar("T")

CANDIDATES: Final = 50
"""Of each of the two rankings that are fused."""


class Opened:
    """The files of one version, to be asked by one thread at a time. Raises NoIndex."""

    def __init__(self, folder: Path, manifest: Manifest, embedder: Embedder) -> None:
        if manifest.model != embedder.model:
            told = f"The index {manifest.ref} was made with another embedding model"
            raise NoIndex(f"{told}. Build it again: vivavoce index build {manifest.name} PATH")
        self.manifest = manifest
        self.embedder = embedder
        self.texts = stored.Texts(folder)
        self.vectors = stored.read_vectors(folder)
        self.graph = stored.read_graph(folder)
        self.words = stored.read_words(folder)

    def find(self, query: str, k: int) -> list[Found]:
        """As `Retriever.find`."""
        if k < 1 or not bm25.terms(query) or not len(self.vectors):
            return []
        vector = self.embedder.embed([query])[0]
        near = stored.nearest(self.graph, vector, CANDIDATES)
        named = [row for row, _ in bm25.ranked(self.words, query, CANDIDATES)]
        best = fusion.fused([near, named], k)
        rows = [row for row, _ in best]
        alike = self.vectors[rows].astype(np.float32) @ vector
        return [
            Found(passage, score, float(likeness))
            for passage, (_, score), likeness in zip(self.texts.passages(rows), best, alike, strict=True)
        ]


class LocalIndex:
    """As `Retriever` says. Held by whoever began with it; its files are let go of when nobody holds it."""

    def __init__(self, opened: Opened, pool: ThreadPoolExecutor) -> None:
        self._opened = opened
        self._pool = pool
        self.ref = opened.manifest.ref
        self.hash = opened.manifest.hash
        finalize(self, opened.texts.close)

    async def find(self, query: str, k: int) -> list[Found]:
        """As `Retriever.find`. A search that nobody waits for any more, and that has not begun, is not made."""
        return await self._do(lambda: self._opened.find(query, k))

    async def document(self, name: str) -> str | None:
        """As `Retriever.document`."""
        return await self._do(lambda: self._opened.texts.document(name))

    async def _do(self, ask: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, ask)


class Library:
    """Opens versions, each once in this process, and asks them on one thread, never on the event loop.

    `embedder` is called once, on that thread, when the first index is opened.
    """

    def __init__(self, folder: Path, embedder: Callable[[], Embedder]) -> None:
        self._cabinet = Cabinet(folder)
        self._make = embedder
        self._embedder: Embedder | None = None
        self._open: WeakValueDictionary[tuple[str, str, str], LocalIndex] = WeakValueDictionary()
        self._newest: dict[tuple[str, str], LocalIndex] = {}
        self._pool = ThreadPoolExecutor(1, "retrieval")

    async def open(self, tenant: str, name: str, version: str = "") -> LocalIndex:
        """A version of `tenant`'s index, the one in force unless named. It stays what it is while it is held.

        Raises:
            ServiceFault: there is none, it is broken, or was made with another model; the message says what to do.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, lambda: self._opened(tenant, name, version)
            )
        except Refusal as wrong:
            raise ServiceFault("index_unavailable", str(wrong)) from None

    def close(self) -> None:
        """No search begins after this. Blocks while one is under way."""
        self._pool.shutdown(cancel_futures=True)
        self._newest.clear()

    def _opened(self, tenant: str, name: str, version: str) -> LocalIndex:
        wanted = version or self._cabinet.current(tenant, name)
        key = (tenant, name, wanted)
        if (index := self._open.get(key)) is None:
            manifest = self._cabinet.manifest(*key)
            if self._embedder is None:
                self._embedder = self._make()
            opened = Opened(self._cabinet.place(tenant, name) / wanted, manifest, self._embedder)
            index = self._open[key] = LocalIndex(opened, self._pool)
        if not version:
            self._newest[tenant, name] = index
        return index
