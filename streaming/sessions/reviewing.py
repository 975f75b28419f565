"""`vivavoce review`: what moderation flagged and was not sure of, and what people say of it."""

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import quote

from streaming.refusal import Refusal
from streaming.rerun.shelf import Shelf
from streaming.rerun.where import where
from streaming.sessions import tables
from streaming.sessions.command import PAGE, filters, told


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code. Raises Refusal."""
    place = where(options)
    ACTIONS[options.action](Shelf(place.url, place.reader_key), options)
    return 0


def _list(shelf: Shelf, options: argparse.Namespace) -> None:
    query = [*filters(options), ("state", options.state)]
    flags = _flags(shelf, query)
    told([flag for _, flag in zip(range(options.limit), flags, strict=False)], options, tables.reviews)


def _flags(shelf: Shelf, query: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Page by page: a page of sessions may have no flag at all."""
    cursor: str | None = ""
    while cursor is not None:
        with shelf.ask("/v1/review", [*query, ("limit", str(PAGE)), ("cursor", cursor)]) as answer:
            page = json.load(answer)
        yield from page["flags"]
        cursor = page["cursor"]


def _show(shelf: Shelf, options: argparse.Namespace) -> None:
    flags = [
        one
        for one in _flags(shelf, [("session", options.session), ("state", "all")])
        if options.event in (None, one["flag"]["event"])
    ]
    if options.event and not flags:
        raise Refusal(f"session {options.session} has no flag {options.event} to review")
    told(flags, options, tables.review)


def _decide(shelf: Shelf, options: argparse.Namespace) -> None:
    path = f"/v1/review/{quote(options.session, safe='')}/{quote(options.event, safe='')}"
    body = {"decision": options.decision, "note": options.note}
    with shelf.ask(path, method="POST", body=body) as answer:
        note = json.load(answer)
    if options.json:
        print(json.dumps(note, ensure_ascii=False))
    else:
        print(f"{options.event} is {note['decision']}, by {note['author']}")


ACTIONS: Final[dict[str, Callable[[Shelf, argparse.Namespace], None]]] = {
    "list": _list,
    "show": _show,
    "decide": _decide,
}
