"""Times that travel with sound and words, in ns of this machine's monotonic clock. Pure, but for `now`."""

import time
from typing import Final

import numpy as np
from numpy.typing import NDArray

BYTES: Final = 640
"""A frame of 20 ms; its time stands in its first 8 bytes."""

ALPHABET: Final = "bdfghjklmnpqrstv"
"""Sixteen digits that make neither a number nor a word, so that moderation lets them pass."""


def now() -> int:
    """The clock, which all processes of a machine share."""
    return time.monotonic_ns()


def frame(at: int) -> bytes:
    """Sound that says when it was sent."""
    samples: NDArray[np.int64] = np.full(BYTES // 8, at, np.int64)
    return samples.tobytes()


def read(pcm: bytes) -> int:
    """When the last frame of `pcm` was sent."""
    return int.from_bytes(pcm[-8:], "little")


def written(*times: int) -> str:
    """Times as words."""
    return " ".join(f"{at:016x}".translate(_LETTERS) for at in times)


def told(text: str) -> list[int]:
    """The three times that `text` begins with."""
    return [int(word.translate(_DIGITS), 16) for word in text.split()[:3]]


_LETTERS: Final = str.maketrans("0123456789abcdef", ALPHABET)
_DIGITS: Final = str.maketrans(ALPHABET, "0123456789abcdef")
