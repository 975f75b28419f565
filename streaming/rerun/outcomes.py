"""What became of imported files, and how it is told in the terminal."""

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class Outcome(Struct, frozen=True, omit_defaults=True):
    """What became of one file: the session that it is now, or was before (`known`), or why it is none."""

    file: str
    session: str = ""
    seconds: float = 0.0
    known: bool = False
    failed: str = ""


class Bar:
    """How far one file is."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def moved(self, seconds: float) -> None:
        """So much of it was sent."""
        self._progress.update(self._task, completed=seconds)


class View:
    """A bar for each file that is under way on a terminal, and a line for each that is done."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._console = Console(stderr=json, highlight=False, soft_wrap=True)
        columns = TextColumn("  {task.description}"), BarColumn(), TimeRemainingColumn()
        hidden = not self._console.is_terminal
        self._progress = Progress(*columns, console=self._console, transient=True, disable=hidden)

    def __enter__(self) -> "View":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @contextmanager
    def bar(self, name: str, seconds: float | None) -> Generator[Bar]:
        """While a file is sent."""
        task = self._progress.add_task(name, total=seconds)
        try:
            yield Bar(self._progress, task)
        finally:
            self._progress.remove_task(task)

    def told(self, outcome: Outcome) -> None:
        """One file is done."""
        if self._json:
            sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
            sys.stdout.flush()
        elif outcome.failed:
            self._console.print(f"{outcome.file}: failed: {outcome.failed}", style="red", markup=False)
        else:
            before = "is there already as" if outcome.known else "is session"
            told = f"{outcome.file}: {before} {outcome.session} ({outcome.seconds:.1f} s)"
            self._console.print(told, markup=False)

    def sum(self, outcomes: Sequence[Outcome]) -> None:
        """All are done."""
        failed, known = sum(bool(one.failed) for one in outcomes), sum(one.known for one in outcomes)
        fresh = len(outcomes) - failed - known
        self._console.print(f"{fresh} imported, {known} there already, {failed} failed")
