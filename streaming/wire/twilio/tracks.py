"""The tracks of a call, each a channel, kept in step by their timestamps. Pure; times are samples of the stream.

A track's sound has its place from its timestamp, or without one from its chunk's number. A place that is off by less
than `SLACK` is jitter, and follows on. Sound is given out up to where all tracks have it. A track that has fallen back
by `LATE` is not waited for: a silent side may send nothing. What no track has is lost, and is told; where one track
alone lacks sound, that channel is silent. A place that is out of all reason, or lies behind, begins the count anew.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from streaming.parts import Encoding
from streaming.wire.telephone import Lost, Sound

SLACK_MS: Final = 60
LATE_MS: Final = 200
MOST_MS: Final = 30_000
SILENCE: Final[dict[Encoding, bytes]] = {"mulaw": b"\xff", "alaw": b"\xd5", "pcm_s16le": b"\0\0"}


class Piece(NamedTuple):
    """Sound of a track. `at`: its place by its timestamp; `chunk`: its number in the track."""

    data: bytes
    at: int | None = None
    chunk: int | None = None


class _Track:
    """One track's sound that was not given out yet: runs (place, bytes) in order, up to `end`."""

    def __init__(self) -> None:
        self.runs: deque[tuple[int, bytes]] = deque()
        self.end = 0
        self.shift = 0
        self.chunk = 0
        self.away = False


class Tracks:
    """`names` in the order of the channels."""

    def __init__(self, names: Sequence[str], rate: int = 8_000, encoding: Encoding = "mulaw") -> None:
        self._tracks = {name: _Track() for name in names}
        self._silence = SILENCE[encoding]
        self._width = len(self._silence)
        self._slack, self._late, self._most = (rate * ms // 1000 for ms in (SLACK_MS, LATE_MS, MOST_MS))
        self._base: int | None = None
        self.at = 0
        """Where the session is: all before was given out."""

    def put(self, name: str, piece: Piece) -> list[Sound | Lost]:
        """What can be given out now. The data are whole samples; a track that is not expected is left out."""
        track = self._tracks.get(name)
        samples = len(piece.data) // self._width
        if track is None or not samples:
            return []
        place = self._place(track, piece, samples)
        track.runs.append((place, piece.data))
        track.end = place + samples
        track.chunk = piece.chunk if piece.chunk is not None else track.chunk + 1
        track.away = False
        return self._given(self._due())

    def rest(self) -> list[Sound | Lost]:
        """All that is left: nothing more comes."""
        return self._given(max(track.end for track in self._tracks.values()))

    def _place(self, track: _Track, piece: Piece, samples: int) -> int:
        begin = max(track.end, self.at)
        if piece.at is None:
            skipped = (piece.chunk - track.chunk - 1) * samples if piece.chunk and track.chunk else 0
            return begin + (skipped if 0 < skipped <= self._most else 0)
        if self._base is None:
            self._base = piece.at - begin
        ahead = piece.at - self._base + track.shift - begin
        if self._slack < ahead <= self._most:
            return begin + ahead
        if not -self._slack <= ahead <= self._slack:
            track.shift -= ahead
        return begin

    def _due(self) -> int:
        front = due = max(track.end for track in self._tracks.values())
        for track in self._tracks.values():
            if not track.away:
                due = min(due, max(track.end, front - self._late))
        return max(due, self.at)

    def _given(self, to: int) -> list[Sound | Lost]:
        """What lies between here and `to`, in pieces of sound and of nothing."""
        out: list[Sound | Lost] = []
        while self.at < to:
            end = min((self._next(track, to) for track in self._tracks.values()), default=to)
            there = [self._taken(track, end) for track in self._tracks.values()]
            if any(there):
                silence = self._silence * (end - self.at)
                out.append(Sound(interleaved([one or silence for one in there], self._width)))
            else:
                out.append(Lost(end - self.at))
            self.at = end
        for track in self._tracks.values():
            track.away = track.end < self.at
        return out

    def _next(self, track: _Track, to: int) -> int:
        """Where this track changes between sound and nothing."""
        if not track.runs:
            return to
        begin, data = track.runs[0]
        return min(to, begin if begin > self.at else begin + len(data) // self._width)

    def _taken(self, track: _Track, end: int) -> bytes:
        """Its sound up to `end`, if it has any."""
        if not track.runs or track.runs[0][0] > self.at:
            return b""
        begin, data = track.runs.popleft()
        size = (end - begin) * self._width
        if size < len(data):
            track.runs.appendleft((end, data[size:]))
        return data[:size]


def interleaved(channels: Sequence[bytes], width: int) -> bytes:
    """Samples of several channels, of `width` bytes each, one after the other. All are equally long."""
    if len(channels) == 1:
        return channels[0]
    out = bytearray(len(channels) * len(channels[0]))
    step = len(channels) * width
    for number, data in enumerate(channels):
        for byte in range(width):
            out[number * width + byte :: step] = data[byte::width]
    return bytes(out)
