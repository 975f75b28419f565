"""What waits for one viewer of a log: lines in order, bounded, without what was overtaken while it waited. Pure."""

import re
from collections import deque
from typing import Final

from msgspec import Struct

from streaming.feed import Entry, place
from streaming.wire import native as wire

WAITING: Final = 1_024
ROOM: Final = WAITING * 3 // 4
"""Whoever has more than this waiting when nothing is left to leave out reads too slowly."""

SEGMENT: Final = re.compile(rb'\{"type":"transcript\.(partial|final)",("channel":\d+,"segment":\d+),')
ENDED: Final = b'{"type":"session.ended"'
ASIDE: Final = b'{"type":"agent.note"'
"""What whoever may be the caller is not sent: see `presence.AgentNote`."""


class Line(Struct, frozen=True):
    """An event as all viewers are sent it: made once, shared by all. `segment`: what it says anew, if it does;
    `partial`: a later line about the same segment overtakes it. `aside`: for the agent's side alone."""

    at: tuple[int, int]
    frame: str
    segment: bytes = b""
    partial: bool = False
    last: bool = False
    aside: bool = False


def line(entry: Entry) -> Line:
    """The line of a log's entry."""
    told = SEGMENT.match(entry.body)
    frame, at = wire.joined(entry.id, entry.body), place(entry.id)
    if told is None:
        return Line(at, frame, last=entry.body.startswith(ENDED), aside=entry.body.startswith(ASIDE))
    return Line(at, frame, told[2], told[1] == b"partial")


class Lines:
    """Lines that wait. `over`: they are too many, whoever reads them is too slow."""

    def __init__(self, after: tuple[int, int]) -> None:
        self._after = after
        self._waiting: deque[Line] = deque()
        self._newest: dict[bytes, Line] = {}
        self.over = False

    def put(self, one: Line) -> None:
        """A line of the log; what stands at or before the place that is known already is dropped."""
        if one.at <= self._after or self.over:
            return
        self._after = one.at
        self._waiting.append(one)
        if one.segment:
            self._newest[one.segment] = one
        if len(self._waiting) > WAITING:
            self._waiting = deque(waits for waits in self._waiting if not self._overtaken(waits))
            self.over = len(self._waiting) > ROOM

    def take(self) -> Line | None:
        """The next line that nothing has overtaken; None when none waits."""
        while self._waiting:
            one = self._waiting.popleft()
            if self._overtaken(one):
                continue
            if self._newest.get(one.segment) is one:
                del self._newest[one.segment]
            return one
        return None

    def _overtaken(self, one: Line) -> bool:
        return one.partial and self._newest.get(one.segment) is not one
