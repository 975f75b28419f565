"""What tests keep in an archive, and how they read it."""

import numpy as np

from streaming.archive.kept import Filter, Kept, Line, LogEntry, Sound
from streaming.archive.ports import Archive

SESSION = Kept("a1", "desk", "transcribe", 1_000, channels=2, languages=["en"], metadata={"agent": "Ann"})


def noise(begin: int, samples: int, channels: int = 2) -> Sound:
    """Sound that no two places have in common."""
    made = np.random.default_rng(begin).integers(-9_000, 9_000, samples * channels).astype("<i2")
    return Sound(begin, channels, made.tobytes())


def entries(first: int, last: int) -> list[LogEntry]:
    """A log, with bytes that are no UTF-8 either."""
    return [LogEntry(f"{at}-{at % 3}", b'{"n":%d,"x":"\xff\n"}' % at) for at in range(first, last)]


def spoken(number: int, text: str, channel: int = 0) -> Line:
    """A line one second long."""
    return Line("speech", number, channel, number * 1000, number * 1000 + 900, text, "en")


async def sound_of(archive: Archive, begin: int = 0, end: int | None = None) -> bytes:
    return b"".join([one.pcm async for one in archive.sound("desk", "a1", begin, end)])


async def log_of(archive: Archive, after: str = "0-0") -> list[LogEntry]:
    return [one async for one in archive.log("desk", "a1", after)]


async def texts(archive: Archive, query: str) -> list[str]:
    return [hit.line.text for hit in (await archive.search("desk", query, Filter())).hits]
