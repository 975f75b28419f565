"""The wall clock, for what must be compared between processes: ms since 1970, and how events write it."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Wall clock, ms."""
    return time.time_ns() // 1_000_000


def stamp(ms: int) -> str:
    """RFC 3339 with ms and Z."""
    when = datetime.fromtimestamp(ms / 1000, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
