"""Rows for spreadsheets and data frames: a line of the transcript each, or a word each. CSV (RFC 4180) and Parquet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, cast

import msgspec
from msgspec import Struct

from streaming.archive.export.transcript import Transcript
from streaming.errors import ClientFault

By = Literal["line", "word"]
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for a formula (OWASP, CSV Injection)."""
GROUP: Final = 10_000
"""Rows that are held at once while Parquet is written."""


class LineRow(Struct, frozen=True):
    """A line. `at`: Unix ms of its begin by the session's clock; `categories` of what moderation found, joined by ;"""

    session_id: str
    kind: str
    number: int
    channel: int
    start_ms: int
    end_ms: int
    at: int
    text: str
    original: str | None
    language: str
    confidence: float
    turn: int | None
    answers: int | None
    status: str | None
    categories: str
    lag_ms: int
    made_by: str


class WordRow(Struct, frozen=True):
    """A word of speech: `place` in its segment, `offset` in the segment's text."""

    session_id: str
    segment: int
    place: int
    channel: int
    start_ms: int
    end_ms: int
    at: int
    word: str
    offset: int
    confidence: float
    language: str
    corrected: bool


Row = LineRow | WordRow


def rows(transcript: Transcript, by: By) -> Iterator[Row]:
    """All rows, in the order of the transcript."""
    return _words(transcript) if by == "word" else _lines(transcript)


def _lines(transcript: Transcript) -> Iterator[LineRow]:
    for said in transcript.said:
        categories = {name for one in said.verdicts for name in one.categories}
        yield LineRow(
            session_id=transcript.session_id,
            kind=said.kind,
            number=said.number,
            channel=said.channel,
            start_ms=said.start_ms,
            end_ms=said.end_ms,
            at=transcript.started_at + said.start_ms,
            text=said.text,
            original=said.original.text if said.original else None,
            language=said.language,
            confidence=said.confidence,
            turn=said.turn,
            answers=said.answers,
            status=said.status,
            categories=";".join(sorted(categories)),
            lag_ms=said.lag_ms,
            made_by=said.made_by,
        )


def _words(transcript: Transcript) -> Iterator[WordRow]:
    for said in transcript.said:
        for place, word in enumerate(said.words):
            yield WordRow(
                session_id=transcript.session_id,
                segment=said.number,
                place=place,
                channel=said.channel,
                start_ms=word.start_ms,
                end_ms=word.end_ms,
                at=transcript.started_at + word.start_ms,
                word=word.text,
                offset=word.offset,
                confidence=word.confidence,
                language=said.language,
                corrected=said.corrected is not None,
            )


def columns(by: By) -> dict[str, Any]:
    """Names and types of the columns."""
    kind = WordRow if by == "word" else LineRow
    return {field.name: field.type for field in msgspec.structs.fields(kind)}


def as_csv(transcript: Transcript, by: By) -> Iterator[str]:
    """CSV with a heading. A text that a spreadsheet would calculate has a ' before it."""
    yield _csv(list(columns(by)))
    for row in rows(transcript, by):
        yield _csv([_safe(cell) for cell in msgspec.structs.astuple(row)])


def _csv(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_parquet(transcript: Transcript, by: By) -> bytes:
    """A Parquet file; `at` is a timestamp (UTC, ms).

    Raises:
        ClientFault: this installation has no pyarrow (`unsupported`).
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError:
        told = "Parquet needs pyarrow on the server: pip install 'vivavoce[archive]' there, or ask for csv"
        raise ClientFault("unsupported", told) from None
    arrow = cast(Any, pyarrow)
    types: dict[Any, Any] = {
        str: arrow.string(),
        int: arrow.int64(),
        float: arrow.float64(),
        bool: arrow.bool_(),
    }
    schema = arrow.schema(
        [
            (name, arrow.timestamp("ms", "UTC") if name == "at" else types[_plain(kind)])
            for name, kind in columns(by).items()
        ]
    )
    out = io.BytesIO()
    with cast(Any, pyarrow.parquet).ParquetWriter(out, schema, compression="zstd") as writer:
        for some in _grouped(rows(transcript, by)):
            made = [msgspec.structs.asdict(row) for row in some]
            writer.write_table(arrow.Table.from_pylist(made, schema=schema))
    return out.getvalue()


def _plain(kind: Any) -> Any:
    """`int` of `int | None`."""
    parts = [part for part in getattr(kind, "__args__", (kind,)) if part is not type(None)]
    return parts[0]


def _grouped(all_rows: Iterable[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in all_rows:
        some.append(row)
        if len(some) == GROUP:
            yield some
            some = []
    if some:
        yield some
