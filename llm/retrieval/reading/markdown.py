"""Markdown (CommonMark with tables) as blocks."""

from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from llm.retrieval.blocks import Block, Kind, Read, block, titled
from llm.retrieval.reading.html import blocks as html_blocks

# Deep nesting takes stack; what lies deeper is read as text.
PARSER: Final = MarkdownIt("commonmark", {"maxNesting": 60}).enable("table")


def read(content: str) -> Read:
    """The document. A front matter between lines of `---` is no text of it, but gives the title."""
    title, body = _front(content)
    return titled(title, _blocks(PARSER.parse(body)))


def _front(content: str) -> tuple[str, str]:
    lines = content.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in (line.strip() for line in lines[1:60]):
        return "", content
    end = 1 + next(at for at, line in enumerate(lines[1:60]) if line.strip() == "---")
    if not all(":" in line or line[:1] in " -#" for line in lines[1:end] if line.strip()):
        return "", content  # two rules with words between them
    titles = (line.partition(":")[2].strip(" \"'") for line in lines[1:end] if line.startswith("title:"))
    return next(titles, ""), "\n".join(lines[end + 1 :])


def _blocks(tokens: list[Token]) -> list[Block]:
    out: list[Block] = []
    row: list[str] | None = None
    level, mark = 0, ""
    for token in tokens:
        match token.type:
            case "heading_open" | "heading_close":
                level = int(token.tag[1]) if token.nesting == 1 else 0
            case "list_item_open" | "list_item_close":
                mark = _mark(token) if token.nesting == 1 else ""
            case "tr_open":
                row = []
            case "tr_close":
                out += block(Kind.ROW, " | ".join(row or ()))
                row = None
            case "inline" if row is not None:
                row.append(_said(token))
            case "inline":
                out += _line(_said(token), level, mark)
                mark = ""
            case _:
                out += _whole(token)
    return out


def _line(said: str, level: int, mark: str) -> list[Block]:
    """A heading, the first line of an item, or a paragraph."""
    if level:
        return block(Kind.HEADING, said, level)
    return block(Kind.ITEM, mark + said) if mark else block(Kind.PARAGRAPH, said)


def _whole(token: Token) -> list[Block]:
    if token.type == "html_block":
        return html_blocks(token.content)
    return block(Kind.PARAGRAPH, token.content) if token.type in ("fence", "code_block") else []


def _mark(token: Token) -> str:
    return f"{token.info}{token.markup} " if token.info else "- "


def _said(token: Token) -> str:
    """The words of a line: of a link its text, of a picture what stands for it."""
    parts: list[str] = []
    for child in token.children or ():
        if child.type in ("text", "code_inline", "image", "text_special"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)
