"""Real speech for tests: the telephone prompts of Debian's asterisk-core-sounds-en-wav, whose words are known."""

import gzip
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

SOUNDS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
MUSIC = Path("/usr/share/asterisk/moh")
WORDS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
RATE = 16_000

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CARD = "4917484589897107"
"""A test number that passes Luhn's check. Whisper cannot count a digit said many times in a row: this has none."""

Pcm = NDArray[np.int16]


@cache
def prompt(name: str) -> Pcm:
    """The prompt `name`, such as "auth-thankyou" or "digits/4", at 16 kHz."""
    path = SOUNDS / f"{name}.wav"
    assert path.exists(), f"the tests need Debian's asterisk-core-sounds-en-wav ({path})"
    return _read(path)


@cache
def music(name: str) -> Pcm:
    """A piece of real music on hold, such as "reno_project-system"."""
    path = MUSIC / f"{name}.wav"
    assert path.exists(), f"the tests need Debian's asterisk-moh-opsound-wav ({path})"
    return _read(path)


def _read(path: Path) -> Pcm:
    resampler: Any = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(path)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([cast(Pcm, frame.to_ndarray()[0]) for frame in frames])


@cache
def said() -> dict[str, str]:
    """What each prompt says."""
    lines = gzip.decompress(WORDS.read_bytes()).decode("utf-8").splitlines()
    pairs = (line.split(": ", 1) for line in lines if ": " in line and not line.startswith(";"))
    return {name: text.strip() for name, text in pairs}


def silence(seconds: float) -> Pcm:
    """So much of the faint noise of a quiet room (-70 dBFS)."""
    noise = np.random.default_rng(1).normal(0, 8, round(seconds * RATE))
    return noise.astype(np.int16)


def join(*parts: str | float | Pcm) -> Pcm:
    """Prompts by name, seconds of silence, and sound as it is, one after the other."""
    return np.concatenate([_part(part) for part in parts])


def _part(part: str | float | Pcm) -> Pcm:
    if isinstance(part, str):
        return prompt(part)
    return silence(part) if isinstance(part, (int, float)) else part


def dictated(number: str = CARD, gap: float = 0.05, group: float = 0.3) -> Pcm:
    """`number` spoken digit by digit, with a breath after each four."""
    parts: list[str | float] = []
    for place, digit in enumerate(number):
        parts += [f"digits/{digit}", group if place % 4 == 3 and place + 1 < len(number) else gap]
    return join(*parts)


def trimmed(name: str, level: int = 300) -> Pcm:
    """The prompt without the quiet at its ends."""
    pcm = prompt(name)
    loud = np.flatnonzero(np.abs(pcm) > level)
    return pcm[loud[0] : loud[-1] + 1]


def plain(text: str) -> list[str]:
    """The words of `text`, without case and punctuation, with digits as words."""
    text = re.sub(r"\d", lambda digit: f" {DIGITS[int(digit[0])]} ", text.lower())
    return re.findall(r"[a-z]+(?:'[a-z]+)*", text.replace("-", " "))


def errors(expected: Iterable[str], heard: Iterable[str]) -> int:
    """Words to insert, delete or replace to make `heard` of `expected`."""
    want, got = list(expected), list(heard)
    row = list(range(len(got) + 1))
    for i, word in enumerate(want, start=1):
        before, row = row, [i]
        for j, other in enumerate(got, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (word != other)))
    return row[-1]
