"""A role's log: one JSON object a line on stderr, with session ids and never content.

An exception is told by its type and where it happened. Its message may quote what somebody said, so it is kept out,
but for what the operating system says (OSError: files and sockets) and what an import says (ImportError: modules).
"""

import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Literal, cast

import msgspec

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
# Attributes that a record may carry with `extra=` and that go into the line.
CARRIED = ("session", "channel", "role", "epoch", "count", "ms")


class JsonLines(logging.Formatter):
    """Formats a record as one line."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "role": self._role,
            "pid": os.getpid(),
            "from": record.name,
            "message": record.getMessage(),
        }
        line |= {key: getattr(record, key) for key in CARRIED if hasattr(record, key)}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = described(record.exc_info[1])
        return msgspec.json.encode(line, enc_hook=str).decode()


def configure(role: str, level: Level = "INFO") -> None:
    """Sends this process' log to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(role))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # An address asked for may hold a key or a text.
    for name in ("httpx", "httpcore", "uvicorn.access", "websockets"):
        logging.getLogger(name).setLevel(logging.WARNING)


def described(wrong: BaseException) -> dict[str, Any]:
    """An exception without what it may quote: type, where, and what it was caused by."""
    frames = traceback.extract_tb(wrong.__traceback__)
    told: dict[str, Any] = {
        "type": type(wrong).__name__,
        "at": [f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-8:]],
    }
    if isinstance(wrong, OSError) and wrong.strerror:
        told["reason"] = wrong.strerror
    if isinstance(wrong, ImportError):
        told["reason"] = wrong.msg
    if isinstance(wrong, BaseExceptionGroup):
        group = cast(BaseExceptionGroup[BaseException], wrong)
        told["inner"] = [described(one) for one in group.exceptions[:4]]
    if wrong.__cause__ is not None:
        told["cause"] = described(wrong.__cause__)
    return told
