"""What a recorder that comes after another one makes of the log that is kept."""

import tracemalloc
from collections.abc import AsyncIterator
from typing import cast

import msgspec

from streaming.archive.kept import LogEntry
from streaming.archive.ports import Archive
from streaming.errors import ServiceFault
from streaming.events import TranscriptFinal
from streaming.recording.steady import Steady

FINAL = msgspec.json.encode(TranscriptFinal(0, 1, "two words", 0, 100, [], "en", 0.9, "tiny@0"))
LONG = 10_000


class Logged:
    """An archive with one log, which breaks off behind the second entry `breaks` times."""

    def __init__(self, length: int, breaks: int = 0) -> None:
        self._length = length
        self._breaks = breaks

    async def log(self, tenant: str, session_id: str) -> AsyncIterator[LogEntry]:
        assert (tenant, session_id) == ("desk", "a1")
        yield LogEntry("1-0", FINAL)
        yield LogEntry("2-0", b'{"type":"transcript.partial"}')
        if self._breaks:
            self._breaks -= 1
            raise ServiceFault("archive_down", "it is away")
        for at in range(3, self._length):
            yield LogEntry(f"{at}-0", b'{"type":"transcript.partial","text":"%s"}' % bytes(1_000))
        yield LogEntry(f"{self._length}-0", FINAL.replace(b'"segment":1', b'"segment":2'))


def steady(archive: Logged) -> Steady:
    return Steady(cast(Archive, archive))


async def test_a_log_of_any_length_is_read_a_little_at_a_time() -> None:
    tracemalloc.start()
    try:
        digest, first = await steady(Logged(LONG)).digest("desk", "a1", f"{LONG}-0")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (digest.words, first) == (4, LogEntry("1-0", FINAL))
    assert most < LONG * 1_000 / 10
    assert digest.changed() == []


async def test_what_broke_off_is_read_again_from_the_beginning_and_counts_once() -> None:
    one = steady(Logged(4, breaks=1))
    digest, first = await one.digest("desk", "a1", "4-0")
    assert (digest.words, digest.languages, first) == (4, ["en"], LogEntry("1-0", FINAL))
    assert one.away == set()
