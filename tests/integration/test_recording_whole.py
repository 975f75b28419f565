"""The whole of it, each role a process: a session is recorded though its recorder is killed, and played again; files
are brought in, once; recorded sound goes through the recogniser again."""

import asyncio
import json
import time
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from streaming import keys, roster
from streaming.archive.kept import Kept
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.store import Store
from streaming.bus import Bus
from streaming.cli import run
from streaming.events import SessionEnded
from streaming.machine import home
from tests import speech
from tests.conftest import running_redis
from tests.conversation import Conversation
from tests.gateway import eventually
from tests.stack import Stack

pytestmark = [pytest.mark.models, pytest.mark.slow]
ROLES = ("gateway", "asr", "moderator", "recorder")
PROMPT = "conf-onlyone"
WORDS = speech.plain(speech.said()[PROMPT])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of the test's own, with the models of the real one."""
    place = tmp_path_factory.mktemp("home")
    (place / "models").symlink_to(home.prepare() / "models")
    yield place
    (place / "models").unlink()


@pytest.fixture(scope="module")
def service(house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = {"VIVAVOCE_HOME": str(house), "VIVAVOCE_ASR__MODEL": "tiny.en"}
    settings |= {"VIVAVOCE_RECORDER__BATCH_S": "0.5", "VIVAVOCE_RECORDER__LOOK_S": "0.1"}
    settings |= {"VIVAVOCE_SERVER__MAX_LOAD": "1000"}
    with running_redis() as url:
        stack = Stack(url, tmp_path_factory.mktemp("logs"), settings)
        stack.start(*ROLES)
        try:
            _await(stack)
            yield stack
        finally:
            stack.close()


def _await(stack: Stack) -> None:
    """Until all are there but the responder, whom nobody needs here."""
    deadline = time.monotonic() + 60
    while stack.readyz().get("missing") != ["responder"] or not _recorder(stack):
        assert time.monotonic() < deadline, stack.log()[-4_000:]
        time.sleep(0.1)


def _recorder(stack: Stack) -> bool:
    return any(worker["role"] == "recorder" for worker in stack.readyz().get("workers", ()))


@pytest.fixture
async def archive(house: Path) -> AsyncIterator[Store]:
    archive = open_archive(ArchivePolicy(), house)
    yield archive
    await archive.close()


async def closed(archive: Store, session_id: str) -> Kept:
    """The session, once all of it is kept."""
    async with asyncio.timeout(15):
        while True:
            progress = await archive.progress(session_id)
            if progress.last_id != "0-0":
                kept = await archive.session("default", session_id)
                if kept.state == "closed":
                    return kept
            await asyncio.sleep(0.1)


async def test_a_session_is_kept_to_the_byte_and_to_the_sample_though_its_recorder_is_killed(
    service: Stack, archive: Store
) -> None:
    pcm = speech.join(0.5, PROMPT, 1.0, PROMPT, 1.0, PROMPT, 1.0)
    stereo = np.stack([pcm, np.roll(pcm, 8_000)], axis=1)
    bus = Bus(service.redis_url)
    async with Conversation(service.url, channels=2, record=True, language="en") as talk:
        sid = talk.client.session_id
        half = len(stereo) // 2 // 1_600 * 1_600
        await talk.play(stereo[:half], pace=4)
        async with asyncio.timeout(15):
            while not (await archive.progress(sid)).samples:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.05)
        await asyncio.to_thread(service.kill, "recorder")
        await talk.play(stereo[half:], pace=4)
        service.start("recorder")
        talk.client.end()
        await talk.until(SessionEnded)
    kept = await closed(archive, sid)
    log = [(entry.id, entry.body) async for entry in archive.log("default", sid)]
    assert log == [(entry.id, entry.body) for entry in await bus.read(keys.events(sid))]
    seen = [arrival.message.raw for arrival in talk.arrivals if arrival.message.id]
    assert [json.loads(raw)["id"] for raw in seen] == [entry for entry, _ in log]
    assert b"".join([one.pcm async for one in archive.sound("default", sid)]) == stereo.tobytes()
    assert (kept.channels, kept.origin) == (2, "live")
    assert abs(kept.duration_ms - len(pcm) / 16) <= 1
    assert kept.words >= len(WORDS)
    assert await eventually(lambda: archive.cached("default", sid, "peaks"), bool)
    assert 0 < await bus.call("PTTL", keys.events(sid)) <= keys.KEPT_MS
    assert "recorder" in {worker.role for worker in await roster.present(bus)}
    await bus.close()


