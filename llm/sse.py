"""Server-sent events as chat servers send them. Pure: bytes in, payloads of `data` out.

WHATWG HTML, "Server-sent events". Lines end at LF, CR LF or CR and nowhere else: U+2028 and its like may stand inside
a JSON string, so text must not be split where Python's `splitlines` splits.
"""

import re
from typing import Final

LIMIT: Final = 1 << 20
"""Bytes that may wait for the end of their event."""

LINE_END: Final = re.compile(rb"\r\n|\n|\r(?!\Z)")
"""A CR at the very end of what has come may be half of a CR LF: it waits."""


class SseTooLong(ValueError):
    """An event that does not end within LIMIT bytes."""


class SseParser:
    """Takes what comes in any pieces; comments and fields other than `data` are left out."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._data: list[bytes] = []
        self._waiting = 0

    def feed(self, piece: bytes) -> list[bytes]:
        """The payloads that are now complete.

        Raises:
            SseTooLong: the server sends something that never ends.
        """
        begun_line = self._rest.endswith(b"\r")
        self._rest += piece
        done: list[bytes] = []
        if (
            begun_line or b"\n" in piece or b"\r" in piece
        ):  # what has no end yet is not searched again and again
            *lines, self._rest = map(bytearray, LINE_END.split(self._rest))
            for line in lines:
                done += self._line(bytes(line))
        if len(self._rest) + self._waiting > LIMIT:
            raise SseTooLong(f"an event of more than {LIMIT} bytes")
        return done

    def _line(self, line: bytes) -> list[bytes]:
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
            self._waiting += len(line)
        elif not line and self._data:
            payload = b"\n".join(self._data)
            self._data, self._waiting = [], 0
            return [payload]
        return []
