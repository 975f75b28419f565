"""Indexes that are published in a Redis with vector sets, for responders that share no disk with who builds them."""

import asyncio
import logging
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from llm.retrieval.embedding import Embedder
from llm.retrieval.passage import Found, IndexAway
from llm.retrieval.shared import SharedIndex, published
from streaming.bus import Bus
from streaming.errors import BusDown, ServiceFault

log = logging.getLogger(__name__)


class SharedLibrary:
    """As `Library` in llm/desk.py. `embedder` is called once, on a thread of its own, when the first is opened."""

    def __init__(self, url: str, embedder: Callable[[], Embedder]) -> None:
        self._url = url
        self._make = embedder
        self._embedder: Embedder | None = None
        self._pool = ThreadPoolExecutor(1, "retrieval")
        self._bus: Bus | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._trouble = ""

    async def open(self, tenant: str, name: str) -> "Lent":
        """The version in force there; it stays what it is while it is published.

        Raises:
            ServiceFault: there is none, Redis is away, or it was made with another model; the message says what to do.
        """
        with self.noting():
            return Lent(self, await self._opened(tenant, name))

    async def _opened(self, tenant: str, name: str) -> SharedIndex:
        self._loop = asyncio.get_running_loop()
        self._bus = self._bus or Bus(self._url, plain=True)
        try:
            manifest = await published(self._bus, tenant, name)
        except BusDown as down:
            raise IndexAway(f"The Redis of llm.index_redis is away: {down}") from None
        embedder = self._embedder or await self._loop.run_in_executor(self._pool, self._make)
        self._embedder = embedder
        if manifest.model != embedder.model:
            told = f"The index {manifest.ref} was made with another embedding model"
            raise ServiceFault("index_unavailable", f"{told}. Build it again, and push it.")
        return SharedIndex(self._bus, manifest, embedder, self._pool)

    def trouble(self) -> str:
        """Why the last one who asked had no answer; "": there was one."""
        return self._trouble

    @contextmanager
    def noting(self) -> Generator[None]:
        """Whatever becomes of it is known to `trouble`, and in the log once."""
        try:
            yield
        except ServiceFault as fault:
            self._note(fault.message)
            raise
        else:
            self._note("")

    def _note(self, trouble: str) -> None:
        if trouble != self._trouble:
            log.warning("%s", trouble or "the Redis of llm.index_redis answers again")
        self._trouble = trouble

    def close(self) -> None:
        """Not on the event loop: it waits for the connection's end there."""
        if self._bus and self._loop:
            asyncio.run_coroutine_threadsafe(self._bus.close(), self._loop).result(5)
        self._pool.shutdown(cancel_futures=True)


class Lent:
    """As `Retriever` says: an index of a library, which knows how asking it went."""

    def __init__(self, library: SharedLibrary, index: SharedIndex) -> None:
        self._library = library
        self._index = index
        self.ref, self.hash = index.ref, index.hash

    async def find(self, query: str, k: int) -> list[Found]:
        """As `Retriever.find`."""
        with self._library.noting():
            return await self._index.find(query, k)

    async def document(self, name: str) -> str | None:
        """As `Retriever.document`."""
        with self._library.noting():
            return await self._index.document(name)
