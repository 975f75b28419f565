"""The envelope of sound, for a picture of it. Pure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from streaming.audio import RATE

PER_SECOND: Final = 100
"""Pairs of the lowest and the highest sample that are kept of each second: 720 kB an hour of a channel."""
SAMPLES: Final = RATE // PER_SECOND
Int8 = NDArray[np.int8]
"""(pairs, channels, 2), -127 to 127."""


class Envelope:
    """Grows with the sound, from the first sample behind `pairs` on. A pair that is not whole yet is not there."""

    def __init__(self, channels: int, pairs: bytes = b"") -> None:
        self._channels = channels
        self._parts = [np.frombuffer(pairs, np.int8).reshape(-1, channels, 2)]
        self._left = b""

    @property
    def samples(self) -> int:
        """A channel, that the pairs are of."""
        return SAMPLES * sum(map(len, self._parts))

    def push(self, pcm: bytes) -> None:
        """More interleaved PCM16."""
        pcm = self._left + pcm
        whole = len(pcm) // (2 * SAMPLES * self._channels) * 2 * SAMPLES * self._channels
        self._left = pcm[whole:]
        parts = np.frombuffer(pcm[:whole], np.int16).reshape(-1, SAMPLES, self._channels)
        made = np.stack([parts.min(axis=1), parts.max(axis=1)], axis=2).astype(np.float32)
        self._parts.append(np.round(made * (127 / 32768)).astype(np.int8))

    def pairs(self) -> Int8:
        """All of them."""
        self._parts = [np.concatenate(self._parts)]
        return self._parts[0]


def coarser(pairs: Int8, per_second: int) -> Int8:
    """So many pairs a second, which must divide PER_SECOND; the last one may be of less sound."""
    size = PER_SECOND // per_second
    missing = -len(pairs) % size
    if missing:
        pairs = np.concatenate([pairs, np.repeat(pairs[-1:], missing, axis=0)])
    parts = pairs.reshape(-1, size, *pairs.shape[1:])
    return np.stack([parts[..., 0].min(axis=1), parts[..., 1].max(axis=1)], axis=2)
