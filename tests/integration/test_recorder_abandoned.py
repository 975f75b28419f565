"""A recording that nobody goes on with does not stay open for ever."""

import asyncio
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from streaming import dead, keys
from streaming.app import run_role
from streaming.archive.kept import Batch, Filter, Kept, LogEntry
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.retiring import retire_daily
from streaming.bus import Bus
from streaming.config import Settings
from tests.gateway import eventually

AT = 1_760_000_000_000


async def test_a_recorder_closes_what_expired_or_was_given_up_and_leaves_what_lives(
    redis_url: str, bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVAVOCE_HOME", str(tmp_path))
    monkeypatch.setattr("streaming.archive.retiring.FIRST_S", 0.0)
    archive = open_archive(ArchivePolicy(), tmp_path)
    for sid in ("expired", "given-up", "unheard", "lives"):
        await archive.keep(Batch(Kept(sid, "shop", "transcribe", AT), log=[LogEntry(f"{AT + 5}-0", b"{}")]))
    for sid in ("given-up", "unheard", "lives"):
        await bus.call("HSET", keys.session(sid), "config", "{}")
    await dead.put_aside(bus, "recorder", "given-up", days=1)
    await dead.put_aside(bus, "asr", "unheard", days=1)

    async def states() -> dict[str, str]:
        return {one.session_id: one.state for one in (await archive.sessions("shop", Filter())).sessions}

    role = asyncio.create_task(run_role("recorder", Settings(), redis_url))
    told = await eventually(states, lambda found: list(found.values()).count("closed") == 2)
    role.cancel()
    await asyncio.gather(role, return_exceptions=True)
    assert told == {"expired": "closed", "given-up": "closed", "unheard": "open", "lives": "open"}
    await archive.close()


async def test_what_fails_in_the_daily_work_ends_neither_the_rest_of_it_nor_the_recorder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streaming.archive.retiring.FIRST_S", 0.0)
    monkeypatch.setattr("streaming.archive.retiring.EVERY_S", 0.01)
    archive = AsyncMock()
    archive.settle.side_effect = ValueError
    archive.expire.side_effect = OSError
    daily = asyncio.create_task(retire_daily(archive, ArchivePolicy(), lambda: AT, AsyncMock()))

    async def tries() -> int:
        return 0 if daily.done() else archive.expire.await_count

    assert await eventually(tries, lambda count: count > 1, seconds=2) > 1
    daily.cancel()
    await asyncio.gather(daily, return_exceptions=True)
