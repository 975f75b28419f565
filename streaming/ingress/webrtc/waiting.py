"""Sound that was heard and not taken yet: bounded, and never less than it was long."""

import asyncio
from collections import deque
from typing import Final

from streaming.audio import RATE
from streaming.ingress.webrtc.ear import Heard, Hole

MOST: Final = 60 * RATE
"""Samples that wait; while the session takes none, what comes beyond is lost."""


class Waiting:
    """What is told of a connection's sound, in order; `put` by whoever hears, `get` by whoever takes."""

    def __init__(self) -> None:
        self._held: deque[Heard] = deque()
        self._size = 0
        self._some = asyncio.Event()

    def put(self, heard: list[Heard]) -> None:
        """What was heard."""
        for one in heard:
            self._put(one)
        if heard:
            self._some.set()

    async def some(self) -> None:
        """Until there is anything."""
        await self._some.wait()

    def get(self) -> Heard | None:
        """The next that was heard; None: there is nothing more now."""
        if not self._held:
            self._some.clear()
            return None
        one = self._held.popleft()
        self._size -= _size(one)
        return one

    def _put(self, one: Heard) -> None:
        if one.pcm is not None and self._size >= MOST:
            one = Hole(len(one.pcm), "lost")
        last = self._held[-1] if self._held else None
        if isinstance(one, Hole) and isinstance(last, Hole) and one.reason == last.reason == "lost":
            self._held[-1] = Hole(last.samples + one.samples, "lost")
            return
        self._held.append(one)
        self._size += _size(one)


def _size(one: Heard) -> int:
    return 0 if one.pcm is None else len(one.pcm)
