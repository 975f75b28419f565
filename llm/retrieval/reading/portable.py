"""PDF as blocks, by pypdf. Text only: a scanned page has none, and no picture is read."""

import io
import re
from typing import Final

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from llm.retrieval.blocks import Block, Kind, Read, block, titled
from llm.retrieval.reading.unreadable import Unreadable

# A PDF has lines, not paragraphs: an empty line ends one, and so does one that ends a sentence well before the margin.
EMPTY: Final = re.compile(r"\n[ \t]*\n")
HYPHEN: Final = re.compile(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])")
SHORT: Final = 0.8
PAGES: Final = 2000


def read(content: bytes) -> Read:
    """The document, each block with its page. Raises Unreadable."""
    try:
        file = PdfReader(io.BytesIO(content))
        if file.is_encrypted and not file.decrypt(""):
            raise Unreadable("it is encrypted: save it without its password")
        if len(file.pages) > PAGES:
            raise Unreadable(f"it has more than {PAGES} pages: split it")
        found = [
            one for number, page in enumerate(file.pages, 1) for one in _page(page.extract_text(), number)
        ]
        title = str((file.metadata and file.metadata.title) or "")
    except Unreadable:
        raise
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as wrong:
        raise Unreadable(f"it is no PDF that can be read: {wrong or type(wrong).__name__}") from None
    if not found:
        raise Unreadable("it has no text; if it is a scan, have its words recognised first")
    return titled(title, found)


def _page(text: str, number: int) -> list[Block]:
    return [
        one
        for paragraph in EMPTY.split(HYPHEN.sub("", text))
        for lines in _paragraphs(paragraph.splitlines())
        for one in block(Kind.PARAGRAPH, " ".join(lines), page=number)
    ]


def _paragraphs(lines: list[str]) -> list[list[str]]:
    """Lines that stand together; a sentence's end well before the widest line's ends a paragraph too."""
    widest = max((len(line.strip()) for line in lines), default=0)
    out: list[list[str]] = [[]]
    for line in lines:
        out[-1].append(line)
        if line.rstrip().endswith((".", "!", "?", ":")) and len(line.strip()) < SHORT * widest:
            out.append([])
    return [paragraph for paragraph in out if paragraph]
