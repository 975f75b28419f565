"""What a connection's RTP packets sound like: put in order, decoded to 16 kHz, and holes told."""

from typing import NamedTuple, TypeAlias

import numpy as np
from msgspec import Struct

from streaming.audio import RATE, Int16
from streaming.ingress.webrtc.libopus import Decoder
from streaming.parts import GapReason
from streaming.wire.rtp import opus
from streaming.wire.rtp.order import Packet, Reorder
from streaming.wire.rtp.playout import Act, Conceal, Lose, Play, Playout, Recover, Rest


class Sound(NamedTuple):
    """Mono samples of 16 kHz."""

    pcm: Int16


class Hole(NamedTuple):
    """`samples` (16 kHz) that did not come; `pcm`: what was made up in their place, if anything."""

    samples: int
    reason: GapReason
    pcm: Int16 | None = None


Heard: TypeAlias = Sound | Hole


class Tally(Struct):
    """What came of a connection's sound: packets and, in samples of 16 kHz, where its time went."""

    packets: int = 0
    late: int = 0
    broken: int = 0
    played: int = 0
    recovered: int = 0
    concealed: int = 0
    lost: int = 0
    rested: int = 0


class Ear:
    """One track. Times are whole samples of 16 kHz: a rest of RTP's clock that is none is kept for the next hole."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._source: int | None = None
        self._order, self._playout = Reorder(), Playout()
        self._over = 0
        self.tally = Tally()

    def hear(self, source: int, packet: Packet) -> list[Heard]:
        """All that can be told now. A new `source` (SSRC) is a new stream: what is held of the old one comes first."""
        out: list[Heard] = []
        if source != self._source:
            out += self.flush()
            self._source, self._order = source, Reorder()
        self.tally.packets += 1
        late = self._order.late
        ordered = self._order.push(packet)
        self.tally.late += self._order.late - late
        return [
            *out,
            *(heard for one in ordered for act in self._playout.take(one) for heard in self._do(act)),
        ]

    def flush(self) -> list[Heard]:
        """What is held, at the end."""
        acts = [act for one in self._order.flush() for act in self._playout.take(one)]
        self.tally.broken += self._playout.broken
        self._playout.broken = 0
        return [heard for act in acts for heard in self._do(act)]

    def _do(self, act: Act) -> list[Heard]:
        match act:
            case Play(payload=payload, samples=samples):
                return self._play(payload, samples)
            case Recover(payload=payload, samples=samples):
                return self._recover(payload, samples)
            case Conceal(samples=samples):
                return self._conceal(self._whole(samples))
            case Lose(samples=samples):
                return self._lose(self._whole(samples))
            case Rest(samples=samples):
                return self._rest(self._whole(samples))

    def _whole(self, samples: int) -> int:
        """RTP's samples as those of 16 kHz, with what was left over from the last time."""
        whole, self._over = divmod(self._over + samples, opus.RATE // RATE)
        return whole

    def _play(self, payload: bytes, samples: int) -> list[Heard]:
        try:
            pcm = self._decoder.play(payload)
        except ValueError:  # its head was right, its body is not: its time has passed all the same
            self.tally.broken += 1
            return self._conceal(samples * RATE // opus.RATE)
        self.tally.played += len(pcm)
        return [Sound(pcm)]

    def _recover(self, payload: bytes, samples: int) -> list[Heard]:
        count = samples * RATE // opus.RATE
        try:
            pcm = self._decoder.recover(payload, count)
        except ValueError:
            return self._conceal(count)
        self.tally.recovered += len(pcm)
        return [Sound(pcm)]

    def _conceal(self, samples: int) -> list[Heard]:
        self.tally.concealed += samples
        return [Hole(samples, "concealed", self._decoder.conceal(samples))] if samples else []

    def _lose(self, samples: int) -> list[Heard]:
        self.tally.lost += samples
        return [Hole(samples, "lost")] if samples else []

    def _rest(self, samples: int) -> list[Heard]:
        self.tally.rested += samples
        return [Sound(np.zeros(samples, np.int16))] if samples else []
