"""Cuts a document into passages along its structure. Pure.

A passage never crosses a heading. Paragraphs are gathered up to `LONGEST` words; a paragraph longer than that is cut
between sentences into passages that share a sentence, so that what refers backwards is not torn off. Nothing else
overlaps, and every block that is no heading is in some passage. `VERSION` is part of an index' hash: raise it with any
change of what comes out.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from msgspec import Struct

from llm.retrieval.blocks import Block, Kind, Read
from llm.retrieval.passage import Passage

VERSION: Final = 1
LONGEST: Final = 160
"""Words of a passage at most: with its title and place not many more tokens than the embedding model reads."""
RUN: Final = 120
"""Words of the pieces of a sentence that is longer than a passage."""
SHARED: Final = 40
"""Words at most of the sentence that two passages of one paragraph share."""

WORD: Final = re.compile(r"\S+")
SENTENCE_END: Final = re.compile(r"(?<=[.!?…。！？])[\"')\]”’»]*\s+")

Span = tuple[int, int]


class Piece(Struct, frozen=True):
    """A stretch of the text: the words it has, the number of its block, and the page it stands on."""

    start: int
    end: int
    words: int
    block: int
    page: int


def laid(blocks: tuple[Block, ...]) -> tuple[str, list[Span]]:
    """The document's text, and where each block stands in it."""
    out: list[str] = []
    spans: list[Span] = []
    at, last = 0, Kind.HEADING
    for one in blocks:
        if spans:
            gap = "\n" if one.kind is last and one.kind in (Kind.ITEM, Kind.ROW) else "\n\n"
            out.append(gap)
            at += len(gap)
        out.append(one.text)
        spans.append((at, at + len(one.text)))
        at, last = at + len(one.text), one.kind
    return "".join(out), spans


def passages(document: str, read: Read) -> tuple[str, list[Passage]]:
    """The document's text, and its passages in order."""
    text, spans = laid(read.blocks)
    title = read.title or document
    out: list[Passage] = []
    seen: dict[str, int] = {}
    for headings, pieces in _sections(read.blocks, spans, text):
        for first, last in _gathered(pieces):
            span = (first.start, last.end)
            place = _place(headings, title, (first.page, last.page))
            body = text[span[0] : span[1]]
            name = _name(document, place, body)
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name = f"{name}-{seen[name]}"
            out.append(Passage(name, document, title, place, body, span))
    return text, out


def _name(document: str, place: str, text: str) -> str:
    digest = sha256(f"{place}\n{text}".encode()).hexdigest()
    return f"{document}#{digest[:10]}"


def _place(headings: list[str], title: str, pages: tuple[int, int]) -> str:
    path = headings[1:] if headings and headings[0] == title else headings
    parts = [" > ".join(path)] if path else []
    if pages[0]:
        parts.append(f"page {pages[0]}" if pages[0] == pages[1] else f"pages {pages[0]}-{pages[1]}")
    return ", ".join(parts)


def _sections(
    blocks: tuple[Block, ...], spans: list[Span], text: str
) -> Iterator[tuple[list[str], list[Piece]]]:
    """The headings above, and the pieces below them up to the next heading."""
    path: list[tuple[int, str]] = []
    pieces: list[Piece] = []
    for number, (one, span) in enumerate(zip(blocks, spans, strict=True)):
        if one.kind is not Kind.HEADING:
            pieces += [Piece(*found, number, one.page) for found in _cut(text, span)]
            continue
        if pieces:
            yield [heading for _, heading in path], pieces
            pieces = []
        path = [*(above for above in path if above[0] < one.level), (one.level, one.text)]
    if pieces:
        yield [heading for _, heading in path], pieces


def _cut(text: str, span: Span) -> list[tuple[int, int, int]]:
    """A block's start, end and words; a long one's sentences instead, and of a long sentence runs of words."""
    words = [match.start() + span[0] for match in WORD.finditer(text[span[0] : span[1]])]
    if len(words) <= LONGEST:
        return [(*span, len(words))]
    out: list[tuple[int, int, int]] = []
    start = span[0]
    ends = [span[0] + match.end() for match in SENTENCE_END.finditer(text[span[0] : span[1]])]
    for end in [*ends, span[1]]:
        inside = [word for word in words if start <= word < end]
        for at in range(0, len(inside), RUN):
            stop = inside[at + RUN] if at + RUN < len(inside) else end
            run = text[inside[at] : stop].rstrip()
            out.append((inside[at], inside[at] + len(run), len(inside[at : at + RUN])))
        start = end
    return out


def _gathered(pieces: list[Piece]) -> Iterator[tuple[Piece, Piece]]:
    """First and last piece of each passage."""
    held: list[Piece] = []
    for piece in pieces:
        words = sum(one.words for one in held)
        if held and words + piece.words > LONGEST:
            yield held[0], held[-1]
            held = _shared(held[-1], piece, words)
        held.append(piece)
    if held:
        yield held[0], held[-1]


def _shared(last: Piece, piece: Piece, words: int) -> list[Piece]:
    """The sentence that the next passage begins with again: only within a paragraph that was cut."""
    fits = last.words <= SHARED and last.words + piece.words <= LONGEST and words > last.words
    return [last] if last.block == piece.block and fits else []
