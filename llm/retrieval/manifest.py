"""What a version of an index is made of. Pure.

The version is the SHA-256 of the manifest, and the manifest is everything that decides what the index answers: each
document by the hash of its file, the model of the vectors, how documents are read and cut. Nothing else is in it (no
time, no path), so the same documents give the same version anywhere.
"""

import re
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import Struct

from streaming.refusal import Usage

FORMAT: Final = 1
"""Of the folder that holds a version: raise it when older code could not read it."""
DIGITS: Final = 16
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
TENANT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
VERSION: Final = re.compile(r"[0-9a-f]{16}")


class Document(Struct, frozen=True, forbid_unknown_fields=True):
    """A document: its name and title, the SHA-256 of its file, how many passages it has."""

    name: str
    title: str
    sha256: str
    passages: int


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """`model`: `name@hash` of what embeds, with the whole hash; `reader`, `chunker`: versions; `documents` by name."""

    tenant: str
    name: str
    model: str
    reader: int
    chunker: int
    documents: tuple[Document, ...]
    format: int = FORMAT

    @property
    def passages(self) -> int:
        """How many there are."""
        return sum(document.passages for document in self.documents)

    @property
    def hash(self) -> str:
        """The whole SHA-256 of what `encoded` gives."""
        return sha256(encoded(self)).hexdigest()

    @property
    def version(self) -> str:
        """The first digits of the hash: the name of the version's folder."""
        return self.hash[:DIGITS]

    @property
    def ref(self) -> str:
        """As `made_by` names it."""
        return f"{self.name}@{self.version}"


def encoded(manifest: Manifest) -> bytes:
    """The manifest as its file holds it."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1) + b"\n"


def decoded(content: bytes) -> Manifest:
    """The manifest of a file. Raises msgspec.DecodeError."""
    return msgspec.json.decode(content, type=Manifest)


def checked(tenant: str, name: str) -> None:
    """Both become names of folders. Raises Usage."""
    if not NAME.fullmatch(name):
        raise Usage(f"an index is called by a-z, 0-9, `.`, `_`, `-`, such as handbook; not {name[:70]!r}")
    if not TENANT.fullmatch(tenant):
        raise Usage(f"a tenant is called by letters, digits, `.`, `_`, `-`; not {tenant[:70]!r}")
