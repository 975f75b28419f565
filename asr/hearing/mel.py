"""Log-mel features as Whisper wants them, each frame computed once. Pure numpy.

As in A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022): 25 ms Hann windows every
10 ms, Slaney's mel scale and area norm (M. Slaney, "Auditory Toolbox", 1998), log10, clamped at 8 below the window's
maximum, then (x + 4) / 4. Only the maximum and the clamp change from window to window, so they come last.
"""

import functools
import math
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr.hearing.sound import Float32, Sound
from asr.rates import HOP, RATE

WIDTH: Final = 400
REACH: Final = WIDTH // 2
"""A frame sees so many samples to either side of its centre."""

MOST: Final = 3_000
"""Frames that the encoder takes at most (30 s)."""

Sees: TypeAlias = Literal["mel", "sound"]
"""What an engine wants to be shown of a window: log10 mel power (bands, frames), or the samples that it is made of."""

HANN: Final[Float32] = np.hanning(WIDTH + 1)[:-1].astype(np.float32)


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = mel * (200.0 / 3)
    return np.where(mel < 15, linear, 1000.0 * np.exp((mel - 15) * np.log(6.4) / 27))


@functools.cache
def filters(bands: int) -> Float32:
    """Weights (bands, 201) of each frequency bin in each mel band, 0 to 8 kHz."""
    bins = np.fft.rfftfreq(WIDTH, 1 / RATE)
    edges = _hertz(np.linspace(0.0, 15 + 27 * math.log(8.0) / math.log(6.4), bands + 2, dtype=np.float64))
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    triangle = np.maximum(0, np.minimum(rise, fall))
    return np.ascontiguousarray(triangle * (2 / (edges[2:] - edges[:-2]))[:, None], np.float32)


def power(sound: Float32, bands: int) -> Float32:
    """Log10 mel power (bands, frames) of `sound`, which has 160 x (frames - 1) + 400 samples."""
    windows = np.lib.stride_tricks.sliding_window_view(sound, WIDTH)[::HOP]
    spectrum = np.abs(np.fft.rfft(windows * HANN, axis=1)).astype(np.float32) ** 2
    # not `@`: its BLAS threads spin for the cores that the model needs, and cost 16 ms where this costs 0.1
    mel = np.einsum("bk,fk->bf", filters(bands), spectrum)
    return np.log10(np.maximum(mel, 1e-10)).astype(np.float32)


def features(log: Float32, frames: int) -> Float32:
    """`log` as the encoder wants it, (bands, frames): cut, or padded with silence (the window's clamp)."""
    clamp = log.max() - 8 if log.size else np.float32(-1.5)
    out = np.full((log.shape[0], frames), (clamp + 4) / 4, np.float32)
    kept = min(frames, log.shape[1])
    out[:, :kept] = (np.maximum(log[:, :kept], clamp) + 4) / 4
    return out


class LogMel:
    """Log10 mel power of one channel from frame `start` on; frame i is centred at sample 160 i."""

    def __init__(self, bands: int, start: int = 0) -> None:
        self.start = start
        self._bands = bands
        self._log: Float32 = np.zeros((bands, 0), np.float32)

    def drop(self, before: int) -> None:
        """Forget frames before `before`; where there is nothing yet, begin there."""
        gone = before - self.start
        if gone > 0:
            self._log = self._log[:, gone:]
            self.start = before

    def until(self, sound: Sound, end: int) -> Float32:
        """Frames [start, end) of `sound`; those that see beyond its end see zeros there, and are not kept."""
        safe = max(self.start, min(end, (sound.end - REACH) // HOP + 1))
        known = self.start + self._log.shape[1]
        if safe > known:
            self._log = np.concatenate([self._log, self._frames(sound, known, safe)], axis=1)
            known = safe
        kept = self._log[:, : end - self.start]
        if end <= known:
            return kept
        return np.concatenate([kept, self._frames(sound, known, end)], axis=1)

    def _frames(self, sound: Sound, begin: int, end: int) -> Float32:
        return power(sound.cut(begin * HOP - REACH, (end - 1) * HOP + REACH), self._bands)


class Samples:
    """The sound of one channel from frame `start` on, for engines that make of it what they need themselves."""

    def __init__(self, start: int = 0) -> None:
        self.start = start

    def drop(self, before: int) -> None:
        """Begin with frame `before`, if that is later."""
        self.start = max(self.start, before)

    def until(self, sound: Sound, end: int) -> Float32:
        """The samples that frames [start, end) see, as `power` takes them: 200 more at either side of the window."""
        return sound.cut(self.start * HOP - REACH, (end - 1) * HOP + REACH)


def view(sees: Sees, bands: int, start: int) -> LogMel | Samples:
    """What an engine that `sees` so is shown of a channel, from frame `start` on."""
    return LogMel(bands, start) if sees == "mel" else Samples(start)
