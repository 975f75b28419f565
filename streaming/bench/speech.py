"""Speech with known words: a folder of sound files and what is said in them, and scripts that are played from it."""

import gzip
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

import av
import av.error
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from streaming.refusal import Refusal, Usage

RATE: Final = 16_000
Pcm = NDArray[np.int16]

SOUNDS: Final = {".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".gsm"}
TEXTS: Final = {".txt", ".tsv", ".gz"}
PROMPTS: Final = Path("/usr/share/asterisk/sounds")
WORDS: Final = Path("/usr/share/doc")
VOICES: Final = {"en": "en_US_f_Allison", "fr": "fr_CA_f_June", "es": "es_MX_f_Allison"}
SHORTEST_S, LONGEST_S = 1.5, 12.0
PAUSE_S = 0.9


class Clip(NamedTuple):
    """A sound file and what is said in it."""

    path: Path
    text: str


class Span(NamedTuple):
    """A clip in a script, from second to second."""

    text: str
    begin: float
    end: float


class Script(NamedTuple):
    """Sound to play (16 kHz, mono), and what is said where in it."""

    pcm: Pcm
    spans: list[Span]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / RATE


def clips(folder: Path | None = None, language: str = "en", root: Path = Path("/")) -> list[Clip]:
    """The clips of a folder; without one, those of Debian's telephone prompts (8 kHz). Raises Refusal.

    Transcripts are files in the folder that have a line for each sound: its name (without its ending), then a tab, a
    colon, a bar or a space, then its words; so LibriSpeech and LJSpeech can be taken as they are.
    """
    if folder is not None:
        return _found(folder, _texts(folder))
    if language not in VOICES:
        raise Usage(f"No speech is known for {language!r}: name a folder with --speech")
    sounds = root / PROMPTS.relative_to("/") / VOICES[language]
    words = (
        root / WORDS.relative_to("/") / f"asterisk-core-sounds-{language}" / f"core-sounds-{language}.txt.gz"
    )
    if not sounds.is_dir() or not words.is_file():
        package = f"asterisk-core-sounds-{language}"
        raise Refusal(
            f"There is no speech to play. On Debian: apt install {package} {package}-wav; "
            "or name a folder of sound files and a transcript with --speech"
        )
    return [clip for clip in _found(sounds, [words]) if _plain(clip.text)]


def _texts(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise Usage(f"There is no folder {folder}")
    return sorted(path for path in folder.rglob("*") if path.suffix in TEXTS)


def _found(folder: Path, texts: Sequence[Path]) -> list[Clip]:
    named = {str(path.relative_to(folder).with_suffix("")): path for path in sorted(folder.rglob("*"))
             if path.suffix in SOUNDS}  # fmt: skip
    named = {path.stem: path for path in named.values()} | named
    out: dict[Path, Clip] = {}
    for text in texts:
        for name, words in _lines(text):
            if path := named.get(name):
                out[path] = Clip(path, words)
    if not out:
        raise Usage(
            f"No line of a transcript (.txt, .tsv) in {folder} begins with the name of a sound file there"
        )
    return list(out.values())


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    raw = path.read_bytes()
    body = gzip.decompress(raw) if path.suffix == ".gz" else raw
    for line in body.decode("utf-8", "replace").splitlines():
        found = re.match(r"([^\t|:\s;][^\t|:\s]*)(?:\t|\||:\s|\s)\s*(.+)", line)
        if found:
            name = found[1].removesuffix(Path(found[1]).suffix if Path(found[1]).suffix in SOUNDS else "")
            yield name, found[2].rsplit("|", 1)[-1].strip()


def _plain(text: str) -> bool:
    """Whether these are words alone: no tones, no sentence that is cut."""
    return not any(sign in text for sign in "[]<>(){}*") and "..." not in text


@cache
def decoded(path: Path) -> Pcm:
    """A file's sound at 16 kHz, its channels mixed. Raises Refusal."""
    resampler: Any = AudioResampler("s16", "mono", RATE)
    try:
        with av.open(str(path)) as container:
            frames = [made for frame in container.decode(audio=0) for made in resampler.resample(frame)]
        frames += resampler.resample(None)
    except av.error.FFmpegError as wrong:
        raise Refusal(f"{path} is no sound file that can be read: {wrong}") from None
    return np.concatenate([cast(Pcm, frame.to_ndarray()[0]) for frame in frames])


def trimmed(pcm: Pcm, level: int = 300) -> Pcm:
    """Without the quiet at its ends."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > level)
    return pcm[loud[0] : loud[-1] + 1] if len(loud) else pcm[:0]


def room(seconds: float, seed: int = 1) -> Pcm:
    """The faint noise of a quiet room (-70 dBFS)."""
    return np.random.default_rng(seed).normal(0, 8, round(seconds * RATE)).astype(np.int16)


def script(known: Sequence[Clip], seed: int, seconds: float) -> Script:
    """About `seconds` of clips of 1.5 to 12 s, in an order that is `seed`'s own, with pauses that end turns."""
    order = sorted(known)
    random.Random(seed).shuffle(order)
    parts, spans, at = [room(0.5)], list[Span](), 0.5
    for clip in order:
        pcm = decoded(clip.path)
        lasts = len(pcm) / RATE
        if not SHORTEST_S <= lasts <= LONGEST_S:
            continue
        spans.append(Span(clip.text, at, at + lasts))
        parts += [pcm, room(PAUSE_S, len(parts))]
        at += lasts + PAUSE_S
        if at >= seconds:
            break
    if not spans:
        raise Refusal(f"No sound file of {SHORTEST_S:g} to {LONGEST_S:g} s is there to play")
    return Script(np.concatenate(parts), spans)
