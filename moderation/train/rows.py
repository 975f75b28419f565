"""Rows: a text, the categories that it belongs to, and whether it is learnt from or held out to measure by. Pure."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from msgspec import Struct

CATEGORIES: Final = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "injection",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "violence",
    "violence/graphic",
)
"""That have a head. `sexual/minors` has none: nobody should write rows for it."""

DISPUTED: Final[Mapping[str, Sequence[str]]] = {
    "harassment": ("hate",),
    "harassment/threatening": ("hate/threatening",),
    "hate": ("harassment",),
    "illicit": ("self-harm/instructions", "injection"),
    "violence": ("illicit/violent", "self-harm"),
}
"""Whether a row of these belongs to the category too is anybody's guess: the head neither learns from it nor is
measured by it, unless the row says so itself."""

PUNCTUATION: Final = re.compile(r"[.,!?;:\"“”„«»¿¡]+")


class Row(Struct, frozen=True):
    """`of`: its categories, none when it is harmless. `source`: where it is from. `held`: only to measure by."""

    text: str
    of: frozenset[str]
    source: str
    held: bool = False


def ours(file: bytes, source: str, *, held: bool) -> list[Row]:
    """The rows of a TOML file of ours. Raises ValueError for a category that there is not."""
    groups = cast(list[dict[str, Any]], tomllib.loads(file.decode())["rows"])
    return [Row(text, labels(group["of"]), source, held) for group in groups for text in group["texts"]]


def labels(names: Iterable[str]) -> frozenset[str]:
    """Categories by name. Raises ValueError for one that there is not."""
    found = frozenset(name for name in names if name)
    if unknown := found - set(CATEGORIES):
        raise ValueError(f"no such category: {', '.join(sorted(unknown))}")
    return found


def distinct(rows: Iterable[Row]) -> list[Row]:
    """In order, each text once; one that is held out is not learnt from."""
    kept: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: not row.held):
        kept.setdefault(" ".join(PUNCTUATION.sub(" ", row.text.lower()).split()), row)
    return list(kept.values())


def known(category: str, row: Row) -> bool:
    """Whether it is known that the row belongs to the category, or that it does not."""
    return category in row.of or not row.of & set(DISPUTED.get(category, ()))


def fold(text: str, folds: int = 5) -> int:
    """The part of the rows that a text is in when they are cut for cross-validation: by its hash."""
    return hashlib.sha256(text.encode()).digest()[0] % folds
