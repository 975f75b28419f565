"""How soon first tokens come, and so when one is late. Pure."""

from collections import deque
from typing import Final

KEPT: Final = 64
ENOUGH: Final = 8
"""Fewer first tokens than these say nothing about what is late."""


class Pace:
    """First tokens of one flavour: the last 64 waits, in ms."""

    def __init__(self) -> None:
        self._waits: deque[float] = deque(maxlen=KEPT)

    def came(self, wait_ms: float) -> None:
        """A first token came after this long."""
        self._waits.append(wait_ms)

    def waited(self, wait_ms: float) -> None:
        """None had come after this long, when the request was closed: that says something if it was late by then."""
        if wait_ms >= self.late_ms(0.0) and self._waits:
            self.came(wait_ms)

    def late_ms(self, least_ms: float) -> float:
        """What 95 % of the kept waits were within (nearest rank), or `least_ms` if that is more or nothing is known."""
        if len(self._waits) < ENOUGH:
            return least_ms
        ordered = sorted(self._waits)
        return max(least_ms, ordered[-(-95 * len(ordered) // 100) - 1])
