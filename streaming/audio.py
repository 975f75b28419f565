"""Sound as numbers: what clients send becomes interleaved 16 kHz PCM16, sample by sample accounted for.

All arrays are (samples, channels). Everything here is pure numpy.
"""

import math
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from streaming.errors import ClientFault, Close
from streaming.parts import AudioFormat, Encoding

Int16 = NDArray[np.int16]
Float32 = NDArray[np.float32]

RATE: Final = 16_000
"""The one rate inside, Hz."""

RATES: Final = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
WIDTH: Final[dict[Encoding, int]] = {"pcm_s16le": 2, "pcm_f32le": 4, "mulaw": 1, "alaw": 1}
MAX_CHANNELS: Final = 8


def _mulaw() -> Int16:
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4) & 7, (code & 15).astype(np.int32)
    size = ((mantissa << 3) + 0x84 << exponent) - 0x84
    return np.where(code & 0x80, -size, size).astype(np.int16)


def _alaw() -> Int16:
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent, mantissa = ((code >> 4) & 7).astype(np.int32), (code & 15).astype(np.int32)
    size = np.where(
        exponent == 0, (mantissa << 4) + 8, (mantissa << 4) + 0x108 << np.maximum(exponent - 1, 0)
    )
    return np.where(code & 0x80, size, -size).astype(np.int16)


G711: Final[dict[Encoding, Int16]] = {"mulaw": _mulaw(), "alaw": _alaw()}
"""The 256 values of each G.711 law (ITU-T G.711)."""


def check(audio: AudioFormat) -> None:
    """Raises ClientFault (1003) for a rate or a number of channels that we do not take."""
    if audio.sample_rate not in RATES:
        rates = ", ".join(map(str, RATES))
        raise ClientFault(
            "bad_rate", f"audio.sample_rate {audio.sample_rate} is not one of {rates}", close=Close.ENCODING
        )
    if not 1 <= audio.channels <= MAX_CHANNELS:
        raise ClientFault(
            "bad_channels",
            f"audio.channels is {audio.channels}, not 1 to {MAX_CHANNELS}",
            close=Close.ENCODING,
        )


def count(audio: AudioFormat, frame_bytes: int) -> int:
    """Samples a channel in a frame of raw samples (not opus).

    Raises:
        ClientFault: the frame ends in the middle of a sample (1003).
    """
    step = WIDTH[audio.encoding] * audio.channels
    if frame_bytes % step:
        told = (
            f"{frame_bytes} bytes are no whole number of {audio.encoding} samples of {audio.channels} channel(s): "
            f"send multiples of {step}"
        )
        raise ClientFault("odd_frame", told, close=Close.ENCODING)
    return frame_bytes // step


def decode(audio: AudioFormat, frame: bytes) -> Int16:
    """Raw samples of any encoding but opus, as (samples, channels) at their own rate."""
    match audio.encoding:
        case "pcm_s16le":
            flat = np.frombuffer(frame, "<i2").astype(np.int16, copy=False)
        case "pcm_f32le":
            flat = to_int16(np.nan_to_num(np.frombuffer(frame, "<f4")) * 32768)
        case law:
            flat = G711[law][np.frombuffer(frame, np.uint8)]
    return flat.reshape(-1, audio.channels)


def mixed(samples: Int16) -> Int16:
    """Channels as one: their mean."""
    return np.rint(samples.mean(axis=1, keepdims=True)).astype(np.int16)


def to_int16(samples: NDArray[np.floating]) -> Int16:
    """Rounded and clipped; full scale is 32768."""
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


class Resampler:
    """Any rate to 16 kHz as it comes, exactly aligned: output sample n stands at input time n * rate / 16000.

    Polyphase windowed sinc (Kaiser, beta 9, 16 zero crossings a side: about 80 dB), after J. O. Smith, "Digital Audio
    Resampling". Output comes in whole periods of the ratio (`up` samples), so that a place in it is a place in the
    input as well and a stream can be taken up anywhere; `flush` gives the rest.
    """

    def __init__(self, rate: int, channels: int) -> None:
        self.up = RATE // math.gcd(rate, RATE)
        self.down = rate // math.gcd(rate, RATE)
        self._reach = math.ceil(16 * max(1.0, rate / RATE))
        self._taps = self._filter()
        self._held = np.zeros((self._reach, channels), np.float32)
        self._next = (
            0  # numerator (over `up`) of the next output's place, from the first sample after the margin
        )

    def _filter(self) -> Float32:
        """(up, 2 * reach) coefficients: row p is for an output p/up samples after an input sample."""
        cutoff = min(1.0, self.up / self.down) * 0.95
        offset = np.arange(-self._reach + 1, self._reach + 1)[None, :] - np.arange(self.up)[:, None] / self.up
        window = np.i0(9 * np.sqrt(np.clip(1 - (offset / self._reach) ** 2, 0, 1))) / np.i0(9)
        taps = cutoff * np.sinc(cutoff * offset) * window
        return (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)

    def push(self, samples: Int16) -> Int16:
        """All whole periods that `samples` completes."""
        if self.up == self.down:
            return samples
        self._held = np.concatenate([self._held, samples])
        ready = (len(self._held) - 2 * self._reach) * self.up - self._next
        outputs = max(0, -(-ready // self.down)) // self.up * self.up
        return self._make(outputs)

    def flush(self, outputs: int) -> Int16:
        """The end of the sound: `outputs` more samples, as if silence followed; nothing can be pushed after it."""
        if self.up == self.down:
            return np.zeros((0, self._held.shape[1]), np.int16)
        self._held = np.concatenate(
            [self._held, np.zeros((2 * self._reach, self._held.shape[1]), np.float32)]
        )
        return self._make(outputs)

    def _make(self, outputs: int) -> Int16:
        if outputs <= 0:
            return np.zeros((0, self._held.shape[1]), np.int16)
        places = self._next + self.down * np.arange(outputs)
        first, phase = places // self.up, places % self.up
        windows = sliding_window_view(self._held, 2 * self._reach, axis=0)  # (starts, channels, taps)
        made = np.einsum("nct,nt->nc", windows[first + 1], self._taps[phase], optimize=False)
        end = self._next + self.down * outputs
        drop = end // self.up
        self._held, self._next = self._held[drop:], end - drop * self.up
        return to_int16(made)
