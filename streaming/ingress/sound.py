"""A client's frames as 16 kHz PCM16 blocks with their place in the session's sound."""

from typing import Any, Final, NamedTuple, cast

import av
import av.error
import numpy as np

from streaming import audio
from streaming.errors import ClientFault, Close
from streaming.events import AudioFormat
from streaming.session import Clock

OPUS_RATE: Final = 48_000
OPUS_RATES: Final = (8_000, 12_000, 16_000, 24_000, 48_000)


class Block(NamedTuple):
    """Interleaved 16 kHz PCM16 that ends at sample `end` (a channel) of the session."""

    end: int
    pcm: bytes


class Edge:
    """Decodes and resamples one client's sound. `end`: 16 kHz samples (a channel) given out or skipped so far."""

    def __init__(self, clock: Clock, stored: int = 0) -> None:
        audio.check(clock.sound)
        self._clock = clock
        self._sound = clock.sound
        self._opus = _opus(self._sound) if self._sound.encoding == "opus" else None
        self._same = self._sound.encoding == "pcm_s16le" and self._sound.sample_rate == audio.RATE
        self.end = stored
        self._begin()

    def _begin(self) -> None:
        rate = OPUS_RATE if self._opus else self._sound.sample_rate
        self._resampler = audio.Resampler(rate, self._sound.channels)

    def frame(self, data: bytes) -> Block | None:
        """One frame: counted on the clock first, then made into a block, if it completes any.

        Raises:
            ClientFault: it is no whole number of samples, no opus packet (1003), or beyond the credit (1008).
        """
        if self._same:  # as it is inside
            return self._as_it_is(data)
        if self._opus:
            samples = _packet(self._opus, data, self._sound.channels)
            self._clock.receive(len(samples) * self._sound.sample_rate // OPUS_RATE)
        else:
            self._clock.receive(audio.count(self._sound, len(data)))
            samples = audio.decode(self._sound, data)
        return self._block(self._resampler.push(samples))

    def _as_it_is(self, data: bytes) -> Block | None:
        samples = audio.count(self._sound, len(data))
        self._clock.receive(samples)
        self.end += samples
        return Block(self.end, data) if samples else None

    def count(self, data: bytes) -> int:
        """Samples (at the client's rate) of a frame that is not to be heard. Raises ClientFault as `frame` does."""
        if self._opus:
            packet = _packet(self._opus, data, self._sound.channels)
            return len(packet) * self._sound.sample_rate // OPUS_RATE
        return audio.count(self._sound, len(data))

    def flush(self) -> Block | None:
        """The rest of what was received, up to the clock, and a new beginning behind it."""
        block = self._block(self._resampler.flush(self._clock.inside(self._clock.received) - self.end))
        self._begin()
        return block

    def skip(self, samples: int) -> int:
        """Move the clock over `samples` (at the client's rate) that never came; call `flush` first.

        Returns the 16 kHz samples that this is.
        """
        _, to = self._clock.receive(samples)
        gap = self._clock.inside(to) - self.end
        self.end += gap
        return gap

    def _block(self, made: audio.Int16) -> Block | None:
        if not len(made):
            return None
        self.end += len(made)
        return Block(self.end, made.astype("<i2", copy=False).tobytes())


def _opus(sound: AudioFormat) -> Any:
    if sound.sample_rate not in OPUS_RATES or sound.channels > 2:
        told = f"opus comes with sample_rate {', '.join(map(str, OPUS_RATES))} and 1 or 2 channels"
        raise ClientFault("bad_rate", told, close=Close.ENCODING)
    codec: Any = av.CodecContext.create("opus", "r")
    codec.sample_rate = OPUS_RATE
    codec.layout = "mono" if sound.channels == 1 else "stereo"
    return codec


def _packet(codec: Any, data: bytes, channels: int) -> audio.Int16:
    """One opus packet (RFC 6716) as (samples, channels) at 48 kHz."""
    if not data:  # to the decoder this would be the end of all sound
        raise ClientFault(
            "bad_opus", "an empty frame is no opus packet: send one packet a frame", close=Close.ENCODING
        )
    try:
        frames = cast(list[Any], codec.decode(av.Packet(data)))
    except av.error.FFmpegError as error:
        raise ClientFault(
            "bad_opus", f"this frame is no opus packet: {error}", close=Close.ENCODING
        ) from None
    planes = [frame.to_ndarray() for frame in frames]  # (channels, samples), float
    if not planes:
        return np.zeros((0, channels), np.int16)
    return audio.to_int16(np.concatenate(planes, axis=1).T * 32768)
