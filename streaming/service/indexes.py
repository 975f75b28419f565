"""What can be asked of `vivavoce index`."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

Ask = Callable[[argparse.ArgumentParser], None]


def _build(command: argparse.ArgumentParser) -> None:
    _name(command)
    command.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help=".md, .html, .pdf, .docx, .txt, or folders of them",
    )
    command.add_argument("--threads", type=int, default=0, help="that embed (all cores but one)")


def _search(command: argparse.ArgumentParser) -> None:
    _name(command)
    command.add_argument("query", metavar="QUERY", help="a question, as a customer asks it")
    command.add_argument("-k", type=int, default=5, help="passages at most (5)")
    command.add_argument("--version", default="", metavar="VERSION", help="of the index (the one in force)")


def _use(command: argparse.ArgumentParser) -> None:
    _name(command)
    command.add_argument("version", metavar="VERSION", help="16 digits, as `list` tells them")


def _push(command: argparse.ArgumentParser) -> None:
    _name(command)
    command.add_argument("--redis", default="", metavar="URL", help="Redis 8 or newer (llm.index_redis)")


def _withdraw(command: argparse.ArgumentParser) -> None:
    _push(command)
    command.add_argument("version", metavar="VERSION", help="16 digits, as `push` told them")


def _name(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="of the index, such as handbook")


def _all(command: argparse.ArgumentParser) -> None:
    """Nothing more."""


ACTIONS: Final[tuple[tuple[str, str, str, Ask], ...]] = (
    ("build", "make a new version of documents, and put it in force", "build handbook docs/", _build),
    ("list", "indexes and their versions", "list", _all),
    ("show", "the documents of an index", "show handbook", _name),
    ("search", "what an index finds", 'search handbook "How long is the warranty?"', _search),
    ("use", "put a version in force that is here", "use handbook 0123456789abcdef", _use),
    ("push", "publish the version in force in a Redis, for responders elsewhere", "push handbook", _push),
    ("withdraw", "take a version out of that Redis", "withdraw handbook 0123456789abcdef", _withdraw),
    ("remove", "take an index away with all its versions", "remove handbook", _name),
)


def asked(index: argparse.ArgumentParser, command: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds the actions; `command` makes one of a parser's."""
    actions: Any = index.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action, what, example, ask in ACTIONS:
        made = command(actions, action, what, f"vivavoce index {example}")
        made.add_argument("--tenant", default="default", help="whose index it is (default)")
        made.add_argument("--json", action="store_true", help="for programs")
        ask(made)
