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


def envelope(pcm: bytes, channels: int) -> Int8:
    """Of interleaved PCM16; the last pair may be of fewer samples than the others."""
    samples = np.frombuffer(pcm, np.int16).reshape(-1, channels)
    whole = len(samples) // SAMPLES * SAMPLES
    parts = samples[:whole].reshape(-1, SAMPLES, channels)
    pairs = [np.stack([parts.min(axis=1), parts.max(axis=1)], axis=2)] if whole else []
    if len(rest := samples[whole:]):
        pairs.append(np.stack([rest.min(axis=0), rest.max(axis=0)], axis=1)[np.newaxis])
    if not pairs:
        return np.zeros((0, channels, 2), np.int8)
    return np.round(np.concatenate(pairs).astype(np.float32) * (127 / 32768)).astype(np.int8)


def coarser(pairs: Int8, per_second: int) -> Int8:
    """So many pairs a second, which must divide PER_SECOND."""
    size = PER_SECOND // per_second
    missing = -len(pairs) % size
    if missing:
        pairs = np.concatenate([pairs, np.repeat(pairs[-1:], missing, axis=0)])
    parts = pairs.reshape(-1, size, *pairs.shape[1:])
    return np.stack([parts[..., 0].min(axis=1), parts[..., 1].max(axis=1)], axis=2)
