"""DOCX as blocks, by python-docx, which resolves no entity from outside the file."""

import io
import re
import zipfile
from typing import Final

import docx
from docx.opc.exceptions import OpcError
from docx.table import Table
from docx.text.paragraph import Paragraph

from llm.retrieval.blocks import Block, Kind, Read, block, titled
from llm.retrieval.reading.unreadable import Unreadable

HEADING: Final = re.compile(r"heading (\d)", re.IGNORECASE)
LARGEST: Final = 256 * 1024 * 1024


def read(content: bytes) -> Read:
    """The document; its title is what its properties say, else a paragraph of style Title. Raises Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise Unreadable(f"it unpacks to more than {LARGEST >> 20} MiB")
        document = docx.Document(io.BytesIO(content))
        found = [one for part in document.iter_inner_content() for one in _part(part)]
        title = document.core_properties.title
    except Unreadable:
        raise
    except (OpcError, SyntaxError, zipfile.BadZipFile, KeyError, ValueError, AttributeError) as wrong:
        raise Unreadable(f"it is no DOCX that can be read: {wrong or type(wrong).__name__}") from None
    return titled(title or "", found)


def _part(part: Paragraph | Table) -> list[Block]:
    if isinstance(part, Table):
        rows = [" | ".join(" ".join(cell.text.split()) for cell in row.cells) for row in part.rows]
        return [one for row in rows for one in block(Kind.ROW, row)]
    style = (part.style.name if part.style else "") or ""
    if style == "Title":
        return block(Kind.HEADING, part.text, 1)
    if level := HEADING.match(style):
        return block(Kind.HEADING, part.text, int(level[1]))
    if style.startswith("List"):
        return block(Kind.ITEM, f"- {part.text}") if part.text.strip() else []
    return block(Kind.PARAGRAPH, part.text)
