"""What readers see in the terminal. On a pipe tables are as wide as they need to be."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = dict[str, Any]


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)


def when(ms: int | None) -> str:
    """A time by this place's clock."""
    return datetime.fromtimestamp(ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S") if ms else ""


def length(ms: float) -> str:
    """h:mm:ss."""
    seconds = round(ms / 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=column in ("session", "began", "at"), overflow="fold")
    return table


def _metadata(row: Row) -> str:
    return ", ".join(f"{name}={value}" for name, value in row["metadata"].items())


def sessions(rows: Sequence[Row]) -> None:
    """Recorded ones."""
    table = _table("session", "began", "length", "state", "words", "languages", "verdicts", "metadata")
    for row in rows:
        cells = (row["session_id"], when(row["started_at"]), length(row["duration_ms"]), row["state"])
        more = (str(row["words"]), ", ".join(row["languages"]), ", ".join(row["verdicts"]), _metadata(row))
        table.add_row(*map(Text, (*cells, *more)))
    _console().print(table)


def live(rows: Sequence[Row]) -> None:
    """Those that go on now."""
    table = _table("session", "began", "length", "mode", "behind", "viewers", "metadata")
    for row in rows:
        cells = (row["session_id"], when(row["started_at"]), length(row["duration_ms"]), row["mode"])
        more = (f"{row['lag_ms'] / 1000:.1f} s", str(row["viewers"]), _metadata(row))
        table.add_row(*map(Text, (*cells, *more)))
    _console().print(table)


def hits(rows: Sequence[Row]) -> None:
    """Lines that were found, with what matched marked."""
    table = _table("session", "at", "who", "text")
    for row in rows:
        line = row["line"]
        text = Text(line["text"])
        for begin, end in row["spans"]:
            text.stylize("bold yellow", begin, end)
        who = "reply" if line["kind"] == "reply" else f"speaker {line['channel'] + 1}"
        table.add_row(Text(row["session"]["session_id"]), length(row["at_ms"]), who, text)
    _console().print(table)


def _decided(row: Row) -> str:
    """The decision that holds."""
    return row["decisions"][-1]["decision"] if row["decisions"] else "open"


def reviews(rows: Sequence[Row]) -> None:
    """Flags, with what was flagged."""
    table = _table("session", "event", "category", "score", "state", "text")
    for row in rows:
        flag = row["flag"]
        begin, end = flag["span"]
        cells = (row["session_id"], flag["event"], ", ".join(flag["categories"]), f"{flag['score']:.2f}")
        table.add_row(*map(Text, (*cells, _decided(row), flag["text"][begin:end].strip())))
    _console().print(table)


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
