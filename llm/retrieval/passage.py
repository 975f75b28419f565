"""What retrieval finds, and the port that finds it."""

from typing import Protocol

from msgspec import Struct

from streaming.errors import ServiceFault


class Passage(Struct, frozen=True):
    """A piece of a document.

    `name`: of the passage in its index: the same text at the same place has the same name in every version.
    `document`: the document's name in the index, as `Retriever.document` takes it. `title`: as people call it.
    `place`: where it stands, for people: headings joined by ` > `, and the page where there are pages. May be empty.
    `span`: characters [start, end) of the document's text; `text` is exactly what stands there.
    """

    name: str
    document: str
    title: str
    place: str
    text: str
    span: tuple[int, int]


class Found(Struct, frozen=True):
    """A passage and how well it fits. `score`: what the list is ordered by, comparable within one answer only.

    `likeness`: cosine of question and passage, -1 to 1, comparable between questions; None where a store tells none.
    """

    passage: Passage
    score: float
    likeness: float | None = None


class IndexAway(ServiceFault):
    """Where the indexes are cannot be reached now: it is worth another try, with nothing changed."""

    def __init__(self, message: str) -> None:
        super().__init__("index_unavailable", message)


class Retriever(Protocol):
    """One version of one tenant's index. It never changes; a newer version is another retriever.

    Who opened it sees to its end: whoever is only lent one has nothing to close.
    """

    @property
    def ref(self) -> str:
        """`name@<first 16 hex of the manifest's SHA-256>`, as `made_by` names it."""
        ...

    @property
    def hash(self) -> str:
        """The manifest's whole SHA-256."""
        ...

    async def find(self, query: str, k: int) -> list[Found]:
        """At most `k` passages, best first, none twice; nothing for a query without a word.

        Raises:
            ServiceFault: the index or its store cannot be read now.
        """
        ...

    async def document(self, name: str) -> str | None:
        """The whole text of a document, in which passages' spans count; None: this version has none of that name."""
        ...
