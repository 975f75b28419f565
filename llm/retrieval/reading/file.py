"""A file of any kind that can be read, as a document."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import PurePath
from typing import Final

from llm.retrieval.blocks import Kind, Read, block, titled
from llm.retrieval.reading.unreadable import Unreadable

VERSION: Final = 1
"""Part of an index' hash: raise it with any change of what a reader gives."""
LARGEST: Final = 64 * 1024 * 1024
EMPTY_LINE: Final = re.compile(r"\n[ \t]*\n")


def read(name: str, content: bytes) -> Read:
    """The document called `name`. Raises Unreadable."""
    reader = _readers().get(PurePath(name).suffix.lower())
    if reader is None:
        raise Unreadable(f"files of this kind are not read; those that are end in {', '.join(endings())}")
    if len(content) > LARGEST:
        raise Unreadable(f"it is larger than {LARGEST >> 20} MiB: split it")
    found = reader(content)
    if all(one.kind is Kind.HEADING for one in found.blocks):
        raise Unreadable("it has no text")
    return found


def endings() -> tuple[str, ...]:
    """How the names of files end that can be read."""
    return tuple(_readers())


def text(content: bytes) -> str:
    """UTF-8, or UTF-16 that says so, or else Windows' Western European. Raises Unreadable for what is no text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content:
        raise Unreadable("it is no text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _plain(content: bytes) -> Read:
    lines = text(content).replace("\r\n", "\n").replace("\r", "\n")
    return titled("", (one for part in EMPTY_LINE.split(lines) for one in block(Kind.PARAGRAPH, part)))


@cache
def _readers() -> dict[str, Callable[[bytes], Read]]:
    # Here, since only who builds an index needs the parsers.
    from llm.retrieval.reading import html, markdown, portable, word

    return {
        ".md": lambda content: markdown.read(text(content)),
        ".markdown": lambda content: markdown.read(text(content)),
        ".html": lambda content: html.read(text(content)),
        ".htm": lambda content: html.read(text(content)),
        ".pdf": portable.read,
        ".docx": word.read,
        ".txt": _plain,
    }
