"""What a client without credit has sent and what is not taken yet: in order, and bounded.

What waits counts as the PCM16 at 16 kHz that it will be, whatever it comes as.
"""

import asyncio
from collections import deque
from collections.abc import Generator
from typing import Final, NamedTuple, TypeAlias

from streaming import audio
from streaming.errors import ServiceFault
from streaming.events import AudioFormat, EndReason
from streaming.parts import GapReason
from streaming.wire import messages as said

WAITING_BYTES: Final = 8 << 20
"""Some four minutes of sound."""
MESSAGE: Final = 1_024
"""What a message, a key, or a hole counts for, beside its texts and its sound."""
PACKET_S: Final = 0.12
"""The longest that a packet of Opus can be (RFC 6716, 2.1.4)."""


class Key(NamedTuple):
    """A key of a telephone."""

    channel: int
    key: str


class Hole(NamedTuple):
    """`samples` (at the client's rate) that the network lost, and what was made up in their place, if anything."""

    samples: int
    reason: GapReason = "lost"
    pcm: bytes = b""


Item: TypeAlias = bytes | Key | Hole | said.ClientMessage | EndReason


class Waiting:
    """A queue. `moved` is set when something came or went."""

    def __init__(self) -> None:
        self._items: deque[tuple[Item, int]] = deque()
        self._size = 0
        self.moved = asyncio.Event()

    def __bool__(self) -> bool:
        return bool(self._items)

    @property
    def head(self) -> Item:
        """What came first, and waits still."""
        return self._items[0][0]

    def add(self, item: Item, size: int = 0) -> None:
        """However much waits."""
        self._items.append((item, size))
        self._size += size
        self.moved.set()

    async def put(self, item: Item, size: int) -> None:
        """Once there is room for `size` bytes more."""
        while self._size + size > WAITING_BYTES:
            self.moved.clear()
            await self.moved.wait()
        self.add(item, size)

    def take(self) -> Item:
        """The first, which waits no more."""
        item, size = self._items.popleft()
        self._size -= size
        self.moved.set()
        return item


def weight(sound: AudioFormat | None, piece: bytes) -> int:
    """Bytes that a piece of sound will be at 16 kHz."""
    assert sound is not None
    if sound.encoding == "opus":
        return int(PACKET_S * audio.RATE) * 2 * sound.channels
    return audio.count(sound, len(piece)) * audio.RATE // sound.sample_rate * 2 * sound.channels


def pieces(sound: AudioFormat | None, data: bytes, most: int) -> Generator[bytes]:
    """Frames of up to a second, and up to `most` bytes. Raises ClientFault when it is no whole number of samples."""
    if sound is None:
        raise ServiceFault("internal", "this session was begun without sound")
    if sound.encoding == "opus":
        yield data
        return
    width = audio.WIDTH[sound.encoding] * sound.channels
    audio.count(sound, len(data))
    step = max(1, min(sound.sample_rate, most // width)) * width
    for at in range(0, len(data), step):
        yield data[at : at + step]
