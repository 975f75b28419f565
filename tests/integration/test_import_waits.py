"""`vivavoce sessions import` is done when what it brought is kept."""

import asyncio
import json
import wave
from pathlib import Path

import pytest

from streaming.app import run_role
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.bus import Bus
from streaming.cli import run
from streaming.config import Settings
from tests.chaos import coded
from tests.ensemble import ensemble
from tests.gateway import eventually


async def test_an_import_waits_for_the_recorder_so_that_the_next_one_knows_what_is_there(
    own_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VIVAVOCE_HOME", str(tmp_path / "home"))
    file = tmp_path / "call.wav"
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(coded.plan(7, 4).pcm().tobytes())
    async with ensemble(own_redis_url) as (where, bus):
        bring = ["sessions", "import", str(file), "--url", where, "--json"]
        bringing = asyncio.create_task(asyncio.to_thread(run, bring))
        assert await eventually(lambda: _ended(bus), bool), "all of it was heard"
        await asyncio.sleep(0.5)
        assert not bringing.done(), "nobody keeps it yet"
        recorder = asyncio.create_task(run_role("recorder", Settings(), own_redis_url))
        assert await asyncio.wait_for(bringing, 15) == 0
        archive = open_archive(ArchivePolicy(), tmp_path / "home")
        brought = json.loads(capsys.readouterr().out)["session"]
        assert (await archive.session("default", brought)).state == "closed"
        await archive.close()
        recorder.cancel()
        await asyncio.gather(recorder, return_exceptions=True)


async def _ended(bus: Bus) -> bool:
    """Whether the only session there is has come to its end."""
    for name in await bus.call("KEYS", "*:events"):
        log = await bus.read(name.decode())
        return log[-1].body.startswith(b'{"type":"session.ended"')
    return False