async def test_a_card_number_that_was_said_is_silent_in_the_recording_though_its_recorder_is_killed(
    service: Stack, archive: Store
) -> None:
    number = speech.dictated()
    parts = [speech.join(0.5, PROMPT, 0.4), number, speech.join(0.6, PROMPT, 1.5)]
    begin, end = len(parts[0]), len(parts[0]) + len(number)
    said = np.concatenate(parts)
    said = said[: len(said) // 1_600 * 1_600]
    stereo = np.stack([np.resize(speech.join(PROMPT, 0.5), len(said)), said], axis=1)
    async with Conversation(service.url, channels=2, record=True, language="en") as talk:
        sid = talk.client.session_id
        middle = (begin + end) // 2 // 1_600 * 1_600
        await talk.play(stereo[:middle], pace=2)
        async with asyncio.timeout(15):
            while (await archive.progress(sid)).samples < begin + 16_000:  # noqa: ASYNC110 - another process writes
                await asyncio.sleep(0.05)
        kept = np.frombuffer(b"".join([one.pcm async for one in archive.sound("default", sid)]), "<i2")
        assert kept.reshape(-1, 2)[begin:, 1].any(), "nobody knows yet what is being said"
        await asyncio.to_thread(service.kill, "recorder")
        await talk.play(stereo[middle:], pace=2)
        service.start("recorder")
        talk.client.end()
        await talk.until(SessionEnded)
    session = await closed(archive, sid)
    sound = np.frombuffer(b"".join([one.pcm async for one in archive.sound("default", sid)]), "<i2")
    heard = sound.reshape(-1, 2)
    assert "pii/card" in session.verdicts
    assert (heard[:, 0] == stereo[:, 0]).all(), "whoever else speaks is not silenced"
    assert not heard[begin:end, 1].any()
    changed = np.flatnonzero(heard[:, 1] != stereo[:, 1])
    assert begin - changed[0] < 16_000, "of what was said around it at most a word is gone"
    assert changed[-1] - end < 16_000


def recording(path: Path, pcm: np.ndarray, rate: int = 16_000) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(pcm.astype("<i2").tobytes())
    return path


async def test_files_are_brought_in_once_and_one_that_fails_is_named(
    service: Stack, archive: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "calls" / "may"
    folder.mkdir(parents=True)
    pcm = speech.join(0.5, PROMPT, 1.0)
    recording(folder / "one.wav", pcm)
    recording(tmp_path / "calls" / "same.wav", pcm)
    (folder / "broken.mp3").write_bytes(b"no sound at all")
    (folder / "readme.txt").write_bytes(b"not meant")
    words = ["sessions", "import", str(tmp_path / "calls"), "--url", service.url, "--language", "en"]
    assert await asyncio.to_thread(run, [*words, "--metadata", "desk=berlin", "--json"]) == 1
    told = {Path(one["file"]).name: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    assert set(told) == {"one.wav", "same.wav", "broken.mp3"}
    assert "no sound file" in told["broken.mp3"]["failed"]
    fresh, known = sorted((told["one.wav"], told["same.wav"]), key=lambda one: one.get("known", False))
    assert known["known"]
    assert known["session"] == fresh["session"]
    kept = await archive.session("default", fresh["session"])
    assert kept.state == "closed", "another import that comes now would not know it"
    assert (kept.origin, kept.metadata["desk"]) == ("import", "berlin")
    assert b"".join([one.pcm async for one in archive.sound("default", kept.session_id)]) == pcm.tobytes()
    assert await asyncio.to_thread(run, [*words, "--json"]) == 1
    again = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["session"] for one in again if one.get("known")] == [kept.session_id] * 2


async def test_recorded_sound_is_run_again_and_what_changed_is_told(
    service: Stack, archive: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = recording(tmp_path / "call.wav", speech.join(0.5, PROMPT, 1.0))
    words = ["sessions", "import", str(path), "--url", service.url, "--language", "en", "--json", "--anyway"]
    assert await asyncio.to_thread(run, words) == 0
    first = json.loads(capsys.readouterr().out)["session"]
    await closed(archive, first)
    again = ["replay", first, "--again", "--url", service.url, "--record"]
    assert await asyncio.to_thread(run, [*again, "--json"]) == 0
    found = msgspec.json.decode(capsys.readouterr().out)
    assert (found["session"], found["edits"], found["changes"]) == (first, 0, [])
    assert found["words"] >= len(WORDS) - 2
    assert found["old_made_by"] == found["new_made_by"]
    assert found["new_latency"] == {"first": None, "commit": None}
    kept = await closed(archive, found["again"])
    assert (kept.origin, kept.parent) == ("again", first)
    assert (
        await asyncio.to_thread(run, ["replay", first, "--speed", "16", "--url", service.url, "--json"]) == 0
    )
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert shown[-1]["type"] == "session.ended"
    assert await asyncio.to_thread(run, ["replay", "nobody", "--again", "--url", service.url]) == 1
    assert "nobody" in capsys.readouterr().err
