"""Sound as a file, piece by piece: nothing but the piece at hand is in memory. 16 kHz PCM16 goes in, interleaved.

WAV is as long as its sound, so that a part of the file can be made alone (`Wav`). FLAC is lossless and half as large or
less; Ogg Opus is a tenth, and not lossless.
"""

import struct
from collections.abc import Iterator
from typing import Any, Final, Literal, cast

import av
import numpy as np
from msgspec import Struct

from streaming.archive.kept import Sound
from streaming.audio import RATE
from streaming.errors import ClientFault

Format = Literal["wav", "flac", "ogg"]
LAYOUTS: Final = ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "6.1", "7.1")
"""By number of channels, as FLAC has them (RFC 9639, 9.1.3); Opus is given one or two."""
OPUS_BITS: Final = 32_000
"""Per channel and second."""
HEADER: Final = 44
"""Bytes of a WAV file before its samples."""
ENDLESS: Final = 0xFFFF_FFFF
"""The size of what is longer than its field can say."""


class Wav(Struct, frozen=True):
    """A WAV file of so many samples a channel."""

    channels: int
    samples: int

    @property
    def size(self) -> int:
        """Of the whole file, bytes."""
        return HEADER + self.samples * self.step

    @property
    def step(self) -> int:
        """Bytes of a sample of all channels."""
        return 2 * self.channels

    def header(self) -> bytes:
        """The first bytes."""
        sound = self.size - HEADER
        riff, data = min(sound + HEADER - 8, ENDLESS), min(sound, ENDLESS)
        form = struct.pack("<HHIIHH", 1, self.channels, RATE, RATE * self.step, self.step, 16)
        return b"".join(
            (
                b"RIFF",
                struct.pack("<I", riff),
                b"WAVEfmt ",
                struct.pack("<I", 16),
                form,
                b"data",
                struct.pack("<I", data),
            )
        )

    def within(self, first: int, last: int) -> tuple[bytes, int, int, int]:
        """What bytes [first, last] of the file are: those of the header, then of samples [begin, end) all but the first
        so many bytes, up to the last one asked for. `last` is within the file."""
        head = self.header()[first : last + 1]
        begin_byte, end_byte = max(0, first - HEADER), max(0, last + 1 - HEADER)
        begin = begin_byte // self.step
        return head, begin, -(-end_byte // self.step), begin_byte - begin * self.step


def of_channel(sound: Sound, channel: int | None) -> Sound:
    """One channel alone, or all (None)."""
    if channel is None or sound.channels == 1:
        return sound
    samples = np.frombuffer(sound.pcm, np.int16).reshape(-1, sound.channels)
    return Sound(sound.begin, 1, samples[:, channel].tobytes())


class Whole:
    """Pieces as one stretch of sound from `begin` on: what is missing between them is silence, what came is not
    repeated."""

    def __init__(self, begin: int, channels: int) -> None:
        self._channels = channels
        self.place = begin

    def take(self, piece: Sound) -> Iterator[Sound]:
        """The next piece, after the silence before it (30 s at most at a time)."""
        while piece.begin > self.place:
            yield self._silence(piece.begin)
        skipped = (self.place - piece.begin) * 2 * self._channels
        if pcm := piece.pcm[skipped:]:
            yield Sound(self.place, self._channels, pcm)
            self.place = piece.end

    def rest(self, end: int) -> Iterator[Sound]:
        """The silence up to `end`."""
        while end > self.place:
            yield self._silence(end)

    def _silence(self, end: int) -> Sound:
        size = min(end - self.place, 30 * RATE)
        self.place += size
        return Sound(self.place - size, self._channels, bytes(size * 2 * self._channels))


class _Written:
    """A file that is taken away as it is written."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def taken(self) -> bytes:
        out = b"".join(self._parts)
        self._parts.clear()
        return out


class Encoder:
    """FLAC or Ogg Opus of `samples` a channel in all. Not for several threads at once.

    Raises:
        ClientFault: so many channels are too many for the format (`bad_request`).
    """

    def __init__(self, form: Literal["flac", "ogg"], channels: int, samples: int) -> None:
        most = 2 if form == "ogg" else len(LAYOUTS)
        if channels > most:
            told = (
                f"{form} holds at most {most} of the {channels} channels: ask for one by channel=, or for wav"
            )
            raise ClientFault("bad_request", told)
        self._layout = LAYOUTS[channels - 1]
        self._samples = samples
        self._place = 0
        self._out = _Written()
        self._unpatched = form == "flac"
        self._container: Any = av.open(cast(Any, self._out), "w", format=form)
        self._stream = self._container.add_stream("flac" if form == "flac" else "libopus", rate=RATE)
        self._stream.layout = self._layout
        self._stream.codec_context.format = "s16"
        if form == "ogg":
            self._stream.bit_rate = OPUS_BITS * channels

    def push(self, pcm: bytes) -> bytes:
        """More sound; what of the file is done."""
        samples = np.frombuffer(pcm, np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=self._layout)
        frame.sample_rate, frame.pts = RATE, self._place
        self._place += frame.samples
        return self._muxed(frame)

    def finish(self) -> bytes:
        """The rest of the file."""
        out = self._muxed(None)
        self._container.close()
        return out + self._taken()

    def _muxed(self, frame: av.AudioFrame | None) -> bytes:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)
        return self._taken()

    def _taken(self) -> bytes:
        out = self._out.taken()
        if self._unpatched and out:
            self._unpatched = False
            return measured(out, self._samples)
        return out


def measured(flac: bytes, samples: int) -> bytes:
    """The beginning of a FLAC file that tells its length: players can then seek (RFC 9639, 8.2: the lowest 36 of the
    64 bits that begin at byte 18). A file that is not written in place is begun without it."""
    (packed,) = struct.unpack_from(">Q", flac, 18)
    known = packed >> 36 << 36 | samples & ((1 << 36) - 1)
    return flac[:18] + struct.pack(">Q", known) + flac[26:]
