"""RTP packets of one source in their order, without those that come twice or too late. Pure.

A packet in its place is given out at once. Behind a hole up to `DEPTH` packets are held, so what is late by less than
that costs a wait only while it is late; then the hole is given up. Sequence numbers wrap at 16 bits (RFC 3550, 5.1) and
are counted on beyond; a jump that no loss explains is taken for a new stream once two packets in a row agree on it
(RFC 3550, appendix A.1).
"""

from typing import Final, NamedTuple

DEPTH: Final = 4
"""Packets that wait behind a hole."""
DROPOUT: Final = 3_000
"""Packets that can be missing in a row: a minute of 20 ms each."""
MISORDER: Final = 100
"""How late a packet can be and still belong to the stream."""


class Packet(NamedTuple):
    """`seq`: 16 bits, `timestamp`: 32 bits in samples of 48 kHz (RFC 7587), `payload`: what it carries."""

    seq: int
    timestamp: int
    payload: bytes


class Ordered(NamedTuple):
    """A packet in its place. `missing`: packets directly before it that never came; `fresh`: it begins a stream."""

    packet: Packet
    missing: int = 0
    fresh: bool = False


class Reorder:
    """One source (SSRC). `late`: packets that came twice, or behind their place."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._held: dict[int, Packet] = {}
        self._stray: int | None = None
        self.late = 0

    def push(self, packet: Packet) -> list[Ordered]:
        """All that is in its place now."""
        if self._next is None:
            return self._begin(packet)
        ahead = (packet.seq - self._next + 0x8000) % 0x10000 - 0x8000
        if not -MISORDER <= ahead < DROPOUT:
            return self._strayed(packet)
        self._stray = None
        number = self._next + ahead
        if ahead < 0 or number in self._held:
            self.late += 1
            return []
        self._held[number] = packet
        out = self._ready()
        while len(self._held) > DEPTH:
            out += self._give_up()
        return out

    def flush(self) -> list[Ordered]:
        """What is held, with the holes in it: nothing more comes."""
        out: list[Ordered] = []
        while self._held:
            out += self._give_up()
        return out

    def _begin(self, packet: Packet) -> list[Ordered]:
        self._next, self._stray = packet.seq + 1, None
        return [Ordered(packet, fresh=True)]

    def _strayed(self, packet: Packet) -> list[Ordered]:
        """Far from its place: the second in a row begins a new stream."""
        agreed, self._stray = packet.seq == self._stray, (packet.seq + 1) % 0x10000
        if not agreed:
            self.late += 1
            return []
        return [*self.flush(), *self._begin(packet)]

    def _ready(self, missing: int = 0) -> list[Ordered]:
        out: list[Ordered] = []
        assert self._next is not None
        while (packet := self._held.pop(self._next, None)) is not None:
            out.append(Ordered(packet, missing))
            self._next, missing = self._next + 1, 0
        return out

    def _give_up(self) -> list[Ordered]:
        """The hole before the first packet that is held is one."""
        assert self._next is not None
        first = min(self._held)
        missing, self._next = first - self._next, first
        return self._ready(missing)
