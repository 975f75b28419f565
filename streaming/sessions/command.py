"""What the commands do: each asks a running server over its REST routes. Blocking, one thing after the other."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from streaming.refusal import Refusal, Usage
from streaming.rerun.shelf import Shelf
from streaming.rerun.where import where
from streaming.sessions import tables
from streaming.sessions.asking import FORMATS

BLOCK: Final = 1 << 16
PAGE: Final = 200
BINARY: Final = frozenset({"parquet", "wav", "flac", "ogg"})
SOUND: Final = frozenset({"wav", "flac", "ogg"})


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code. Raises Refusal."""
    place = where(options)
    shelf = Shelf(place.url, place.reader_key)
    ACTIONS[options.action](shelf, options)
    return 0


def _list(shelf: Shelf, options: argparse.Namespace) -> None:
    query = filters(options)
    if options.live:
        with shelf.ask("/v1/sessions", [*query, ("live", "1"), ("limit", str(options.limit))]) as answer:
            found = json.load(answer)["sessions"]
    else:
        found = list(pages(shelf, "/v1/sessions", query, ("sessions", options.limit)))
    told(found, options, tables.live if options.live else tables.sessions)


def _show(shelf: Shelf, options: argparse.Namespace) -> None:
    with shelf.ask(_path(options.session)) as answer:
        shown = json.load(answer)
    if options.json:
        print(json.dumps(shown, ensure_ascii=False))
        return
    with shelf.ask(_path(options.session, "/export"), {"format": "txt"}) as answer:
        text = answer.read().decode()
    tables.session(shown, text)


def _search(shelf: Shelf, options: argparse.Namespace) -> None:
    query = [("q", options.query)]
    if options.session:
        if filters(options):
            raise Usage("--session stands alone: leave the other filters out")
        with shelf.ask(_path(options.session, "/search"), query) as answer:
            hits = json.load(answer)["hits"][: options.limit]
    else:
        hits = list(pages(shelf, "/v1/search", [*query, *filters(options)], ("hits", options.limit)))
    told(hits, options, tables.hits)


def _export(shelf: Shelf, options: argparse.Namespace) -> None:
    form = options.format or _form_of(options.output)
    route, query = ("/audio", {"format": form}) if form in SOUND else ("/export", {"format": form})
    if form in ("csv", "parquet"):
        query["by"] = options.by
    if form in SOUND and options.channel is not None:
        query["channel"] = str(options.channel)
    if options.output is None and form in BINARY and sys.stdout.isatty():
        raise Usage(f"{form} is not for the eye: name a file with -o, or a pipe")
    with shelf.ask(_path(options.session, route), query) as answer:
        if options.output is None:
            _copy(answer, sys.stdout.buffer)
        else:
            _to_file(answer, Path(options.output))


def _form_of(output: str | None) -> str:
    ending = Path(output or "").suffix.removeprefix(".").lower()
    if output and ending not in FORMATS:
        raise Usage(f"{output}: name it .{', .'.join(FORMATS)}, or say which with --format")
    return ending or "txt"


def _to_file(answer: Any, path: Path) -> None:
    """The whole of it, or nothing: what breaks off leaves no file that looks like one."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            _copy(answer, file)
        os.replace(part, path)
    except OSError as wrong:
        raise Refusal(f"{path} cannot be written: {wrong.strerror or wrong}") from None
    finally:
        part.unlink(missing_ok=True)


def _copy(answer: Any, file: BinaryIO) -> None:
    """Block by block. Raises Refusal when there is less than was told."""
    told = answer.headers["content-length"]
    size = 0
    while block := answer.read(BLOCK):
        file.write(block)
        size += len(block)
    if told is not None and size != int(told):
        raise Refusal(f"the server broke off after {size} of {told} bytes: try again")
    file.flush()


def _forget(shelf: Shelf, options: argparse.Namespace) -> None:
    if not options.yes:
        _agreed(shelf, options.sessions)
    gone: list[dict[str, Any]] = []
    for session in options.sessions:
        with shelf.ask(_path(session), method="DELETE") as answer:
            gone.append(json.load(answer))
        print(json.dumps(gone[-1]) if options.json else f"{session} is forgotten")


def _agreed(shelf: Shelf, sessions: list[str]) -> None:
    """Who is asked says yes. Raises Usage where nobody can, and Refusal if not."""
    if not sys.stdin.isatty():
        raise Usage("nothing brings back what is forgotten: say --yes, since nobody can be asked here")
    for session in sessions:
        known = shelf.session(session)
        print(
            f"{session}: {tables.when(known.started_at)}, {tables.length(known.duration_ms)}", file=sys.stderr
        )
    if input("Forget this for good? Nothing brings it back. [y/N] ").strip().lower() not in ("y", "yes"):
        raise Refusal("nothing was forgotten")


def pages(
    shelf: Shelf, path: str, query: list[tuple[str, str]], wanted: tuple[str, int]
) -> Iterator[dict[str, Any]]:
    """What all pages have, up to so many; `wanted`: the name of the list, and how many."""
    name, left = wanted
    cursor: str | None = ""
    while left > 0 and cursor is not None:
        asked = [*query, ("limit", str(min(left, PAGE))), ("cursor", cursor)]
        with shelf.ask(path, asked) as answer:
            page = json.load(answer)
        yield from page[name]
        left, cursor = left - len(page[name]), page["cursor"]


def told(
    found: list[dict[str, Any]], options: argparse.Namespace, table: Callable[[list[dict[str, Any]]], None]
) -> None:
    if options.json:
        for one in found:
            print(json.dumps(one, ensure_ascii=False))
    else:
        table(found)


def filters(options: argparse.Namespace) -> list[tuple[str, str]]:
    """The filters as a query. Raises Usage."""
    times = [(name, getattr(options, name)) for name in ("since", "until")]
    out = [(name, str(_ms(given))) for name, given in times if given is not None]
    if options.channel is not None:
        out.append(("channel", str(options.channel)))
    for name in ("language", "verdict", "origin"):
        out += [(name, one) for one in getattr(options, name)]
    for pair in options.metadata:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Usage(f"--metadata {pair}: it is NAME=VALUE")
        out.append((f"metadata.{name}", value))
    return out


def _ms(given: str) -> int:
    """Unix ms of a time as people write it: of this place's clock, unless it says which."""
    try:
        return round(datetime.fromisoformat(given).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise Usage(f"{given!r} is no time such as 2026-11-24 or 2026-11-24T09:30") from None


def _path(session: str, rest: str = "") -> str:
    return f"/v1/sessions/{quote(session, safe='')}{rest}"


ACTIONS: Final[dict[str, Callable[[Shelf, argparse.Namespace], None]]] = {
    "list": _list,
    "show": _show,
    "search": _search,
    "export": _export,
    "forget": _forget,
}
