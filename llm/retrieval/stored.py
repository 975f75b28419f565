"""The files of a version: the texts (SQLite), the vectors (float16, and the graph over them), what each word adds.

Rows are the passages in the manifest's order, from 0: the same number in every file. Blocking.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Struct

# ONNX Runtime 1.32 crashes the process if it is loaded after usearch 2.26: this order, whoever imports us.
# isort: off
from streaming.machine import minilm  # noqa: F401 # pyright: ignore[reportUnusedImport]
from usearch.index import Index
# isort: on

from llm.retrieval.bm25 import Words
from llm.retrieval.passage import Passage

TEXTS: Final = "texts.db"
VECTORS: Final = "vectors.npy"
GRAPH: Final = "vectors.usearch"
WORDS: Final = "words.npz"
EXACT: Final = 4096
"""Vectors up to which all are compared: that takes under a millisecond and misses none."""
PASSAGE: Final = "SELECT row, name, document, title, place, text, start, end FROM passage"
TABLES: Final = """
CREATE TABLE document (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE passage (row INTEGER PRIMARY KEY, name TEXT NOT NULL, document TEXT NOT NULL, title TEXT NOT NULL,
                      place TEXT NOT NULL, text TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL);
"""

Halves = npt.NDArray[np.float16]


class Laid(Struct, frozen=True):
    """A document with its text and passages."""

    name: str
    text: str
    passages: Sequence[Passage]


class Texts:
    """The texts of a version. One thread at a time."""

    def __init__(self, folder: Path) -> None:
        where = f"file:{(folder / TEXTS).absolute().as_uri().removeprefix('file://')}?mode=ro&immutable=1"
        self._database = sqlite3.connect(where, uri=True, check_same_thread=False)

    def passages(self, rows: Sequence[int]) -> list[Passage]:
        """Those of `rows`, in that order."""
        marks = ",".join("?" * len(rows))
        asked = self._database.execute(f"{PASSAGE} WHERE row IN ({marks})", rows)
        found = {row[0]: _passage(row[1:]) for row in asked}
        return [found[row] for row in rows]

    def of(self, document: str) -> list[tuple[int, Passage]]:
        """A document's passages with their rows."""
        asked = self._database.execute(f"{PASSAGE} WHERE document = ? ORDER BY row", (document,))
        return [(row[0], _passage(row[1:])) for row in asked]

    def document(self, name: str) -> str | None:
        """A document's whole text."""
        row = self._database.execute("SELECT text FROM document WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def close(self) -> None:
        """Harmless twice."""
        self._database.close()


def write_texts(folder: Path, documents: Iterable[Laid]) -> None:
    """Documents and their passages, numbered from 0 in this order."""
    database = sqlite3.connect(folder / TEXTS)
    with database:
        database.executescript(TABLES)
        row = 0
        for document in documents:
            database.execute("INSERT INTO document VALUES (?, ?)", (document.name, document.text))
            for one in document.passages:
                values = (row, one.name, one.document, one.title, one.place, one.text, *one.span)
                database.execute("INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
                row += 1
        database.execute("CREATE INDEX passage_document ON passage (document)")
    database.close()


def write_vectors(folder: Path, vectors: Halves, threads: int = 1) -> None:
    """The vectors, and the graph that finds the near ones."""
    np.save(folder / VECTORS, vectors)
    graph = Index(ndim=vectors.shape[1], metric="cos", dtype="f16")
    graph.add(np.arange(len(vectors), dtype=np.uint64), vectors, threads=threads)
    graph.save(folder / GRAPH)


def read_vectors(folder: Path) -> Halves:
    """The vectors, read from the disk as they are used."""
    return np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)


def read_graph(folder: Path) -> Index:
    """The graph, read from the disk as it is used."""
    graph = Index.restore(folder / GRAPH, view=True)
    assert graph is not None, "its hash was found right"
    return graph


def nearest(graph: Index, vector: npt.NDArray[np.float32], k: int) -> list[int]:
    """Rows of the `k` nearest, the nearest first."""
    found = graph.search(vector.astype(np.float16), k, exact=len(graph) <= EXACT, threads=1)
    return [int(row) for row in found.keys]


def write_words(folder: Path, words: Words) -> None:
    """What each word adds, as four arrays: the words, where each one's passages end, the passages, the weights."""
    adds = list(words.adds.values())
    with (folder / WORDS).open("wb") as file:
        np.savez(
            file,
            words=np.frombuffer(msgspec.json.encode(list(words.adds)), np.uint8),
            ends=np.cumsum([len(rows) for rows, _ in adds], dtype=np.int64),
            rows=np.concatenate([rows for rows, _ in adds]) if adds else np.zeros(0, np.int32),
            weights=np.concatenate([weights for _, weights in adds]) if adds else np.zeros(0, np.float32),
            passages=np.int64(words.passages),
        )


def read_words(folder: Path) -> Words:
    """What each word adds."""
    with np.load(folder / WORDS, allow_pickle=False) as file:
        names = msgspec.json.decode(file["words"].tobytes(), type=list[str])
        ends, rows, weights = file["ends"], file["rows"], file["weights"]
        cuts = zip(names, [0, *ends[:-1].tolist()], ends.tolist(), strict=True)
        return Words({word: (rows[a:b], weights[a:b]) for word, a, b in cuts}, int(file["passages"]))


def _passage(row: Sequence[Any]) -> Passage:
    name, document, title, place, text, start, end = row
    return Passage(name, document, title, place, text, (start, end))
