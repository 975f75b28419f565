"""`vivavoce bench asr`, against a server of ours and against what speaks its peers' protocols."""

import asyncio
import json
import wave
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve

from streaming import cli
from streaming.bench import peers, processes, speech
from streaming.bench.figures import Row
from streaming.bench.native import Page, Vivavoce
from streaming.bench.sights import Sight, changed
from streaming.events import SpeechStarted, TranscriptFinal, TranscriptPartial
from streaming.refusal import Refusal, Usage
from tests.stack import Stack, free_port

SOUND = (np.sin(np.arange(8_000) / 9) * 9_000).astype(np.int16)


@pytest.mark.models
def test_the_bench_measures_a_running_server_on_real_speech(
    server: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, drawn = tmp_path / "figures.json", tmp_path / "words.svg"
    gateway = f"http://127.0.0.1:{server.port}"
    options = ["--seconds", "3", "--turns", "1", "--clients", "2", "--json", str(told), "--plot", str(drawn)]
    assert cli.run(["bench", "asr", "--url", gateway, *options]) == 0
    whole = json.loads(told.read_text())
    [row] = whole["rows"]
    assert [bool(one["said"] and one["heard"] and one["offline"]) for one in whole["texts"]] == [True, True]
    assert set(row) == set(Row.__struct_fields__)
    assert any(ref.startswith("base@") for ref in whole["models"])
    assert (row["clients"], row["changed"], row["unaccounted_ms"]) == (2, 0, 0.0)
    assert row["wer"] <= 25
    assert row["missed"] <= 25
    assert row["finalize"]["n"] == 2
    assert 0 < row["first"]["p50"] <= row["commit"]["p50"]
    assert row["endpoint"]["p95"] > 0
    assert row["cpu"] > 0
    assert row["peak_rss_mb"] > 20
    assert "<svg" in drawn.read_text()
    assert "finalize" in capsys.readouterr().out


def test_the_page_is_all_that_a_viewer_has_of_the_session() -> None:
    page = Page()
    events = [
        TranscriptPartial(1, 2, 1, "Well", 4),
        TranscriptPartial(0, 1, 1, "Good buy", 4),
        TranscriptFinal(0, 1, "Good bye.", 0, 9, [], "en", 1.0, "m"),
        SpeechStarted(0, 10),
        TranscriptPartial(1, 2, 2, "Well, now", 9),
        TranscriptFinal(1, 2, "", 10, 20, [], "en", 0.0, "m"),
    ]
    sights = [sight for at, event in enumerate(events) if (sight := page.see(event, at))]
    assert sights == [
        Sight(0, "Well", 4, 0),
        Sight(1, "Good buy Well", 4, 0),
        Sight(2, "Good bye. Well", 14, 9),
        Sight(4, "Good bye. Well, now", 19, 9),
        Sight(5, "Good bye.", 9, 9),
    ]
    assert changed(sights[2:]) == 2  # a blank final took two words back that were stable


async def test_a_server_that_is_not_there_is_named() -> None:
    url = f"127.0.0.1:{free_port()}"
    with pytest.raises(Refusal, match=url):
        await Vivavoce(f"http://{url}", None, "en").stream(SOUND)
    with pytest.raises(Refusal, match=f"whisperlive at ws://{url}"):
        await peers.peer(f"whisperlive=ws://{url}", "en").stream(SOUND)


@asynccontextmanager
async def speaking(talk: Callable[[ServerConnection], Awaitable[None]]) -> AsyncGenerator[str]:
    async with serve(talk, "127.0.0.1", 0, max_size=None) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


async def test_whisperlive_is_driven_by_its_own_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "QUIET_S", 0.2)
    got: list[Any] = []

    def said(*segments: tuple[float, str, bool]) -> str:
        rows = [
            {"start": f"{at:.3f}", "end": "9", "text": text, "completed": sure} for at, text, sure in segments
        ]
        return json.dumps({"uid": "u", "segments": rows})

    async def talk(socket: ServerConnection) -> None:
        got.append(json.loads(await socket.recv()))
        await socket.send(json.dumps({"uid": "u", "message": "SERVER_READY", "backend": "faster_whisper"}))
        got.append(await socket.recv())
        await socket.send(said((0.0, " Thank", False)))
        await socket.send(said((0.0, " Thank you.", True), (2.0, " Good", False)))
        await socket.send(said((2.5, " Goodbye.", True)))
        while (frame := await socket.recv()) != b"END_OF_AUDIO":
            got.append(frame)

    async with speaking(talk) as url:
        heard = await peers.peer(f"whisperlive={url}", "en").stream(SOUND)
    assert [(one.text, one.text[: one.fixed]) for one in heard.sights] == [
        ("Thank", ""),
        ("Thank you. Good", "Thank you."),
        ("Thank you. Goodbye.", "Thank you. Goodbye."),
    ]
    assert (got[0]["task"], got[0]["language"]) == ("transcribe", "en")
    played = np.frombuffer(b"".join(got[1:]), np.float32)
    assert np.array_equal(np.round(played * 32768).astype(np.int16), SOUND)


