"""A version of an index in Redis 8 (vector sets), for responders on machines that share no disk.

Published whole under names with its version in them; `current` moves last. Beside the vectors lie the passages, each
with its own vector, the documents, and for each word the passages it adds most to, so that a search is two round trips.
Nothing expires: what is published takes Redis' memory until it is withdrawn, so it may be another Redis than the
sessions'.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct

from llm.retrieval import bm25, fusion, stored
from llm.retrieval.embedding import Embedder
from llm.retrieval.local import CANDIDATES
from llm.retrieval.manifest import Manifest, checked, decoded, encoded
from llm.retrieval.passage import Found, IndexAway, Passage
from streaming.bus import Arg, Bus
from streaming.errors import BusDown, ServiceFault

MOST: Final = 2000
"""Passages kept for a word, those that it adds most to: a word that more have tells next to nothing."""
AT_ONCE: Final = 200

Row = np.dtype([("row", "<i4"), ("adds", "<f4")])


class Kept(Struct, frozen=True, array_like=True):
    """A passage and its vector, float16."""

    passage: Passage
    vector: bytes


class Keys:
    """Where a version lies: one tenant's names never lead to another's. Raises Usage."""

    def __init__(self, tenant: str, name: str, version: str) -> None:
        checked(tenant, name)
        tag = f"index:{{{tenant}/{name}/{version}}}"
        self.manifest, self.vectors, self.passages = f"{tag}:manifest", f"{tag}:vectors", f"{tag}:passages"
        self.documents, self.words = f"{tag}:documents", f"{tag}:words"
        self.all = (self.manifest, self.vectors, self.passages, self.documents, self.words)


def current_key(tenant: str, name: str) -> str:
    """Holds the version in force. Raises Usage."""
    checked(tenant, name)
    return f"index:{{{tenant}/{name}}}:current"


class SharedIndex:
    """As `Retriever` says."""

    def __init__(self, bus: Bus, manifest: Manifest, embedder: Embedder, pool: ThreadPoolExecutor) -> None:
        self._bus, self._embedder, self._pool = bus, embedder, pool
        self._keys = Keys(manifest.tenant, manifest.name, manifest.version)
        self._passages = manifest.passages
        self.ref, self.hash = manifest.ref, manifest.hash

    async def find(self, query: str, k: int) -> list[Found]:
        """As `Retriever.find`."""
        terms = list(dict.fromkeys(bm25.terms(query)))
        if k < 1 or not terms or not self._passages:
            return []
        loop = asyncio.get_running_loop()
        vector = (await loop.run_in_executor(self._pool, self._embedder.embed, [query]))[0]
        near, words = await self._ask(
            ("VSIM", self._keys.vectors, "FP32", vector.astype("<f4").tobytes(), "COUNT", CANDIDATES),
            ("HMGET", self._keys.words, *terms),
        )
        adds = {term: _adds(packed) for term, packed in zip(terms, words, strict=True) if packed}
        named = [row for row, _ in bm25.ranked(bm25.Words(adds, self._passages), query, CANDIDATES)]
        best = fusion.fused([[int(row) for row in near], named], k)
        if not best:
            return []
        [kept] = await self._ask(("HMGET", self._keys.passages, *(row for row, _ in best)))
        return [_found(packed, score, vector) for packed, (_, score) in zip(kept, best, strict=True)]

    async def document(self, name: str) -> str | None:
        """As `Retriever.document`."""
        [text] = await self._ask(("HGET", self._keys.documents, name))
        return None if text is None else text.decode()

    async def _ask(self, *commands: Sequence[Arg]) -> list[Any]:
        try:
            replies = await self._bus.each(*commands)
        except BusDown as down:
            raise IndexAway(f"The index's Redis is away: {down}") from None
        for wrong in (reply for reply in replies if isinstance(reply, Exception)):
            raise ServiceFault("index_unavailable", f"The index's Redis refused (is it 8 or newer?): {wrong}")
        return replies


async def publish(bus: Bus, folder: Path, manifest: Manifest) -> None:
    """The version in `folder` into Redis, in force there when this returns; harmless twice. Raises BusDown, Refused."""
    keys = Keys(manifest.tenant, manifest.name, manifest.version)
    if not await bus.call("EXISTS", keys.manifest):
        await bus.call("DEL", *keys.all)  # what a publisher left that was killed
        commands = _commands(keys, folder, manifest)
        while some := [command for _, command in zip(range(AT_ONCE), commands, strict=False)]:
            for wrong in (reply for reply in await bus.each(*some) if isinstance(reply, Exception)):
                raise wrong
        await bus.call("SET", keys.manifest, encoded(manifest))
    await bus.call("SET", current_key(manifest.tenant, manifest.name), manifest.version)


async def withdraw(bus: Bus, tenant: str, name: str, version: str) -> None:
    """Take a version out of Redis; sessions that read it find nothing from now on. Raises BusDown."""
    key = current_key(tenant, name)
    if await bus.call("GET", key) == version.encode():
        await bus.call("DEL", key)
    await bus.call("DEL", *Keys(tenant, name, version).all)


async def published(bus: Bus, tenant: str, name: str, version: str = "") -> Manifest:
    """Of the version in force, or of the one named.

    Raises:
        ServiceFault: there is none.
        BusDown: Redis is away.
    """
    wanted = version or (await bus.call("GET", current_key(tenant, name)) or b"").decode()
    found = await bus.call("GET", Keys(tenant, name, wanted).manifest) if wanted else None
    if found is None:
        raise ServiceFault("index_unavailable", f"The index {name!r} of {tenant!r} is not published in Redis")
    return decoded(found)


def _commands(keys: Keys, folder: Path, manifest: Manifest) -> Iterator[Sequence[Arg]]:
    texts, vectors, words = stored.Texts(folder), stored.read_vectors(folder), stored.read_words(folder)
    try:
        for document in manifest.documents:
            yield "HSET", keys.documents, document.name, texts.document(document.name) or ""
            for row, passage in texts.of(document.name):
                exact = vectors[row].astype("<f4").tobytes()
                yield "VADD", keys.vectors, "FP32", exact, str(row)
                kept = msgspec.msgpack.encode(Kept(passage, vectors[row].astype("<f2").tobytes()))
                yield "HSET", keys.passages, str(row), kept
    finally:
        texts.close()
    for word, (rows, weights) in words.adds.items():
        most = np.sort(np.argsort(-weights, kind="stable")[:MOST])
        packed = np.empty(len(most), Row)
        packed["row"], packed["adds"] = rows[most], weights[most]
        yield "HSET", keys.words, word, packed.tobytes()


def _adds(packed: bytes) -> Any:
    found = np.frombuffer(packed, Row)
    return found["row"], found["adds"]


def _found(packed: bytes | None, score: float, vector: Any) -> Found:
    if packed is None:
        raise ServiceFault("index_unavailable", "This version of the index was withdrawn")
    kept = msgspec.msgpack.decode(packed, type=Kept)
    likeness = np.frombuffer(kept.vector, "<f2").astype(np.float32) @ vector
    return Found(kept.passage, score, float(likeness))
