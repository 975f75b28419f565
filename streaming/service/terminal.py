"""What a person sees of the set-up: progress bars on a terminal, plain lines elsewhere."""

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from streaming.machine.catalog import Model
from streaming.machine.models import Watcher


class PullView(Watcher):
    """Shows a pull on `console`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def begin(self, model: Model, source: str) -> None:
        """A line, and on a terminal a bar below it."""
        self.end()
        self._console.print(
            f"Getting {model.name} ({model.size / 1e6:,.0f} MB) from {source}", highlight=False
        )
        if self._console.is_terminal:
            columns = (
                TextColumn("  {task.description}"),
                BarColumn(),
                DownloadColumn(),
                TimeRemainingColumn(),
            )
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._task = self._progress.add_task(model.name, total=model.size)
            self._progress.start()

    def advance(self, count: int) -> None:
        """Moves the bar."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, count)

    def failed(self, source: str, why: str) -> None:
        """Says why, dimmed: it is no failure while another source is left."""
        self._console.print(f"  not from {source}: {why}", style="dim", highlight=False)

    def end(self) -> None:
        """Takes the bar away."""
        if self._progress is not None:
            self._progress.stop()
        self._progress = self._task = None
