"""`vivavoce config show|init`: what is in force and who set it, and a file to begin from."""

import argparse
import os
import sys
from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streaming.config import ENVIRONMENT, FILE, PREFIX, Settings, sources
from streaming.explained import DEFAULT, Value, commented, in_force, literal
from streaming.machine import home
from streaming.refusal import Refusal, Usage


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code. Raises Refusal."""
    return _init(options) if options.action == "init" else _show(options)


def _show(options: argparse.Namespace) -> int:
    if options.config is not None and not options.config.is_file():
        raise Usage(f"There is no settings file {options.config}")
    file = options.config or home.locate() / FILE
    values = in_force(Settings, sources(file))
    values = [one for one in values if not options.changed or one.source != DEFAULT]
    if options.json:
        told = [{"setting": ".".join(one.path), "value": one.value, "from": _from(one)} for one in values]
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=1).decode() + "\n")
        return 0
    console = Console(highlight=False, soft_wrap=not sys.stdout.isatty())
    if not file.exists():
        console.print(f"There is no {file} yet: vivavoce config init writes one.", style="dim")
    console.print(_table(values) if values else "All is as it is by default.")
    return 0


def _table(values: Sequence[Value]) -> Table:
    table = Table("setting", "value", "from", box=None, pad_edge=False)
    for one in values:
        style = "dim" if one.source == DEFAULT else "bold"
        table.add_row(*(Text(cell, style) for cell in (".".join(one.path), _cell(one), _from(one))))
    return table


def _cell(one: Value) -> str:
    return "(set)" if one.value == "(set)" else literal(one.value)


def _from(one: Value) -> str:
    """Who set it, as somebody would look for it."""
    return PREFIX + "__".join(one.path).upper() if one.source == ENVIRONMENT else one.source


def _init(options: argparse.Namespace) -> int:
    whole = commented(Settings)
    if str(options.file) == "-":
        sys.stdout.write(whole)
        return 0
    file = options.file or home.prepare() / FILE
    mode = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if options.force else os.O_EXCL)
    try:
        with open(os.open(file, mode, 0o600), "w", encoding="utf-8") as out:  # it may come to hold keys
            out.write(whole)
    except FileExistsError:
        raise Usage(f"{file} is there: --force writes over it, and - prints to the terminal") from None
    except OSError as wrong:
        raise Refusal(f"{file} cannot be written: {wrong.strerror}") from None
    sys.stdout.write(f"{file} has every setting, with its default behind a #\n")
    return 0
