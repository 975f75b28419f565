"""What readers see in the terminal: what does not fit there is left to `show`. On a pipe tables are as wide as they
need to be."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = dict[str, Any]


GAP: Final = 2
LONGEST: Final = 16
"""Of a metadatum in a table: a hash says nothing to anybody."""
WIDE: Final = {"metadata": 24, "text": 24}
"""Columns that may take several lines, and what they need at least."""
LESS: Final = ("languages", "words", "state", "viewers", "mode", "metadata")
"""Columns that are left out of a table that is too wide, in this order."""


def _console() -> Console:
    on_screen = sys.stdout.isatty()
    return Console(highlight=False, soft_wrap=not on_screen, width=None if on_screen else 200)


def _nothing(told: str) -> None:
    """Beside the output, which others may read."""
    sys.stderr.write(told + "\n")


def when(ms: int | None) -> str:
    """A time by this place's clock."""
    return datetime.fromtimestamp(ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S") if ms else ""


def length(ms: float) -> str:
    """h:mm:ss."""
    seconds = round(ms / 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def fitting(cells: Mapping[str, Sequence[str]], width: int) -> list[str]:
    """The columns of a table (by their headers, with all their cells) that fit into so many signs a line, if any do. A
    column that has nothing in it is left out first."""
    names = [name for name, column in cells.items() if any(column) or name not in ("verdicts", "metadata")]

    def size(name: str) -> int:
        longest = max(map(len, cells[name]), default=0)
        return max(len(name), min(longest, WIDE.get(name, longest)))

    for left_out in LESS:
        if sum(map(size, names)) + GAP * (len(names) - 1) > width and left_out in names:
            names.remove(left_out)
    return names


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=column not in WIDE, overflow="fold")
    return table


def _print(rows: Sequence[Mapping[str, str]]) -> None:
    """A table of rows that have the same columns, as much of it as there is room for."""
    console = _console()
    names = fitting({name: [row[name] for row in rows] for name in rows[0]}, console.width)
    table = _table(*names)
    for row in rows:
        table.add_row(*(Text(row[name]) for name in names))
    console.print(table)


def _metadata(row: Row) -> str:
    return ", ".join(f"{name}={value}" for name, value in row["metadata"].items())


def _brief(row: Row) -> str:
    """The same with what is long cut."""
    cut = {
        name: value[: LONGEST - 1] + "…" for name, value in row["metadata"].items() if len(value) > LONGEST
    }
    return _metadata({"metadata": {**row["metadata"], **cut}})


def sessions(rows: Sequence[Row]) -> None:
    """Recorded ones."""
    if not rows:
        return _nothing("No such session is recorded.")
    return _print(
        [
            {
                "session": row["session_id"],
                "began": when(row["started_at"]),
                "length": length(row["duration_ms"]),
                "state": row["state"],
                "words": str(row["words"]),
                "languages": ", ".join(row["languages"]),
                "verdicts": ", ".join(row["verdicts"]),
                "metadata": _brief(row),
            }
            for row in rows
        ]
    )


def live(rows: Sequence[Row]) -> None:
    """Those that go on now."""
    if not rows:
        return _nothing("No such session goes on.")
    return _print(
        [
            {
                "session": row["session_id"],
                "began": when(row["started_at"]),
                "length": length(row["duration_ms"]),
                "mode": row["mode"],
                "behind": f"{row['lag_ms'] / 1000:.1f} s",
                "viewers": str(row["viewers"]),
                "metadata": _brief(row),
            }
            for row in rows
        ]
    )


def hits(rows: Sequence[Row]) -> None:
    """Lines that were found, with what matched marked."""
    if not rows:
        return _nothing("Nothing was found: all of the words must be in one line.")
    table = _table("session", "at", "who", "text")
    for row in rows:
        line = row["line"]
        text = Text(line["text"])
        for begin, end in row["spans"]:
            text.stylize("bold yellow", begin, end)
        who = "reply" if line["kind"] == "reply" else f"speaker {line['channel'] + 1}"
        table.add_row(Text(row["session"]["session_id"]), length(row["at_ms"]), who, text)
    return _console().print(table)


def _decided(row: Row) -> str:
    """The decision that holds."""
    return row["decisions"][-1]["decision"] if row["decisions"] else "open"


def reviews(rows: Sequence[Row]) -> None:
    """Flags, with what was flagged."""
    if not rows:
        return _nothing("No such flag is there.")
    table = _table("session", "event", "category", "score", "state", "text")
    for row in rows:
        flag = row["flag"]
        begin, end = flag["span"]
        cells = (row["session_id"], flag["event"], ", ".join(flag["categories"]), f"{flag['score']:.2f}")
        table.add_row(*map(Text, (*cells, _decided(row), flag["text"][begin:end].strip())))
    return _console().print(table)


def review(rows: Sequence[Row]) -> None:
    """Flags with all of their texts, what was flagged marked, and all decisions."""
    console = _console()
    for row in rows:
        flag = row["flag"]
        text = Text(flag["text"])
        text.stylize("bold yellow", *flag["span"])
        of = " ".join(f"{kind} {number}" for kind, number in flag["target"].items() if number is not None)
        about = f"{', '.join(flag['categories'])} {flag['score']:.2f} by {flag['made_by']}, {_decided(row)}"
        console.print(Text(f"{flag['event']} {of}: {about}", style="bold"))
        console.print(text)
        for note in row["decisions"]:
            told = f"{note['decision']} by {note['author']} at {when(note['made_at'])}: {note['text']}"
            console.print(Text(told, style="cyan"))


def session(shown: Row, text: str) -> None:
    """One session: what it is, what was said, what readers noted."""
    console, kept = _console(), shown["session"]
    facts = {
        "state": kept["state"],
        "origin": kept["origin"],
        "languages": ", ".join(kept["languages"]),
        "verdicts": ", ".join(kept["verdicts"]),
        "metadata": _metadata(kept),
        "size": f"{kept['size'] / 1e6:.1f} MB" if kept["size"] else "",
    }
    console.print(Text(text.rstrip()))
    console.print()
    for name, value in facts.items():
        if value:
            console.print(Text(f"{name}: {value}"))
    for note in shown["notes"]:
        place = f"segment {note['number']}" if note["number"] is not None else length(note["at_ms"])
        told = f"{note['kind']} {note['note_id']} by {note['author']} at {place}: {note['text']}"
        console.print(Text(told, style="cyan"))