async def test_whisperlivekit_is_driven_by_its_own_protocol() -> None:
    got: list[bytes] = []

    async def talk(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "config", "useAudioWorklet": True}))
        silent = {"speaker": -2, "text": None}
        for lines, rest in (([], "Thank"), ([silent, {"text": " Thank you."}], " Good")):
            await socket.send(json.dumps({"status": "", "lines": lines, "buffer_transcription": rest}))
        while frame := await socket.recv():
            assert isinstance(frame, bytes)
            got.append(frame)
        await socket.send(json.dumps({"type": "ready_to_stop"}))
        await socket.send(json.dumps({"status": "", "lines": [{"text": "too late"}]}))

    async with speaking(talk) as url:
        heard = await peers.peer(f"whisperlivekit={url}/asr", "en").stream(SOUND)
    assert [(one.text, one.text[: one.fixed]) for one in heard.sights] == [
        ("Thank", ""),
        ("Thank you. Good", "Thank you."),
    ]
    assert b"".join(got) == SOUND.tobytes()
    assert not peers.peer("whisperlivekit=ws://x/asr", "en").finalizes


@pytest.mark.parametrize("told", ["whisper", "whisperlive=http://x", "other=ws://x"])
def test_a_peer_that_is_not_known_is_refused(told: str) -> None:
    with pytest.raises(Usage, match="whisperlivekit"):
        peers.peer(told, "en")


def clip(folder: Path, name: str) -> None:
    with wave.open(str(folder / f"{name}.wav"), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes((np.sin(np.arange(16_000) / 9) * 9_000).astype("<i2").tobytes())


def test_transcripts_are_read_as_corpora_have_them(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d", "lost"):
        clip(tmp_path, name)
    (tmp_path / "one.trans.txt").write_text("a SAID A\n; a remark\nnobody NO\n")
    (tmp_path / "two.tsv").write_text("b.wav\tSaid b.\n")
    (tmp_path / "three.txt").write_text("c|Said 3.|Said c.\nd: Said d.\n")
    found = {clip.path.stem: clip.text for clip in speech.clips(tmp_path)}
    assert found == {"a": "SAID A", "b": "Said b.", "c": "Said c.", "d": "Said d."}
    played = speech.script(speech.clips(tmp_path), 1, 5)
    assert [round(span.end - span.begin, 6) for span in played.spans] == [2.0, 2.0]
    assert abs(played.seconds - (0.5 + 2 * 2.9)) < 0.01


def test_speech_that_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="apt install asterisk-core-sounds-fr asterisk-core-sounds-fr-wav"):
        speech.clips(None, "fr", tmp_path)
    with pytest.raises(Usage, match="--speech"):
        speech.clips(None, "xx", tmp_path)
    with pytest.raises(Usage, match="No line"):
        speech.clips(tmp_path)


async def test_the_cost_of_a_server_is_that_of_all_its_processes() -> None:
    child = "x = bytearray(60 << 20)\nwhile True: pass"
    spin = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    server = await asyncio.create_subprocess_exec("python3", "-c", spin, start_new_session=True)
    try:
        async with processes.Meter(server.pid) as meter:
            await asyncio.sleep(1.2)
        assert len(processes.tree(server.pid)) == 2
        assert meter.cost
        assert meter.cost.cpu_s > 0.1
        assert meter.cost.peak_rss_mb > 60
    finally:
        for pid in reversed(processes.tree(server.pid)):
            await asyncio.create_subprocess_exec("kill", "-9", str(pid))
        await server.wait()


def test_a_server_is_found_by_its_port(server: Stack) -> None:
    found = processes.listener(server.port)
    assert found is not None
    assert "gateway" in Path(f"/proc/{found}/cmdline").read_text()
    assert processes.listener(free_port()) is None
