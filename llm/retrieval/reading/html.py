"""HTML as blocks, by Lexbor's parser, which reads what browsers read. No script runs, nothing is fetched."""

from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from llm.retrieval.blocks import Block, Kind, Read, block, titled

# What is no text of the page, or is the same on every page.
DROPPED: Final = (
    "script, style, template, noscript, svg, iframe, object, nav, form, select, button, [hidden], head"
)
HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
LEAVES: Final = {"li": Kind.ITEM, "dt": Kind.PARAGRAPH, "dd": Kind.ITEM, "tr": Kind.ROW}
# An element that has one of these inside is no line of text by itself.
LINES: Final = """
address article aside blockquote body details dd div dl dt fieldset figcaption figure footer h1 h2 h3 h4 h5 h6 header
html hr li main ol p pre section summary table tbody td tfoot th thead tr ul
"""
APART: Final = frozenset(LINES.split())
DEEPEST: Final = 200


def read(content: str) -> Read:
    """The document; its title is the page's `title`, else its first heading."""
    page = LexborHTMLParser(content)
    title = page.css_first("title")
    return titled(title.text() if title else "", blocks(content))


def blocks(content: str) -> list[Block]:
    """The blocks of a page or a part of one."""
    page = LexborHTMLParser(content)
    page.strip_tags(["script", "style", "template", "noscript"], recursive=True)
    for node in page.css(DROPPED):
        node.decompose()
    return _inside(page.body, 0) if page.body else []


def _inside(node: LexborNode, depth: int) -> list[Block]:
    """The children in order: what is a line of its own as blocks, loose text between them gathered to paragraphs."""
    out: list[Block] = []
    loose: list[str] = []
    for child in node.iter(include_text=True):
        tag = child.tag or ""
        if tag not in APART:
            loose.append("\n" if tag == "br" else child.text(deep=True))
            continue
        out += block(Kind.PARAGRAPH, "".join(loose))
        loose = []
        out += _line(child, tag, depth)
    return out + block(Kind.PARAGRAPH, "".join(loose))


def _line(node: LexborNode, tag: str, depth: int) -> list[Block]:
    if tag in HEADINGS:
        return block(Kind.HEADING, node.text(deep=True, separator=" "), HEADINGS[tag])
    if tag == "tr":
        cells = [cell.text(deep=True, separator=" ") for cell in node.iter() if cell.tag in ("td", "th")]
        return block(Kind.ROW, " | ".join(" ".join(cell.split()) for cell in cells))
    if depth >= DEEPEST:
        return block(Kind.PARAGRAPH, node.text(deep=True, separator=" "))
    found = _inside(node, depth + 1)
    if found and tag in LEAVES and found[0].kind is Kind.PARAGRAPH:
        kind, first = LEAVES[tag], found[0]
        return [*block(kind, f"- {first.text}" if kind is Kind.ITEM else first.text), *found[1:]]
    return found
