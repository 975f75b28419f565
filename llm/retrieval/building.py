"""Builds a version of an index from files and folders. Only what changed is read and embedded. Blocking."""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import Struct

from llm.retrieval import bm25, chunks, stored
from llm.retrieval.cabinet import Cabinet, NoIndex
from llm.retrieval.embedding import Embedder, words_of
from llm.retrieval.manifest import Document, Manifest
from llm.retrieval.passage import Passage
from llm.retrieval.reading import file
from llm.retrieval.reading.unreadable import Unreadable
from llm.retrieval.stored import Halves, Laid
from streaming.refusal import Refusal

TOGETHER: Final = 64


class NothingRead(Refusal):
    """No file could be read, so nothing was built."""


class Built(Struct, frozen=True):
    """`fresh`: passages embedded now; `left_out`: files that are not in it, each with the reason."""

    manifest: Manifest
    fresh: int
    left_out: tuple[tuple[str, str], ...]
    unchanged: bool = False


class Watcher:
    """Is told how a build goes; this one says nothing."""

    def left_out(self, name: str, why: str) -> None:
        """A file will not be in the index."""

    def embedding(self, done: int, of: int) -> None:
        """So many passages of those that need it have vectors."""


class Before:
    """What can be taken over from the version in force."""

    def __init__(self, folder: Path | None, manifest: Manifest | None) -> None:
        self._texts = stored.Texts(folder) if folder else None
        self._vectors = stored.read_vectors(folder) if folder else None
        self._documents = {one.name: one for one in manifest.documents} if manifest else {}

    def laid(self, name: str, digest: str) -> Laid | None:
        """The document as it was cut then, unless its file changed."""
        known = self._documents.get(name)
        if known is None or self._texts is None or known.sha256 != digest:
            return None
        return Laid(name, self._texts.document(name) or "", [one for _, one in self._texts.of(name)])

    def vectors(self, document: str) -> dict[Passage, int]:
        """Rows of the document's passages, by what they were embedded from."""
        if self._texts is None or document not in self._documents:
            return {}
        return {_apart(one): row for row, one in self._texts.of(document)}

    def row(self, row: int) -> Halves:
        """A vector."""
        assert self._vectors is not None
        return self._vectors[row]

    def close(self) -> None:
        """Harmless twice."""
        if self._texts:
            self._texts.close()


def build(
    cabinet: Cabinet, index: tuple[str, str], paths: Sequence[Path], by: Embedder, seen: Watcher
) -> Built:
    """A version of `index` (tenant, name) of exactly what `paths` hold, in force when this returns.

    Raises:
        NothingRead: no file could be read; what was in force still is.
    """
    with cabinet.held(*index) as staging:
        before = _before(cabinet, index, by.model)
        try:
            documents, laid, left_out = _read(paths, before, seen)
            ordered = tuple(sorted(documents, key=lambda one: one.name))
            manifest = Manifest(*index, by.model, file.VERSION, chunks.VERSION, ordered)
            if _whole(cabinet, manifest):
                cabinet.point(*index, manifest.version)
                return Built(manifest, 0, left_out, unchanged=True)
            texts = [laid[one.name] for one in ordered]
            vectors, fresh = _vectors(texts, before, by, seen)
        finally:
            before.close()
        stored.write_texts(staging, texts)
        stored.write_vectors(staging, vectors)
        stored.write_words(staging, bm25.counted([words_of(one) for text in texts for one in text.passages]))
        cabinet.enter(manifest, staging)
        return Built(manifest, fresh, left_out)


