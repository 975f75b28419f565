"""What the roles say: kept in `logs/ROLE.log`, and shown in short.

Lines of ours are JSON and hold no content. What else a role prints (a native library's chatter) may quote anything, so
it is not kept on disk: only its last lines stay in memory, to explain a role that would not start.
"""

from collections import deque
from logging import INFO, LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

FILE_BYTES, FILES = 5_000_000, 3
TAIL = 20


class Output:
    """Takes the lines of all roles."""

    def __init__(self, folder: Path, console: Console) -> None:
        self._folder = folder
        self._console = console
        self._files: dict[str, RotatingFileHandler] = {}
        self._tails: dict[str, deque[str]] = {}

    def take(self, role: str, line: bytes) -> None:
        """One line that `role` printed."""
        try:
            entry = msgspec.json.decode(line, type=dict[str, Any])
        except msgspec.DecodeError:
            self._tail(role).append(line.decode("utf-8", "replace"))
            return
        self._file(role).emit(LogRecord(role, INFO, "", 0, line.decode(), None, None))
        if entry.get("level") in ("WARNING", "ERROR", "CRITICAL"):
            self._console.print(f"  {role}: {short(entry)}", style="dim", highlight=False, markup=False)

    def last_words(self, role: str) -> str:
        """The last line that was no log line of ours, or nothing."""
        return next((line for line in reversed(self._tail(role)) if line.strip()), "")

    def close(self) -> None:
        """Closes the files."""
        for file in self._files.values():
            file.close()

    def _tail(self, role: str) -> deque[str]:
        return self._tails.setdefault(role, deque(maxlen=TAIL))

    def _file(self, role: str) -> RotatingFileHandler:
        if role not in self._files:
            path = self._folder / f"{role}.log"
            self._files[role] = RotatingFileHandler(
                path, maxBytes=FILE_BYTES, backupCount=FILES, encoding="utf-8"
            )
        return self._files[role]


def short(entry: dict[str, Any]) -> str:
    """A log entry in one line for people."""
    error: dict[str, Any] = entry.get("error", {})
    reason = f": {error['reason']}" if "reason" in error else ""
    kind = f" ({error.get('type')}{reason} at {(error.get('at') or ['?'])[-1]})" if error else ""
    session = f" [session {entry['session']}]" if "session" in entry else ""
    return f"{entry.get('message', '')}{kind}{session}"
