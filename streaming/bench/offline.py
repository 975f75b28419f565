"""When each word ends, from an offline pass over the very sound: the same clock for every system that is measured.

faster-whisper, beam 5, word timestamps. What was heard once is kept in the user's cache folder.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
from msgspec import Struct

from streaming.bench.sights import Timed
from streaming.bench.speech import Pcm
from streaming.bench.spelling import plain
from streaming.machine import models


class Offline(Struct, frozen=True):
    """What an offline pass heard in a sound: the text, and its words."""

    text: str
    words: list[Timed]


def folder() -> Path:
    """Where it is kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "vivavoce" / "bench"


def heard(
    sounds: Sequence[Pcm], model: str, language: str, told: Callable[[int], None] = lambda done: None
) -> list[Offline]:
    """Each of `sounds` (16 kHz) by model `model` of ours. `told` hears how many are done.

    Raises:
        Refusal: the model is not here.
        ModuleNotFoundError: faster-whisper is not.
    """
    out: list[Offline] = []
    for sound in sounds:
        out.append(_kept(sound, model, language))
        told(len(out))
    return out


def _kept(sound: Pcm, model: str, language: str) -> Offline:
    digest = hashlib.sha256(f"2 {models.digest(model)} {language} ".encode() + sound.tobytes()).hexdigest()
    place = folder() / f"{digest[:32]}.json"
    try:
        return msgspec.json.decode(place.read_bytes(), type=Offline)
    except (OSError, msgspec.MsgspecError):
        found = _pass(sound, model, language)
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(msgspec.json.encode(found))
    fresh.replace(place)
    return found


def _pass(sound: Pcm, model: str, language: str) -> Offline:
    found: Any = _loaded(str(models.path(model))).transcribe(
        sound.astype(np.float32) / 32768,
        language=language,
        beam_size=5,
        word_timestamps=True,
        condition_on_previous_text=False,
    )
    text, words = "", list[Timed]()
    for segment in found[0]:
        text += segment.text
        for word in cast("list[Any]", segment.words or []):
            words += [Timed(part, float(word.start), float(word.end)) for part in plain(word.word)]
    return Offline(text.strip(), words)


@cache
def _loaded(path: str) -> Any:
    from faster_whisper import WhisperModel

    return WhisperModel(path, device="cpu", compute_type="int8", cpu_threads=os.cpu_count() or 1)


def forget() -> None:
    """Let the model go."""
    _loaded.cache_clear()
