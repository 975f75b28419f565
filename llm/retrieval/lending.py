"""Indexes that are published in a Redis with vector sets, for responders that share no disk with who builds them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from llm.retrieval.embedding import Embedder
from llm.retrieval.shared import SharedIndex, published
from streaming.bus import Bus
from streaming.errors import BusDown, ServiceFault


class SharedLibrary:
    """As `Library` in llm/desk.py. `embedder` is called once, on a thread of its own, when the first is opened."""

    def __init__(self, url: str, embedder: Callable[[], Embedder]) -> None:
        self._url = url
        self._make = embedder
        self._embedder: Embedder | None = None
        self._pool = ThreadPoolExecutor(1, "retrieval")
        self._bus: Bus | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self, tenant: str, name: str) -> SharedIndex:
        """The version in force there; it stays what it is while it is published.

        Raises:
            ServiceFault: there is none, Redis is away, or it was made with another model; the message says what to do.
        """
        self._loop = asyncio.get_running_loop()
        self._bus = self._bus or Bus(self._url, plain=True)
        try:
            manifest = await published(self._bus, tenant, name)
        except BusDown as down:
            raise ServiceFault("index_unavailable", f"The Redis of llm.index_redis is away: {down}") from None
        embedder = self._embedder or await self._loop.run_in_executor(self._pool, self._make)
        self._embedder = embedder
        if manifest.model != embedder.model:
            told = f"The index {manifest.ref} was made with another embedding model"
            raise ServiceFault("index_unavailable", f"{told}. Build it again, and push it.")
        return SharedIndex(self._bus, manifest, embedder, self._pool)

    def close(self) -> None:
        """Not on the event loop: it waits for the connection's end there."""
        if self._bus and self._loop:
            asyncio.run_coroutine_threadsafe(self._bus.close(), self._loop).result(5)
        self._pool.shutdown(cancel_futures=True)
