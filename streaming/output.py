"""What a command writes, whatever it goes to: a pipe that nobody reads any more, a terminal without our letters."""

import io
import os
import sys
from typing import Final, cast

from rich.console import Console

CUT_OFF: Final = 141
"""Exit code when nobody reads any more: as of a program that SIGPIPE ended."""


def legible() -> None:
    """Letters that the terminal's encoding does not have are written as `?`, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and "utf" not in stream.encoding.lower():
            stream.reconfigure(errors="replace")


class Terminal(Console):
    """Where a pipe that nobody reads any more is an error like any other.

    Rich's own way is to end the process, which an event loop reports as a task's failure."""

    def on_broken_pipe(self) -> None:
        """Raises BrokenPipeError."""
        raise BrokenPipeError


def cut_off(wrong: BaseException) -> bool:
    """Whoever read our output is gone (`| head`): that is why `wrong` came up, alone or in a task group's bundle."""
    if isinstance(wrong, BaseExceptionGroup):
        group = cast(BaseExceptionGroup[BaseException], wrong)
        return any(cut_off(one) for one in group.exceptions)
    return isinstance(wrong, BrokenPipeError)


def leave() -> int:
    """Let what is still to be written go nowhere, also at the interpreter's end. The exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return CUT_OFF
