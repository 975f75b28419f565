"""What to do with each packet in order, so that the clock of the sound stays that of its sender. Pure.

Every sample between the first packet and the last is accounted for: `Play` decodes a packet, `Recover` takes the one
before it from its in-band copy, `Conceal` has the decoder bridge a short hole, `Lose` leaves out a longer one, and
`Rest` is the silence of a sender that sent nothing (DTX, RFC 7587, 3.1.3: the timestamp goes on, the sequence number
does not).
"""

from typing import Final, NamedTuple, TypeAlias

from streaming.wire.rtp import opus
from streaming.wire.rtp.order import Ordered

SHORT: Final = 60 * opus.RATE // 1000
"""A hole up to this long is bridged: beyond it a decoder only fades out."""
LONGEST: Final = 60 * opus.RATE
"""A clock that jumps by more than this was set anew."""


class Play(NamedTuple):
    """Decode the packet: `samples` of it."""

    payload: bytes
    samples: int


class Recover(NamedTuple):
    """Decode `samples` of sound that were lost from the copy in the packet that follows them."""

    payload: bytes
    samples: int


class Conceal(NamedTuple):
    """Have the decoder make up `samples`."""

    samples: int


class Lose(NamedTuple):
    """`samples` are lost."""

    samples: int


class Rest(NamedTuple):
    """`samples` of silence."""

    samples: int


Act: TypeAlias = Play | Recover | Conceal | Lose | Rest
"""`samples` are those of RTP's clock, 48 kHz."""


class Playout:
    """One stream of Opus packets. `broken`: packets that are no Opus."""

    def __init__(self) -> None:
        self._due: int | None = None
        self._last = 0
        self._unread = 0
        self.broken = 0

    def take(self, ordered: Ordered) -> list[Act]:
        """What to do now. A packet that is no Opus is as good as lost: its time is accounted for with the next one."""
        packet = ordered.packet
        try:
            samples = opus.samples(packet.payload)
        except ValueError:
            self.broken += 1
            self._unread += 1 + ordered.missing
            return []
        before = [] if ordered.fresh else self._before(ordered, samples)
        self._due, self._last, self._unread = packet.timestamp + samples, samples, 0
        return [*before, Play(packet.payload, samples)]

    def _before(self, ordered: Ordered, samples: int) -> list[Act]:
        """What belongs between the last packet and this one, by the clock of the sender."""
        if self._due is None:
            return []
        hole = (ordered.packet.timestamp - self._due) % 0x1_0000_0000
        if not 0 < hole <= LONGEST:
            return []
        lost = min(hole, (ordered.missing + self._unread) * self._last)
        acts: list[Act] = [Rest(hole - lost)] if hole > lost else []
        return acts + self._lost(ordered.packet.payload, lost, samples)

    def _lost(self, payload: bytes, lost: int, samples: int) -> list[Act]:
        if not lost:
            return []
        copy = samples if samples <= lost and opus.redundant(payload) else 0
        rest, acts = lost - copy, list[Act]()
        if rest:
            acts.append(Conceal(rest) if rest <= SHORT else Lose(rest))
        return [*acts, Recover(payload, copy)] if copy else acts
