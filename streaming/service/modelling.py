"""`vivavoce models list|pull|verify`."""

import argparse

from rich.console import Console
from rich.table import Table

from streaming.machine import home
from streaming.machine.catalog import ModelError, known
from streaming.machine.models import Shelf
from streaming.service.terminal import PullView


def run(options: argparse.Namespace) -> int:
    """Do one of the three; the exit code."""
    console = Console(soft_wrap=True)
    shelf = Shelf(home.prepare() / "models")
    if options.action == "list":
        console.print(_table(shelf))
        return 0
    if options.action == "pull":
        for name in options.names:
            known(shelf.models, name)  # a wrong name is told before anything is fetched
        for name in options.names:
            path = shelf.pull(name, options.given, PullView(console))
            console.print(f"{name} is ready: {path}", highlight=False)
        return 0
    return _verify(shelf, options.names, console)


def _verify(shelf: Shelf, names: list[str], console: Console) -> int:
    failed = 0
    for name in names or [listed.model.name for listed in shelf.listing() if listed.state != "missing"]:
        try:
            console.print(f"{shelf.verify(name)}  {name}", highlight=False)
        except ModelError as wrong:
            failed = 1
            console.print(f"{wrong}", style="red", highlight=False)
    return failed


def _table(shelf: Shelf) -> Table:
    table = Table("name", "kind", "MB", "state", "what", box=None, pad_edge=False)
    for model, state in shelf.listing():
        table.add_row(
            model.name, model.kind, f"{model.size / 1e6:,.0f}", state, f"{model.about} ({model.licence})"
        )
    return table
