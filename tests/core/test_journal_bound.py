"""What a process keeps of what it wrote has a bound in bytes, and says once when that is less than was asked for."""

import logging

import pytest

from streaming.bus import Bus, RedisPolicy
from streaming.journal import JournalPolicy, Put

EACH = 100_000


@pytest.mark.parametrize(("each_s", "warned"), [(4.0, 0), (0.5, 1)])
async def test_when_the_bytes_do_not_suffice_for_the_time_that_is_told_once(
    caplog: pytest.LogCaptureFixture, each_s: float, warned: int
) -> None:
    bus = Bus("redis://127.0.0.1:1", RedisPolicy(journal=JournalPolicy(keep_s=30, most_mb=1)))
    with caplog.at_level(logging.WARNING):
        for n in range(1, 40):
            page = bus.journal.page("{0}:s1:asr", "stage", 60_000, n * each_s)
            bus.journal.put(page, Put("{0}:s1:heard", f"{n}-0", ("e", bytes(EACH)), 0))
    told = [one.getMessage() for one in caplog.records if "most_mb" in one.getMessage()]
    assert len(told) == warned
    assert all("the last 5.0 s" in one for one in told)
    assert bus.journal.size <= 1 << 20
    await bus.close()
