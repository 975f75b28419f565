"""What makes vectors of texts, for building and for asking."""

from collections.abc import Sequence
from typing import Protocol

from llm.retrieval.passage import Passage
from streaming.machine import models
from streaming.machine.minilm import DIMENSION, NAME, Sentences, Vectors


class Embedder(Protocol):
    """Texts to vectors of length 1. Blocks; any thread may call."""

    @property
    def model(self) -> str:
        """`name@<whole hash>`: vectors of two models have nothing to do with each other."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """A row for each text."""
        ...


class MiniLm:
    """The catalogue's `minilm` of this user's home. Raises ModelMissing, ModelCorrupt."""

    dimension = DIMENSION

    def __init__(self, threads: int = 1) -> None:
        self.model = f"{NAME}@{models.digest(NAME)}"
        self._sentences = Sentences(models.path(NAME), threads)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """As Embedder says."""
        return self._sentences.embed(texts)


def words_of(passage: Passage) -> str:
    """What is searched of a passage: headings say what a paragraph is about, often with words that it lacks."""
    return f"{passage.title}. {passage.place}\n{passage.text}"
