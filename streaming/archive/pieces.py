"""Sound and log as bytes: what of a batch is new, cut into pieces, packed (FLAC; zlib), and unpacked again. Pure."""

import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import av
import msgspec
import numpy as np
import numpy.typing as npt

from streaming.archive.kept import Batch, LogEntry, Progress, Silence, Sound
from streaming.audio import RATE

PIECE: Final = 30 * RATE
"""Samples a channel of one piece at most."""

CHUNK: Final = 1 << 20
"""Bytes of a chunk of the log, about."""

_LAYOUTS: Final = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
_entries = msgspec.msgpack.Decoder(list[tuple[str, bytes]])


def place(event_id: str) -> tuple[int, int]:
    """An id as numbers that sort as events do. Raises ValueError."""
    ms, _, number = event_id.partition("-")
    return int(ms), int(number or 0)


def beyond(batch: Batch, progress: Progress) -> tuple[list[Sound], list[LogEntry]]:
    """What of a batch is not kept yet."""
    last = place(progress.last_id)
    sound = [cut(one, progress.samples, None) for one in batch.sound if one.end > progress.samples]
    return sound, [entry for entry in batch.log if place(entry.id) > last]


def cut(sound: Sound, begin: int, end: int | None) -> Sound:
    """What of `sound` is in [begin, end)."""
    first = max(begin, sound.begin)
    last = sound.end if end is None else min(end, sound.end)
    step = 2 * sound.channels
    pcm = sound.pcm[(first - sound.begin) * step : max(0, last - sound.begin) * step]
    return Sound(first, sound.channels, pcm)


def silenced(sound: Sound, silences: Iterable[Silence]) -> Sound:
    """`sound` with zeros where it is to be silent; the same one where there is nothing to change."""
    frames = np.frombuffer(sound.pcm, "<i2").reshape(-1, sound.channels)
    changed: npt.NDArray[np.int16] | None = None
    for one in silences:
        first, last = max(one.begin, sound.begin) - sound.begin, min(one.end, sound.end) - sound.begin
        if first >= last or one.channel >= sound.channels or not frames[first:last, one.channel].any():
            continue
        changed = frames.copy() if changed is None else changed
        changed[first:last, one.channel] = 0
    return sound if changed is None else Sound(sound.begin, sound.channels, changed.tobytes())


def pieces(sounds: Iterable[Sound]) -> Iterator[Sound]:
    """The same sound in as few pieces of at most 30 s as can be."""
    held: list[Sound] = []
    size = 0
    for sound in sounds:
        if held and (held[-1].end != sound.begin or held[-1].channels != sound.channels):
            yield _joined(held)
            held, size = [], 0
        rest = sound
        while rest.end - rest.begin + size >= PIECE:
            middle = rest.begin + PIECE - size
            yield _joined([*held, cut(rest, rest.begin, middle)])
            held, size, rest = [], 0, cut(rest, middle, None)
        if rest.pcm:
            held.append(rest)
            size += rest.end - rest.begin
    if held:
        yield _joined(held)


def _joined(parts: Sequence[Sound]) -> Sound:
    return Sound(parts[0].begin, parts[0].channels, b"".join(part.pcm for part in parts))


def silence(begin: int, end: int, channels: int) -> Iterator[Sound]:
    """Zeros for sound that never came, in pieces of at most 30 s."""
    for first in range(begin, end, PIECE):
        yield Sound(first, channels, bytes(2 * channels * (min(end, first + PIECE) - first)))


def chunks(log: Iterable[LogEntry]) -> Iterator[list[LogEntry]]:
    """A log in chunks of about a megabyte."""
    held: list[LogEntry] = []
    size = 0
    for entry in log:
        held.append(entry)
        size += len(entry.body)
        if size >= CHUNK:
            yield held
            held, size = [], 0
    if held:
        yield held


def packed_log(entries: Iterable[LogEntry]) -> bytes:
    """A chunk, to the byte: zlib over MessagePack pairs of id and body."""
    return zlib.compress(msgspec.msgpack.encode([(entry.id, entry.body) for entry in entries]))


def unpacked_log(packed: bytes) -> list[LogEntry]:
    """What packed_log was given."""
    return [LogEntry(entry_id, body) for entry_id, body in _entries.decode(zlib.decompress(packed))]


def packed_sound(sound: Sound) -> bytes:
    """A piece as FLAC, sample for sample."""
    layout = _LAYOUTS[sound.channels - 1]
    samples = np.frombuffer(sound.pcm, "<i2").astype(np.int16, copy=False).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
    frame.sample_rate, frame.pts = RATE, 0
    made = io.BytesIO()
    # FFmpeg would leave 8 kB of room for tags.
    container: Any = av.open(made, "w", format="flac", options={"metadata_header_padding": "0"})
    with container:
        stream = container.add_stream("flac", rate=RATE)
        stream.layout, stream.format = layout, "s16"
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return made.getvalue()


def unpacked_sound(packed: bytes, begin: int, channels: int) -> Sound:
    """What packed_sound was given."""
    container: Any = av.open(io.BytesIO(packed))
    with container:
        frames = [frame.to_ndarray().astype("<i2").tobytes() for frame in container.decode(audio=0)]
    return Sound(begin, channels, b"".join(frames))
