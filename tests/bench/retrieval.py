"""How long a search takes, step by step, among so many passages; and how often the right one is found.

    python -m tests.bench.retrieval --passages 20000
    python -m tests.bench.retrieval --documents tests/bench/grounded/documents

The first makes passages of random words (Zipf) with random vectors, since time depends on their number and not on what
they say; queries are embedded by the real model. The second builds an index of a folder, and asks each question of
`questions.toml` beside it that has an answer (`gold`: words of the right passage of `document`). JSON on stdout. Times
in ms: `wall` as the clock has it, `cpu` as the thread used it, which other work on the machine does not lengthen much.
"""

import argparse
import json
import statistics
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from llm.retrieval import bm25, fusion, stored
from llm.retrieval.building import Watcher, build
from llm.retrieval.cabinet import Cabinet
from llm.retrieval.embedding import MiniLm
from llm.retrieval.local import CANDIDATES, Opened
from llm.retrieval.manifest import Document, Manifest
from llm.retrieval.passage import Passage
from llm.retrieval.stored import Laid
from streaming.bench.machine import machine

QUERIES = (
    "how long is the warranty of the lamp",
    "can I send it back after it was opened and used",
    "error e42",
)
VOCABULARY, WORDS = 30_000, 150


def main() -> None:
    """Measures what the command line asks."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--passages", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=100)
    options.add_argument("--documents", type=Path)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cabinet = Cabinet(Path(folder))
        found = (
            quality(cabinet, asked.documents)
            if asked.documents
            else times(cabinet, asked.passages, asked.rounds)
        )
    print(json.dumps(machine() | found, indent=1))


def times(cabinet: Cabinet, passages: int, rounds: int) -> dict[str, Any]:
    """p50 and p95 of every step of a search, and of all of it."""
    embedder = MiniLm()
    began = time.perf_counter()
    manifest = invented(cabinet, passages, embedder.model)
    built = time.perf_counter() - began
    began = time.perf_counter()
    index = Opened(cabinet.place("default", "bench") / manifest.version, manifest, embedder)
    opened = time.perf_counter() - began
    queries = [*QUERIES, *(f"w{n} w{3 * n} w{7 * n} and w{400 * n} w1" for n in range(1, 8))]
    spent: dict[str, list[tuple[float, float]]] = {}

    def timed(step: str, do: Callable[[], Any]) -> Any:
        start, used = time.perf_counter(), time.thread_time()
        out = do()
        spent.setdefault(step, []).append(
            ((time.perf_counter() - start) * 1000, (time.thread_time() - used) * 1000)
        )
        return out

    for number in range(rounds):
        query = queries[number % len(queries)]
        vector = timed("embed", lambda query=query: embedder.embed([query])[0])
        near = timed("vectors", lambda vector=vector: stored.nearest(index.graph, vector, CANDIDATES))
        named = timed("bm25", lambda query=query: bm25.ranked(index.words, query, CANDIDATES))
        best = fusion.fused([near, [row for row, _ in named]], 5)
        timed("texts", lambda best=best: index.texts.passages([row for row, _ in best]))
        timed("all", lambda query=query: index.find(query, 5))
    steps = {
        step: {"wall": _spread([wall for wall, _ in values]), "cpu": _spread([cpu for _, cpu in values])}
        for step, values in spent.items()
    }
    return {"passages": passages, "build_s": round(built, 1), "open_ms": round(opened * 1000), "ms": steps}


def invented(cabinet: Cabinet, passages: int, model: str) -> Manifest:
    """An index of random words and vectors."""
    random = np.random.default_rng(7)
    words = np.minimum(random.zipf(1.3, (passages, WORDS)), VOCABULARY)
    texts = [" ".join(f"w{word}" for word in row) for row in words]
    laid = [
        Laid(
            "bench.txt",
            "",
            [Passage(f"bench#{n}", "bench.txt", "Bench", "", text, (0, 0)) for n, text in enumerate(texts)],
        )
    ]
    vectors = random.normal(size=(passages, 384)).astype(np.float32)
    manifest = Manifest("default", "bench", model, 0, 0, (Document("bench.txt", "Bench", "", passages),))
    with cabinet.held("default", "bench") as staging:
        stored.write_texts(staging, laid)
        stored.write_vectors(staging, vectors.astype(np.float16))
        stored.write_words(staging, bm25.counted(texts))
        cabinet.enter(manifest, staging)
    return manifest


def quality(cabinet: Cabinet, documents: Path) -> dict[str, Any]:
    """recall@5 and MRR of the fused ranking, and of vectors and words alone."""
    asked = tomllib.loads((documents.parent / "questions.toml").read_text("utf-8"))["questions"]
    questions: list[dict[str, Any]] = [one for one in asked if one.get("gold")]
    embedder = MiniLm()
    manifest = build(cabinet, ("default", "bench"), [documents], embedder, Watcher()).manifest
    index = Opened(cabinet.place("default", "bench") / manifest.version, manifest, embedder)
    ranks: dict[str, list[int]] = {"fused": [], "vectors": [], "bm25": []}
    for question in questions:
        query, gold, document = question["ask"], question["gold"], question["document"]
        near = stored.nearest(index.graph, embedder.embed([query])[0], CANDIDATES)
        named = [row for row, _ in bm25.ranked(index.words, query, CANDIDATES)]
        fused = [row for row, _ in fusion.fused([near, named], CANDIDATES)]
        for kind, rows in (("fused", fused), ("vectors", near), ("bm25", named)):
            right = [gold in one.text and one.document == document for one in index.texts.passages(rows)]
            ranks[kind].append(right.index(True) + 1 if True in right else 0)
    return {"passages": manifest.passages, "questions": len(questions)} | {
        kind: {
            "recall@5": round(sum(1 <= rank <= 5 for rank in found) / len(found), 3),
            "mrr": round(sum(1 / rank for rank in found if rank) / len(found), 3),
        }
        for kind, found in ranks.items()
    }


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "p50": round(statistics.median(values), 2),
        "p95": round(statistics.quantiles(values, n=20, method="inclusive")[-1], 2),
    }


if __name__ == "__main__":
    main()
