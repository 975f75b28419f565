"""The last seconds of a client's sound, by place: what can be sent again after a loss. Pure."""

from collections import deque
from typing import NamedTuple


class Chunk(NamedTuple):
    """Encoded sound from sample `begin` to `end` (a channel)."""

    begin: int
    end: int
    data: bytes


class Ring:
    """Keeps at least the last `capacity` samples pushed. `end`: samples pushed so far; `begin`: the oldest kept."""

    def __init__(self, capacity: int, sample_bytes: int) -> None:
        self._capacity = capacity
        self._sample_bytes = sample_bytes
        self._chunks: deque[Chunk] = deque()
        self.end = 0

    @property
    def begin(self) -> int:
        """The oldest sample that can still be had."""
        return self._chunks[0].begin if self._chunks else self.end

    def count(self, data: bytes) -> int:
        """Samples of `data`. Raises ValueError: not a whole number of them."""
        samples, rest = divmod(len(data), self._sample_bytes)
        if rest:
            told = f"{len(data)} bytes are no whole number of samples of {self._sample_bytes} bytes"
            raise ValueError(told)
        return samples

    def push(self, data: bytes) -> None:
        """Sound that follows what is here; the oldest is let go when it is no longer among the last `capacity`.

        Raises:
            ValueError: not a whole number of samples.
        """
        samples = self.count(data)
        if samples:
            self._chunks.append(Chunk(self.end, self.end + samples, data))
            self.end += samples
        while self._chunks and self.end - self._chunks[0].end >= self._capacity:
            self._chunks.popleft()

    def jump(self, samples: int) -> None:
        """Samples that are not there, and never will be."""
        self.end += samples

    def next(self, begin: int) -> int:
        """The first sample from `begin` on that can be had, or `end`."""
        return next((max(begin, chunk.begin) for chunk in self._chunks if chunk.end > begin), self.end)

    def read(self, begin: int, most: int) -> Chunk | None:
        """Up to `most` samples from `begin` on, from one push; None when there are none (yet, or any more)."""
        for chunk in self._chunks:
            if chunk.begin <= begin < chunk.end:
                end = min(chunk.end, begin + most)
                low, high = ((place - chunk.begin) * self._sample_bytes for place in (begin, end))
                return Chunk(begin, end, chunk.data[low:high])
        return None