def files(paths: Sequence[Path]) -> tuple[dict[str, Path], list[tuple[str, str]]]:
    """Documents' names and files, and what is left out with the reason. Hidden files are passed over in silence.

    A file in a folder that was given is called by its path in there; a file that was given itself, by its own name.
    """
    found: dict[str, Path] = {}
    left_out: list[tuple[str, str]] = []
    for path in paths:
        if not path.exists():
            left_out.append((_shown(str(path)), "there is no such file or folder"))
        for inside in _inside(path) if path.is_dir() else [path] if path.exists() else []:
            name = inside.relative_to(path).as_posix() if path.is_dir() else path.name
            if _shown(name) != name:
                left_out.append((_shown(name), "its name has signs that cannot be shown: rename it"))
            elif name in found and not found[name].samefile(inside):
                left_out.append((str(inside), f"another document is called {name!r} already: rename one"))
            else:
                found[name] = inside
    return found, left_out


def _shown(name: str) -> str:
    return "".join(sign if sign.isprintable() else "�" for sign in name)


def _inside(folder: Path) -> list[Path]:
    out: list[Path] = []
    for root, folders, names in os.walk(folder):  # follows no link to a folder: it may lead back
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        out += [Path(root, name) for name in sorted(names) if not name.startswith(".")]
    return out


def _read(
    paths: Sequence[Path], before: Before, seen: Watcher
) -> tuple[list[Document], dict[str, Laid], tuple[tuple[str, str], ...]]:
    found, left_out = files(paths)
    documents: list[Document] = []
    laid: dict[str, Laid] = {}
    for name, path in found.items():
        try:
            content = path.read_bytes()
            digest = sha256(content).hexdigest()
            if (text := before.laid(name, digest)) is None:
                text = Laid(name, *chunks.passages(name, file.read(name, content)))
        except (OSError, Unreadable) as wrong:
            left_out.append((name, (isinstance(wrong, OSError) and wrong.strerror) or str(wrong)))
            continue
        laid[name] = text
        documents.append(Document(name, text.passages[0].title, digest, len(text.passages)))
    for name, why in left_out:
        seen.left_out(name, why)
    if not documents:
        kinds = ", ".join(file.endings())
        raise NothingRead(
            f"No document could be read, so nothing was built. Those that can be end in {kinds}"
        )
    return documents, laid, tuple(left_out)


def _before(cabinet: Cabinet, index: tuple[str, str], model: str) -> Before:
    try:
        version = cabinet.current(*index)
        manifest = cabinet.manifest(*index, version)
    except NoIndex:  # the first, or one that is broken
        return Before(None, None)
    same = (manifest.model, manifest.reader, manifest.chunker) == (model, file.VERSION, chunks.VERSION)
    return Before(cabinet.place(*index) / version, manifest) if same else Before(None, None)


def _whole(cabinet: Cabinet, manifest: Manifest) -> bool:
    try:
        cabinet.manifest(manifest.tenant, manifest.name, manifest.version)
    except NoIndex:
        return False
    return True


def _vectors(texts: Sequence[Laid], before: Before, by: Embedder, seen: Watcher) -> tuple[Halves, int]:
    """A vector for each passage, and how many had to be made."""
    passages = [one for text in texts for one in text.passages]
    rows = {key: row for text in texts for key, row in before.vectors(text.name).items()}
    out = np.zeros((len(passages), by.dimension), np.float16)
    fresh: list[int] = []
    for number, passage in enumerate(passages):
        if (row := rows.get(_apart(passage))) is None:
            fresh.append(number)
        else:
            out[number] = before.row(row)
    # The longest first: then batches are of like length, and the time that is left is guessed too long, not too short.
    fresh.sort(key=lambda number: -len(passages[number].text))
    for at in range(0, len(fresh), TOGETHER):
        some = fresh[at : at + TOGETHER]
        out[some] = by.embed([words_of(passages[number]) for number in some])
        seen.embedding(min(at + TOGETHER, len(fresh)), len(fresh))
    return out, len(fresh)


def _apart(passage: Passage) -> Passage:
    """What decides a passage's vector, as a key: not where in the document it stands."""
    return Passage("", passage.document, passage.title, passage.place, passage.text, (0, 0))
