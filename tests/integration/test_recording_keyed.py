"""Recorded with keys: what is brought in, run again, or paused, is its tenant's, and is what was said."""

import asyncio
import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streaming.archive.kept import Filter
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.store import Store
from streaming.cli import run
from streaming.client.client import Client
from streaming.events import AudioFormat, AudioGap, SessionEnded
from streaming.wire.messages import SessionStart
from tests.chaos import coded
from tests.ensemble import ensemble
from tests.gateway import eventually

KEYS = {"keys": ("shop:speak",), "readers": ("shop/ann:read", "bank/bob:other")}
SPEAK = ("--key", "speak")
READ = ("--reader-key", "read")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own."""
    monkeypatch.setenv("VIVAVOCE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


async def test_files_brought_in_and_run_again_with_keys_are_their_tenants_and_nobody_elses(
    own_redis_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "call.wav"
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(coded.plan(7, 6).pcm().tobytes())

    async def told(*words: str) -> tuple[int, Any, str]:
        code = await asyncio.to_thread(run, [*words, "--url", where, "--json"])
        written = capsys.readouterr()
        return code, json.loads(written.out) if written.out else None, written.err

    async with ensemble(own_redis_url, None, "recorder", **KEYS) as (where, _):
        bring = ("sessions", "import", str(file))
        code, refused, _ = await told(*bring, *SPEAK, "--reader-key", "guess")
        assert (code, "session" in refused) == (1, False)
        assert "key" in refused["failed"]
        code, brought, _ = await told(*bring, *SPEAK, *READ)
        assert (code, brought["seconds"]) == (0, 6.0)
        code, known, _ = await told(*bring, *SPEAK, *READ)
        assert (code, known["known"], known["session"]) == (0, True, brought["session"])
        code, again, _ = await told("replay", brought["session"], "--again", *SPEAK, *READ)
        assert (code, again["edits"], again["words"] > 10) == (0, 0, True)
        code, nothing, why = await told(
            "replay", brought["session"], "--again", *SPEAK, "--reader-key", "other"
        )
        assert (code, nothing, brought["session"] in why) == (1, None, True)


async def test_of_a_recorded_session_what_was_said_while_it_was_paused_is_silence(
    own_redis_url: str, home: Path
) -> None:
    said, secret = coded.plan(3, 3).pcm(), np.full(32_000, 0x7F11, "<i2")
    start = SessionStart(audio=AudioFormat(), record=True)
    async with (
        ensemble(own_redis_url, None, "recorder") as (where, _),
        Client(where, start=start) as client,
    ):
        await client.send(said.tobytes())
        client.pause()
        await client.send(secret.tobytes())
        client.unpause()
        await client.send(said.tobytes())
        client.end()
        events = [message.event async for message in client]
        assert isinstance(events[-1], SessionEnded)
        archive = open_archive(ArchivePolicy(), home)
        sound = await whole(archive, client.session_id)
        kept = [entry.body async for entry in archive.log("default", client.session_id)]
        await archive.close()
    assert sound == said.tobytes() + bytes(secret.nbytes) + said.tobytes()
    [gap] = [event for event in events if isinstance(event, AudioGap)]
    assert (gap.reason, gap.to_ms - gap.from_ms) == ("paused", 2_000)
    assert any(b'"audio.gap"' in body and b"paused" in body for body in kept)
    assert sum(one.gap_ms["paused"] for one in events[-1].accounting) == 2_000


async def whole(archive: Store, session_id: str) -> bytes:
    """Its sound, once all of it is kept."""

    async def states() -> list[str]:
        return [one.state for one in (await archive.sessions("default", Filter())).sessions]

    assert await eventually(states, lambda found: found == ["closed"]) == ["closed"]
    return b"".join([one.pcm async for one in archive.sound("default", session_id)])
