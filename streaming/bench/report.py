"""Figures for people: a table, and a line for each row as it comes. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.table import Table

from streaming.bench.figures import Row, Spread, median

HEADS = (
    "system", "clients", "refused", "WER %", "offline", "first", "commit", "endpoint", "finalize", "drift", "flicker",
    "CPU s/s", "RSS MB", "changed", "lost ms",
)  # fmt: skip

WIDE = 175
"""Columns of a terminal on which a row for each system has room."""


def whole(about: dict[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """All there is to tell, for JSON: each run, and the medians."""
    return {**about, "rows": msgspec.to_builtins(list(rows)), "medians": msgspec.to_builtins(medians(rows))}


def medians(rows: Sequence[Row]) -> list[Row]:
    """A row for each system and number of clients, in order of clients."""
    groups: dict[tuple[int, str], list[Row]] = {}
    for one in rows:
        groups.setdefault((one.clients, one.system), []).append(one)
    return [median(groups[key]) for key in sorted(groups, key=lambda key: key[0])]


def table(rows: Sequence[Row], width: int) -> Table:
    """Medians over the runs; times are p50 / p95 in seconds after the word's end (finalize: after asking).

    A row for each system and number of clients, or on a narrow terminal a column.
    """
    lines = [HEADS, *(tuple(_cells(one)) for one in medians(rows))]
    made = Table(title="p50 / p95 in seconds after the word's end in the sound; medians of the runs")
    if width < WIDE:
        lines = list(zip(*lines, strict=True))
    for place, head in enumerate(lines[0]):
        made.add_column(head, justify="left" if place == 0 else "right", no_wrap=width >= WIDE)
    for cells in lines[1:]:
        made.add_row(*cells)
    return made


def line(one: Row) -> str:
    """A row as it comes."""
    return ", ".join(
        f"{head} {cell}" for head, cell in zip(HEADS[2:], _cells(one)[2:], strict=True) if cell != "-"
    )


def _cells(one: Row) -> list[str]:
    return [
        one.system,
        str(one.clients),
        str(one.refused),
        f"{one.wer:.1f}",
        f"{one.offline_wer:.1f}",
        *(_spread(value) for value in (one.first, one.commit, one.endpoint, one.finalize)),
        f"{one.drift:+.2f}",
        f"{one.flicker:.2f}",
        "-" if one.cpu is None else f"{one.cpu:.2f}",
        "-" if one.peak_rss_mb is None else f"{one.peak_rss_mb:.0f}",
        str(one.changed),
        "-" if one.unaccounted_ms is None else f"{one.unaccounted_ms:g}",
    ]


def _spread(value: Spread | None) -> str:
    return "-" if value is None else f"{value.p50:.2f} / {value.p95:.2f}"
