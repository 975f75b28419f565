"""One channel's sound, as far as it is still needed."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from asr.rates import MS

Int16: TypeAlias = NDArray[np.int16]
Float32: TypeAlias = NDArray[np.float32]


class Sound:
    """16 kHz samples [start, end) of a channel. Appending and dropping cost no copy of the whole."""

    def __init__(self, start: int = 0) -> None:
        self.start = start
        self.end = start
        self._room: Int16 = np.zeros(16_000, np.int16)
        self._first = 0

    def append(self, pcm: Int16) -> None:
        """The next samples."""
        used = self.end - self.start
        if self._first + used + len(pcm) > len(self._room):
            room = np.zeros(max(16_000, 2 * (used + len(pcm))), np.int16)
            room[:used] = self._room[self._first : self._first + used]
            self._room, self._first = room, 0
        self._room[self._first + used : self._first + used + len(pcm)] = pcm
        self.end += len(pcm)

    def drop(self, before: int) -> None:
        """Forget what lies before sample `before`."""
        gone = min(max(0, before - self.start), self.end - self.start)
        self.start += gone
        self._first += gone

    def cut(self, begin: int, end: int) -> Float32:
        """Samples [begin, end) in -1..1; zeros where there are none."""
        out = np.zeros(end - begin, np.float32)
        low, high = max(begin, self.start), min(end, self.end)
        if low < high:
            at = self._first - self.start
            out[low - begin : high - begin] = self._room[low + at : high + at]
            out /= 32_768
        return out


class Arrivals:
    """When which sound came: wall-clock ms by end sample."""

    def __init__(self) -> None:
        self._known: list[tuple[int, int]] = []

    def add(self, end: int, at_ms: int) -> None:
        """Sound up to sample `end` came at `at_ms`."""
        self._known.append((end, at_ms))

    def lag(self, sample: int, now_ms: int) -> int:
        """Ms since the sound just before `sample` came; 0 when that is not known."""
        came = next((at_ms for end, at_ms in self._known if end >= sample), now_ms)
        return max(0, now_ms - came)

    def ahead(self, sample: int) -> int:
        """Samples by which the sound behind `sample` came faster than it lasts."""
        behind = [one for one in self._known if one[0] >= sample]
        if not behind:
            return 0
        (begin, first_ms), (end, last_ms) = behind[0], behind[-1]
        return end - begin - (last_ms - first_ms) * MS

    def drop(self, before: int) -> None:
        """Forget sound that ended before sample `before`."""
        gone = 0
        while gone < len(self._known) and self._known[gone][0] < before:
            gone += 1
        del self._known[:gone]
