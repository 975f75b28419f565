"""`vivavoce sessions` against a real gateway and archive."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from streaming import cli
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.bus import Bus
from tests.call_kept import BEGAN, SID, keep, kept
from tests.gateway import Gateway
from tests.integration.test_rest_sound import decoded

Vivavoce = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
async def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """A home whose archive has a call of tenant `desk`."""
    monkeypatch.setenv("VIVAVOCE_HOME", str(tmp_path))
    archive = open_archive(ArchivePolicy(), tmp_path)
    made = await keep(archive, kept("desk"))
    await keep(archive, kept("desk", session_id="call-2", started_at=BEGAN + 1, metadata={"desk": "8"}), 0.5)
    await archive.close()
    return made


@pytest.fixture
async def vivavoce(
    redis_url: str, bus: Bus, sound: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Vivavoce]:
    """Runs `vivavoce sessions ...`; its exit code, and what it wrote and complained of."""
    assert len(sound)
    gateway = await Gateway(redis_url, readers=("desk/ann:k1",)).up()

    async def run(*arguments: str, key: str = "k1") -> tuple[int, str, str]:
        where = ("--url", f"http://127.0.0.1:{gateway.port}", "--key", key)
        code = await asyncio.to_thread(cli.run, ["sessions", *arguments, *where])
        written = capsys.readouterr()
        return code, written.out, written.err

    yield run
    await gateway.down()


async def test_sessions_are_listed_shown_and_searched_in_the_terminal(vivavoce: Vivavoce) -> None:
    _, listed, _ = await vivavoce("list")
    assert [line.split()[0] for line in listed.splitlines()] == ["session", "call-2", SID]
    assert "0:00:35" in listed
    _, some, _ = await vivavoce("list", "--metadata", "desk=7", "--since", "2023-11-14", "--json")
    assert [json.loads(line)["session_id"] for line in some.splitlines()] == [SID]
    _, live, _ = await vivavoce("list", "--live", "--json")
    assert live == ""
    _, shown, _ = await vivavoce("show", SID)
    assert "[00:00:06] Speaker 2: My number is [card number]" in shown
    assert "verdicts: card" in shown
    _, found, _ = await vivavoce("search", '"water works" help')
    assert [line.split()[:2] for line in found.splitlines()[1:3]] == [["call-2", "0:00:00"], [SID, "0:00:00"]]
    _, inside, _ = await vivavoce("search", "here", "--session", SID, "--json")
    assert json.loads(inside)["line"]["number"] == 3


async def test_a_session_is_exported_to_a_file_or_a_pipe(
    vivavoce: Vivavoce, sound: np.ndarray, tmp_path: Path
) -> None:
    file = tmp_path / "call.flac"
    assert (await vivavoce("export", SID, "-o", str(file)))[0] == 0
    assert np.array_equal(decoded(file.read_bytes()), sound)
    _, text, _ = await vivavoce("export", SID, "--format", "vtt")
    assert text.startswith("WEBVTT\n\n1\n00:00:00.500 --> ")
    code, _, told = await vivavoce("export", "none", "-o", str(tmp_path / "none.srt"))
    assert (code, "no session none" in told) == (1, True)
    code, _, told = await vivavoce("export", SID, "-o", str(tmp_path / "call.doc"))
    assert (code, ".srt" in told) == (2, True)
    assert sorted(path.name for path in tmp_path.glob("*.*") if path.is_file()) == ["call.flac"]


async def test_an_export_that_breaks_off_leaves_no_file(
    vivavoce: Vivavoce, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> AsyncIterator[bytes]:
        yield bytes(100_000)
        raise OSError("the disk is gone")

    monkeypatch.setattr("streaming.ingress.rest.hearing._written", broken)
    code, _, told = await vivavoce("export", SID, "-o", str(tmp_path / "call.wav"))
    assert (code, told.count("\n")) == (1, 1)
    assert [path.name for path in tmp_path.iterdir() if "wav" in path.name] == []


async def test_forgetting_is_asked_about_and_cannot_be_taken_back(
    vivavoce: Vivavoce, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _, told = await vivavoce("forget", SID)
    assert (code, "--yes" in told) == (2, True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert (await vivavoce("forget", SID))[0] == 1
    assert (await vivavoce("show", SID))[0] == 0
    code, told, _ = await vivavoce("forget", SID, "--yes")
    assert (code, told) == (0, f"{SID} is forgotten\n")
    assert (await vivavoce("show", SID))[0] == 1
    assert (await vivavoce("show", "call-2"))[0] == 0


async def test_a_wrong_key_or_time_is_told_in_one_line(vivavoce: Vivavoce) -> None:
    for arguments, key, code, part in (
        (("list",), "k2", 1, "VIVAVOCE_SERVER__READERS"),
        (("list", "--since", "yesterday"), "k1", 2, "2026-11-24"),
        (("search", "..."), "k1", 1, "no word"),
        (("list", "--metadata", "desk"), "k1", 2, "NAME=VALUE"),
    ):
        done, out, told = await vivavoce(*arguments, key=key)
        assert (done, out, told.count("\n")) == (code, "", 1)
        assert part in told
