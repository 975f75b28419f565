"""A document as its readers give it: headings, paragraphs, items and rows in order. Pure."""

import re
from collections.abc import Iterable
from enum import Enum, auto
from typing import Final

from msgspec import Struct

# What a terminal or a prompt could take for an order, and lone halves of characters, which UTF-8 cannot hold.
UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


class Kind(Enum):
    """What a block is. An ITEM (of a list) or ROW (of a table) follows its like without an empty line."""

    HEADING = auto()
    PARAGRAPH = auto()
    ITEM = auto()
    ROW = auto()


class Block(Struct, frozen=True):
    """`text` is one line without double spaces. `level`: of a heading, 1 the highest. `page`: from 1, or 0."""

    kind: Kind
    text: str
    level: int = 0
    page: int = 0


class Read(Struct, frozen=True):
    """What a reader found: the title that the document gives itself (may be empty), and its blocks."""

    title: str
    blocks: tuple[Block, ...]


def plain(text: str) -> str:
    """`text` on one line: unseen characters gone, white space as single spaces."""
    return " ".join(UNSEEN.sub("", text).split())


def block(kind: Kind, text: str, level: int = 0, page: int = 0) -> list[Block]:
    """The block, or nothing where there is no text."""
    line = plain(text)
    return [Block(kind, line, level, page)] if line else []


def titled(title: str, blocks: Iterable[Block]) -> Read:
    """The document; without a title of its own the first heading is it."""
    found = tuple(blocks)
    first = next((one.text for one in found if one.kind is Kind.HEADING), "")
    return Read(plain(title) or first, found)
