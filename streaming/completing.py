"""`vivavoce completion bash|zsh|fish`: what a shell needs to complete the command. Made by shtab."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any, Final, cast

import shtab

from streaming.machine.catalog import catalogue

FILES: Final = {"FILE": shtab.FILE, "FOLDER": shtab.DIRECTORY, "PATH": shtab.FILE}


def run(top: argparse.ArgumentParser, shell: str) -> int:
    """Write it out, for the command `top`."""
    sys.stdout.write(shtab.complete(completed(top), shell) + "\n")
    return 0


def completed(top: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """`top`, with what its arguments may be said where that is known: files, folders, models."""
    for command in every(top):
        for action in command._actions:
            _completes(command, action)
    return top


def every(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A command and all below it."""
    yield top
    for action in top._actions:
        choices: Any = action.choices
        if isinstance(choices, dict):
            for below in cast(dict[str, argparse.ArgumentParser], choices).values():
                yield from every(below)


def _completes(command: argparse.ArgumentParser, action: Any) -> None:
    named = str(action.metavar or action.dest).upper()
    if command.prog.startswith("vivavoce models") and action.dest == "names":
        action.choices = list(catalogue())
    elif action.nargs != 0 and (known := next((how for word, how in FILES.items() if word in named), None)):
        action.complete = known
