"""What comes on a WebSocket, cut at its frames (RFC 6455, 5.2). Pure.

Sound is short binary messages, fifty a second from each client: a whole one is unmasked here, at once. All else (text,
pings, fragments, what is long, wrong, or only half there) is for a parser that knows the whole protocol, as it came.
"""

from typing import Final, NamedTuple

try:
    from websockets.speedups import apply_mask
except ImportError:  # a build without its extension
    from websockets.utils import apply_mask

BINARY: Final = 0x82
"""First byte of a binary message that is one frame."""
FIN: Final = 0x80
MASKED: Final = 0x80
CONTINUED: Final = 0
CONTROL: Final = 8
CLOSE: Final = 8


class Piece(NamedTuple):
    """A binary message (`whole`), or bytes for the full parser."""

    data: bytes
    whole: bool


class Frames:
    """One connection's frames, behind its handshake. Of messages above `most` bytes the full parser decides."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = b""  # a header that is not whole yet
        self._owed = 0  # bytes of a frame whose beginning the full parser has
        self._fragments = False  # between the first and the last frame of one message
        self._over = False  # behind a close frame nothing is a message

    def cut(self, data: bytes) -> list[Piece]:
        """What came, in order; nothing is kept back but a header that is not whole."""
        if self._held:
            data, self._held = self._held + data, b""
        found: list[Piece] = []
        begin, at, end = 0, min(self._owed, len(data)), len(data)
        self._owed -= at
        while at < end and not self._over:
            body, stop = _bounds(data, at)
            if body > end:
                self._held, end = data[at:], at
                break
            if stop <= end and self._whole(data, at, stop - body):
                if begin < at:
                    found.append(Piece(data[begin:at], whole=False))
                found.append(Piece(apply_mask(data[body:stop], data[body - 4 : body]), whole=True))
                begin = at = stop
                continue
            self._note(data[at])
            at = min(stop, end)
            self._owed = stop - at
        if begin < end:
            found.append(Piece(data[begin:end], whole=False))
        return found

    def _whole(self, data: bytes, at: int, size: int) -> bool:
        """Whether the frame at `at` is a binary message as RFC 6455 wants a client's."""
        masked = data[at + 1] & MASKED
        return data[at] == BINARY and bool(masked) and size <= self._most and not self._fragments

    def _note(self, first: int) -> None:
        """What the first byte of a frame for the full parser says of those behind it."""
        opcode = first & 0x0F
        if opcode < CONTROL:
            self._fragments = not first & FIN
        self._over = self._over or opcode == CLOSE


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """Where the body of the frame at `at` begins, and where it ends; beyond the data, if its header is not whole."""
    if len(data) - at < 2:
        return len(data) + 1, len(data) + 1
    size, body = data[at + 1] & 0x7F, at + 2
    if size > 125:
        wide = 2 if size == 126 else 8
        size, body = int.from_bytes(data[body : body + wide]), body + wide
    if data[at + 1] & MASKED:
        body += 4
    return body, body + size
