"""`vivavoce transcribe` into files, and `vivavoce chat` by speaking: real speech, a real service."""

import argparse
import json
import re
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from streaming import cli
from streaming.refusal import Usage
from streaming.talk.transcribe import Job, jobs
from tests import speech
from tests.stack import Stack

THANKS = "auth-thankyou"
CONFERENCE = "conf-getpin"


def written(path: Path, *parts: str | float, channels: int = 1) -> str:
    """A WAV of prompts; the second channel of two is silent."""
    pcm = speech.join(*parts)
    both = np.zeros((len(pcm), channels), np.int16)
    both[:, 0] = pcm
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, 16_000, 0, "NONE", ""))
        file.writeframes(both.tobytes())
    return str(path)


def heard(text: str, prompt: str) -> bool:
    """These words are in it, but for one."""
    return speech.errors(speech.plain(speech.said()[prompt]), speech.plain(text)) <= 1


@pytest.mark.models
def test_a_file_becomes_subtitles_and_several_become_files_of_a_folder(
    server: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thanks, pin = (
        written(tmp_path / "thanks.wav", 0.3, THANKS, 1),
        written(tmp_path / "pin.wav", 0.3, CONFERENCE, 1),
    )
    broken = tmp_path / "notes.wav"
    broken.write_text("no sound")
    url = ["--url", server.url]
    assert cli.run(["transcribe", thanks, "--srt", *url]) == 0
    out = capsys.readouterr().out
    first = re.match(r"1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n(.*)\n\n", out, re.DOTALL)
    assert first
    assert heard(first[1], THANKS)
    made = tmp_path / "made"
    assert cli.run(["transcribe", thanks, str(broken), pin, "-o", str(made / "x"), "--vtt", *url]) == 1
    told = capsys.readouterr().err
    assert "notes.wav is no sound file" in told
    assert "1 of 3 files were not written down" in told
    assert sorted(path.name for path in (made / "x").iterdir()) == ["pin.vtt", "thanks.vtt"]
    assert (made / "x" / "pin.vtt").read_text().startswith("WEBVTT\n\n1\n")


@pytest.mark.models
def test_the_ending_of_the_file_says_what_it_is_and_channels_are_speakers(
    server: Stack, tmp_path: Path
) -> None:
    call = written(tmp_path / "call.wav", 0.3, THANKS, 1, channels=2)
    for name in ("call.json", "call.txt"):
        words = ["transcribe", call, "--split", "-o", str(tmp_path / name), "--url", server.url]
        assert cli.run(words) == 0
    events = [json.loads(line) for line in (tmp_path / "call.json").read_text().splitlines()]
    assert events[0]["type"] == "session.started"
    assert events[-1]["type"] == "session.ended"
    lines = (tmp_path / "call.txt").read_text().splitlines()
    assert re.match(r"Session \S+, 20\d\d-\d\d-\d\d ", lines[0])
    assert [line.split("] ")[1].split(":")[0] for line in lines[2:]] == ["Speaker 1"]
    assert heard(lines[2].partition(": ")[2], THANKS)


@pytest.mark.models
def test_who_speaks_to_the_model_sees_what_was_heard_and_its_answer(
    server: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = written(tmp_path / "asked.wav", 0.3, THANKS, 1.5)
    assert cli.run(["chat", "--wav", asked, "--language", "en", "--url", server.url]) == 0
    said, *reply = capsys.readouterr().out.splitlines()
    assert heard(said, THANKS)
    assert reply[0].startswith("> ")
    assert len(reply[0]) > 4


@pytest.mark.models
@pytest.mark.parametrize("shape", [["--json"], []])
def test_a_reader_that_goes_away_ends_the_command_without_a_word(
    server: Stack, tmp_path: Path, shape: list[str]
) -> None:
    long = written(tmp_path / "long.wav", 0.3, *[THANKS, 1.2, CONFERENCE, 1.2] * 3)
    words = [sys.executable, "-m", "vivavoce", "transcribe", long, *shape, "--url", server.url]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as command:
        assert command.stdout
        assert command.stderr
        assert command.stdout.readline()
        command.stdout.close()
        assert command.stderr.read() == b""
    assert command.returncode in (1, 141)


def asked(*words: str) -> argparse.Namespace:
    return cli.parser().parse_args(["transcribe", *words])


def test_what_goes_where(tmp_path: Path) -> None:
    folder = str(tmp_path)
    assert jobs(asked("a.mp3")) == [Job("a.mp3")]
    assert jobs(asked("mic", "-o", "x.SRT")) == [Job("mic", "srt", Path("x.SRT"))]
    assert jobs(asked("a.mp3", "--vtt", "-o", "x.out")) == [Job("a.mp3", "vtt", Path("x.out"))]
    assert jobs(asked("a.mp3", "-o", folder)) == [Job("a.mp3", "txt", tmp_path / "a.txt")]
    same = jobs(asked("a.mp3", "a.wav", "b.wav", "-o", folder, "--srt"))
    assert [job.out and job.out.name for job in same] == ["a.mp3.srt", "a.wav.srt", "b.srt"]
    for wrong in (
        ["a.mp3", "mic"],
        ["a.mp3", "b.mp3", "--srt"],
        ["x/a.mp3", "y/a.mp3", "-o", folder],
        ["a.mp3", "b.mp3", "-o", __file__],
    ):
        with pytest.raises(Usage):
            jobs(asked(*wrong))
