"""`vivavoce index build|list|show|search|use|remove|push|withdraw`: on this machine's home folder, whether a service
runs or not.

A running responder takes a new version for sessions that begin after it.
"""

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from llm.retrieval.building import Watcher, build
from llm.retrieval.cabinet import Cabinet
from llm.retrieval.embedding import MiniLm
from llm.retrieval.local import Opened
from llm.retrieval.manifest import Manifest
from streaming.machine import home
from streaming.machine.minilm import NAME
from streaming.machine.models import Shelf
from streaming.service.pushing import push, taken_out
from streaming.service.terminal import PullView


class Told(Watcher):
    """On stderr: what is left out, and how far the embedding is."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def left_out(self, name: str, why: str) -> None:
        """One line."""
        self._console.print(f"left out: {escape(name)}: {escape(why)}", style="yellow", highlight=False)

    def embedding(self, done: int, of: int) -> None:
        """The same line again."""
        if self._console.is_terminal:
            self._console.print(f"\r{done} of {of} passages embedded", end="" if done < of else "\n")


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code. Raises Refusal."""
    ACTIONS[options.action](Cabinet(home.prepare() / "indexes"), options)
    return 0


def _build(cabinet: Cabinet, options: argparse.Namespace) -> None:
    console = Console(stderr=True, soft_wrap=True)
    Shelf(home.prepare() / "models").pull(NAME, watcher=PullView(console))
    threads = options.threads or max(1, len(os.sched_getaffinity(0)) - 1)
    index = (options.tenant, options.name)
    built = build(cabinet, index, options.paths, MiniLm(threads), Told(console))
    found = built.manifest
    if options.json:
        _json(_shown(found) | {"embedded": built.fresh, "left_out": list(built.left_out)})
        return
    what = "is as it was" if built.unchanged else "is in force"
    counts = (
        f"{len(found.documents)} documents, {found.passages} passages, {built.fresh} of them embedded now"
    )
    _say(f"{found.ref} {what}: {counts}" + (f"; {len(built.left_out)} left out" if built.left_out else ""))


def _list(cabinet: Cabinet, options: argparse.Namespace) -> None:
    rows: list[dict[str, Any]] = []
    for tenant, name in cabinet.indexes(options.tenant):
        current = cabinet.current(tenant, name)
        for version in cabinet.versions(tenant, name):
            manifest = cabinet.manifest(tenant, name, version)
            rows.append(_shown(manifest) | {"in_force": version == current})
    if options.json:
        _json(rows)
        return
    table = Table("index", "version", "documents", "passages", "", box=None, pad_edge=False)
    for row in rows:
        counts = (str(row["documents"]), str(row["passages"]))
        table.add_row(row["name"], row["version"], *counts, "in force" if row["in_force"] else "")
    Console(soft_wrap=True).print(table)


def _show(cabinet: Cabinet, options: argparse.Namespace) -> None:
    found = cabinet.manifest(options.tenant, options.name, cabinet.current(options.tenant, options.name))
    if options.json:
        _json(_shown(found) | {"of": msgspec.to_builtins(found.documents)})
        return
    _say(f"{found.ref} of {found.tenant}, vectors by {found.model[: found.model.index('@') + 17]}")
    table = Table("document", "title", "passages", box=None, pad_edge=False)
    for one in found.documents:
        table.add_row(escape(one.name), escape(one.title), str(one.passages))
    Console(soft_wrap=True).print(table)


def _search(cabinet: Cabinet, options: argparse.Namespace) -> None:
    version = options.version or cabinet.current(options.tenant, options.name)
    manifest = cabinet.manifest(options.tenant, options.name, version)
    folder = cabinet.place(options.tenant, options.name) / version
    found = Opened(folder, manifest, MiniLm()).find(options.query, options.k)
    if options.json:
        _json(msgspec.to_builtins(found))
        return
    for number, one in enumerate(found, 1):
        where = f"{one.passage.title} ({one.passage.document}) {one.passage.place}".rstrip()
        _say(f"{number}. {where}  likeness {one.likeness or 0:.2f}\n{one.passage.text}\n")
    if not found:
        _say("nothing was found")


def _use(cabinet: Cabinet, options: argparse.Namespace) -> None:
    cabinet.use(options.tenant, options.name, options.version)
    _say(f"{options.name}@{options.version} is in force")


def _remove(cabinet: Cabinet, options: argparse.Namespace) -> None:
    cabinet.remove(options.tenant, options.name)
    _say(f"{options.name} is gone")


def _push(cabinet: Cabinet, options: argparse.Namespace) -> None:
    _say(push(cabinet, options))


def _withdraw(cabinet: Cabinet, options: argparse.Namespace) -> None:
    _say(taken_out(cabinet, options))


def _shown(found: Manifest) -> dict[str, Any]:
    return {
        "tenant": found.tenant,
        "name": found.name,
        "version": found.version,
        "hash": found.hash,
        "documents": len(found.documents),
        "passages": found.passages,
    }


def _json(what: Any) -> None:
    _say(msgspec.json.encode(what).decode())


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


ACTIONS: Final[dict[str, Callable[[Cabinet, argparse.Namespace], None]]] = {
    "build": _build,
    "list": _list,
    "show": _show,
    "search": _search,
    "use": _use,
    "remove": _remove,
    "push": _push,
    "withdraw": _withdraw,
}
