"""Where the figures of a bench go: JSON into a file or a pipe, a table before a person."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from streaming.refusal import Refusal


def tell(
    figures: dict[str, Any], file: Path | None = None, table: Callable[[int], Table] | None = None
) -> None:
    """All `figures` as JSON into `file`, if it is given. On the standard output a table for so many columns, where
    there is one and the JSON is in a file or would go to a terminal; else the JSON. Raises Refusal."""
    whole = msgspec.json.format(msgspec.json.encode(figures), indent=1) + b"\n"
    if file:
        write(file, whole)
    if table and (file or sys.stdout.isatty()):
        out = Console(highlight=False)
        out.print(table(out.width))
    else:
        sys.stdout.write(whole.decode())


def write(file: Path, content: bytes) -> None:
    """Raises Refusal."""
    try:
        file.write_bytes(content)
    except OSError as wrong:
        raise Refusal(f"{file} cannot be written: {wrong.strerror}") from None
