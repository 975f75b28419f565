"""`vivavoce transcribe` and `chat` as clients, and the examples that people copy."""

import argparse
import ast
import asyncio
import inspect
import io
import re
import sys
import textwrap
import wave
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from streaming import cli, keys
from streaming.bus import Bus
from streaming.client import client
from streaming.events import SessionEnded
from streaming.facts import Ended, Mark, Skipped, SoundEnded
from streaming.feed import Entry
from streaming.refusal import Refusal
from streaming.soundfile import Missed, SoundError, SoundFile
from streaming.talk import chat, reach, transcribe
from tests.gateway import Gateway, eventually
from tests.odd_server import OddServer, refused, started, then


def options(command: str, url: str, **more: object) -> argparse.Namespace:
    words = [command, *map(str, cast(list[object], more.pop("source", []))), "--url", url]
    asked = cli.parser().parse_args(words)
    vars(asked).update(more)
    return asked


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """A second of silence."""
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))
    return str(path)


async def end_of(bus: Bus, key: Callable[[str], str], mark: object) -> list[Entry]:
    """Once the client has ended the one session by `mark`: end it as the moderator does. What the stream holds."""
    [name] = await eventually(lambda: bus.call("ZRANGE", keys.LIVE, 0, -1), lambda found: found)
    sid = name.decode()
    body = msgspec.json.encode(mark)
    entries = await eventually(lambda: bus.read(key(sid)), lambda got: got and got[-1].body == body)
    assert entries[-1].body == body
    ended = msgspec.json.encode(SessionEnded("client", []))
    await bus.append(keys.events(sid), ended, ttl_ms=60_000)
    return entries


async def test_a_line_of_the_chat_that_is_too_long_is_answered_by_its_error_and_the_next_is_read(
    gateway: Gateway, bus: Bus, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x" * 8_001 + "\n" + "y" * 8_001 + "\n"))
    talking = asyncio.create_task(asyncio.to_thread(chat.run, options("chat", gateway.url)))
    try:
        await end_of(bus, keys.heard, SoundEnded([]))
        await asyncio.wait_for(talking, 5)
    finally:
        talking.cancel()
    assert capsys.readouterr().out.count("error: text must have 1 to 8000 characters") == 2


async def test_a_fault_in_the_middle_of_a_command_is_one_refusal(recording: str) -> None:
    async with OddServer(then(started, refused("bad_thing", 1008))) as server:
        asked = options("transcribe", server.url, source=[recording], realtime=True)
        with pytest.raises(Refusal, match="told: bad_thing"):
            await asyncio.to_thread(transcribe.run, asked)


async def test_a_file_that_breaks_in_the_middle_is_one_refusal(
    recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def frames(_: SoundFile) -> Iterator[bytes]:
        yield bytes(3_200)
        raise SoundError("The sound is broken from here on")

    async def silent(socket: Any) -> None:
        await socket.wait_closed()

    monkeypatch.setattr(SoundFile, "frames", frames)
    async with OddServer(then(started, silent)) as server:
        asked = options("transcribe", server.url, source=[recording])
        with pytest.raises(Refusal, match="broken from here on"):
            await asyncio.to_thread(transcribe.run, asked)


async def test_what_is_neither_a_fault_nor_a_refusal_is_not_hidden(
    recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def frames(_: SoundFile) -> Iterator[bytes]:
        raise LookupError("a bug")

    monkeypatch.setattr(SoundFile, "frames", frames)
    async with OddServer(started) as server:
        asked = options("transcribe", server.url, source=[recording])
        with pytest.raises(ExceptionGroup) as caught:
            await asyncio.to_thread(transcribe.run, asked)
    assert isinstance(caught.value.exceptions[0], LookupError)


async def test_what_the_microphone_missed_stands_in_the_session_as_skipped(
    gateway: Gateway, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def heard() -> Any:
        yield bytes(1_600)
        yield Missed(4_000)
        yield bytes(3_200)

    monkeypatch.setattr(reach, "microphone", heard)
    listening = asyncio.create_task(
        asyncio.to_thread(transcribe.run, options("transcribe", gateway.url, source=["mic"]))
    )
    try:
        entries = await end_of(bus, keys.audio, Ended(800 + 4_000 + 1_600))
        await asyncio.wait_for(listening, 5)
    finally:
        listening.cancel()
    marks = [msgspec.json.decode(entry.body, type=Mark) for entry in entries if entry.body]
    assert marks == [Skipped(4_000), Ended(800 + 4_000 + 1_600)]


@pytest.mark.parametrize("command", ["transcribe", "chat"])
async def test_what_is_said_or_typed_in_the_terminal_is_recorded_if_that_is_asked_for(
    gateway: Gateway, bus: Bus, recording: str, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    source = [recording] if command == "transcribe" else []
    words = [command, *source, "--record", "--url", gateway.url]
    running = asyncio.create_task(asyncio.to_thread(cli.run, words))
    await (end_of(bus, keys.audio, Ended(16_000)) if source else end_of(bus, keys.heard, SoundEnded([])))
    assert await asyncio.wait_for(running, 10) == 0
    [job] = [entry for key in keys.all_jobs("recorder") for entry in await bus.read(key)]
    assert job


# ---- examples -----------------------------------------------------------------------------------------------------


def readme() -> str:
    text = (Path(cli.__file__).parents[1] / "README.md").read_text()
    [example] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return example


def docstring() -> str:
    lines = inspect.getdoc(client) or ""
    return textwrap.dedent("\n".join(line for line in lines.splitlines() if line.startswith("    ")))


@pytest.mark.parametrize("example", [readme, docstring])
async def test_the_example_runs_as_it_stands(
    example: Callable[[], str], gateway: Gateway, bus: Bus, capsys: pytest.CaptureFixture[str]
) -> None:
    text = example()
    assert text.count("http://127.0.0.1:8080") == 1
    here = text.replace("http://127.0.0.1:8080", f"http://127.0.0.1:{gateway.port}")
    code = compile(here, "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    work = cast(Awaitable[None], eval(code, {"pcm": bytes(32_000)}))  # noqa: S307
    running = asyncio.ensure_future(work)
    try:
        rate = 8_000 if "8_000" in text else 16_000
        await end_of(bus, keys.audio, Ended(16_000 * 16_000 // rate))
        await asyncio.wait_for(running, 5)
    finally:
        running.cancel()
    assert "SessionEnded(reason='client'" in capsys.readouterr().out
