"""What these commands can be asked."""

import argparse
from collections.abc import Callable
from typing import Final

FORMATS: Final = ("srt", "vtt", "txt", "json", "csv", "parquet", "wav", "flac", "ogg")


def _server(command: argparse.ArgumentParser) -> None:
    command.add_argument("--url", default=None, help="of the server (http://127.0.0.1:8080)")
    command.add_argument("--key", default=None, help="a reader's (VIVAVOCE_KEY)")


def _filters(command: argparse.ArgumentParser) -> None:
    """Which sessions."""
    command.add_argument("--since", metavar="TIME", help="such as 2026-11-24 or 2026-11-24T09:30")
    command.add_argument("--until", metavar="TIME", help="the same")
    command.add_argument("--channel", type=int, metavar="N", help="that have this channel (from 0)")
    command.add_argument("--language", action="append", default=[], metavar="CODE", help="any of these")
    command.add_argument("--verdict", action="append", default=[], metavar="CATEGORY", help="any of these")
    command.add_argument(
        "--origin", action="append", default=[], choices=("live", "import", "again"), help="any of these"
    )
    command.add_argument(
        "--metadata", action="append", default=[], metavar="NAME=VALUE", help="that have all of these"
    )
    command.add_argument("--limit", type=int, default=50, metavar="N", help="how many at most (50)")
    command.add_argument("--json", action="store_true", help="one a line")


def listing(command: argparse.ArgumentParser) -> None:
    """`vivavoce sessions list`."""
    _server(command)
    _filters(command)
    command.add_argument("--live", action="store_true", help="those that go on now, recorded or not")


def show(command: argparse.ArgumentParser) -> None:
    """`vivavoce sessions show`."""
    command.add_argument("session", metavar="SESSION", help="its id")
    _server(command)
    command.add_argument("--json", action="store_true", help="session and notes as JSON")


def search(command: argparse.ArgumentParser) -> None:
    """`vivavoce sessions search`."""
    command.add_argument(
        "query", metavar="QUERY", help='words, and "phrases" in quotes; a line has all of them'
    )
    command.add_argument("--session", metavar="SESSION", help="in this one only")
    _server(command)
    _filters(command)


def export(command: argparse.ArgumentParser) -> None:
    """`vivavoce sessions export`."""
    command.add_argument("session", metavar="SESSION", help="its id")
    command.add_argument("--format", choices=FORMATS, help="(by the name of the file, else txt)")
    command.add_argument("-o", "--output", metavar="FILE", help="(what is printed)")
    command.add_argument("--by", choices=("line", "word"), default="line", help="rows of csv and parquet")
    command.add_argument("--channel", type=int, metavar="N", help="of the sound, alone (all)")
    _server(command)


def forget(command: argparse.ArgumentParser) -> None:
    """`vivavoce sessions forget`."""
    command.add_argument("sessions", nargs="+", metavar="SESSION", help="their ids")
    command.add_argument("--yes", action="store_true", help="do not ask")
    _server(command)
    command.add_argument("--json", action="store_true", help="one tombstone a line")


ACTIONS: Final[tuple[tuple[str, str, str, Callable[[argparse.ArgumentParser], None]], ...]] = (
    ("list", "which sessions there are", "list --since 2026-11-24 --metadata desk=7", listing),
    ("show", "one session: what was said, and noted", "show SESSION", show),
    ("search", "find what was said", "search '\"water works\" invoice' --language en", search),
    ("export", "write a session to a file", "export SESSION -o call.srt", export),
    ("forget", "destroy sessions for good", "forget SESSION", forget),
)


def queue(command: argparse.ArgumentParser) -> None:
    """`vivavoce review list`."""
    command.add_argument("--state", choices=("open", "decided", "all"), default="open", help="(open)")
    _server(command)
    _filters(command)


def flags(command: argparse.ArgumentParser) -> None:
    """`vivavoce review show`."""
    command.add_argument("session", metavar="SESSION", help="its id")
    command.add_argument("event", nargs="?", metavar="EVENT", help="the id of a flag (all of the session)")
    _server(command)
    command.add_argument("--json", action="store_true", help="one a line")


def decide(command: argparse.ArgumentParser) -> None:
    """`vivavoce review decide`."""
    command.add_argument("session", metavar="SESSION", help="its id")
    command.add_argument("event", metavar="EVENT", help="the id of the flag")
    command.add_argument("decision", choices=("upheld", "dismissed"), help="whether it was right")
    command.add_argument("--note", default="", metavar="TEXT", help="why")
    _server(command)
    command.add_argument("--json", action="store_true", help="the note as JSON")


REVIEWS: Final[tuple[tuple[str, str, str, Callable[[argparse.ArgumentParser], None]], ...]] = (
    ("list", "flags that wait for a decision", "list --since 2026-11-24 --verdict violence", queue),
    ("show", "flags of a session, with their text", "show SESSION", flags),
    (
        "decide",
        "say whether a flag was right",
        "decide SESSION EVENT dismissed --note 'a film title'",
        decide,
    ),
)
