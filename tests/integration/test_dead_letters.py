"""Work that was given up: its sound stays for people, who list it, export it, and drop it."""

import asyncio
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from streaming import cli, dead, keys
from streaming.bus import Bus
from streaming.events import AudioFormat
from streaming.facts import SessionConfig

SID = "ab12"
PCM = (np.arange(3_200) * 7 % 20_011).astype("<i2").tobytes()
Vivavoce = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
async def given_up(bus: Bus) -> str:
    """A session whose sound no recogniser survived."""
    config = SessionConfig(session_id=SID, audio=AudioFormat(channels=2))
    await bus.call("HSET", keys.session(SID), "config", msgspec.json.encode(config))
    for end in (800, 1_600):  # samples a channel; four bytes each
        piece = PCM[(end - 800) * 4 : end * 4]
        await bus.call("XADD", keys.audio(SID), f"{end}-0", "pcm", piece)
    await bus.append(keys.events(SID), b"{}", ttl_ms=1_000)
    await dead.put_aside(bus, "asr", SID, 7)
    return SID


@pytest.fixture
def vivavoce(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Vivavoce:
    """Runs `vivavoce dead ...`; its exit code, and what it wrote and complained of."""
    monkeypatch.setenv("VIVAVOCE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REDIS_URL", redis_url)

    async def run(*arguments: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(cli.run, ["dead", *arguments])
        written = capsys.readouterr()
        return code, written.out, written.err

    return run


async def test_what_was_given_up_stays_for_a_week_however_short_its_session_was_to_live(
    bus: Bus, given_up: str
) -> None:
    week, names = 7 * 86_400_000, [keys.session(given_up), keys.audio(given_up), keys.events(given_up)]
    for _ in range(2):
        left = [await bus.call("PTTL", name) for name in names]
        assert all(week - 60_000 < ms <= week for ms in left), left
        for name in names:  # whoever serves its client touches it once more
            await bus.call("PEXPIRE", name, keys.KEPT_MS)
        await dead.keep(bus, 7)


async def test_a_letter_older_than_that_is_gone(bus: Bus, given_up: str) -> None:
    later = await bus.call("TIME")
    await bus.call("XADD", dead.DEAD, f"{int(later[0]) + 60}000-0", "role", "asr", "sid", "cd34")
    await asyncio.sleep(0.01)
    await dead.keep(bus, 1e-8)  # about a millisecond
    assert [letter.session_id for letter in await dead.letters(bus)] == ["cd34"]


async def test_the_command_lists_exports_and_drops(
    bus: Bus, given_up: str, vivavoce: Vivavoce, tmp_path: Path
) -> None:
    code, listed, _ = await vivavoce("list")
    assert (code, listed.split()[:2]) == (0, [given_up, "asr"])
    file = tmp_path / "kept.wav"
    assert (await vivavoce("export", given_up, str(file)))[0] == 0
    code, _, told = await vivavoce("export", given_up, str(tmp_path / "none" / "sound.wav"))
    assert (code, "cannot be written" in told) == (1, True)
    with wave.open(str(file)) as kept:
        assert (kept.getnchannels(), kept.getframerate(), kept.readframes(9_999)) == (2, 16_000, PCM)
    assert (await vivavoce("drop", given_up))[0] == 0
    assert await bus.call("KEYS", f"*{given_up}*") == []
    assert (await vivavoce("list"))[1] == ""
    for again in (("drop", given_up), ("export", given_up, str(file))):
        code, _, complained = await vivavoce(*again)
        assert (code, f"session {given_up}" in complained) == (2, True)
