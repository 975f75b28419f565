"""Where each sample of a channel went. Pure.

Every term is counted where it is decided, by adding up the stretches that really came; none is the difference of
others. So a sample that was lost on the way, or decided twice, breaks the sum.
"""

from msgspec import Struct, field

from asr.rates import MS
from streaming.parts import ChannelAccount, GapReason


class Ledger(Struct):
    """Samples by what became of them. `came`: stretches [from, to) that arrived and are not decided yet, in order."""

    transcribed: int = 0
    silence: int = 0
    lost: int = 0
    paused: int = 0
    concealed: int = 0
    decided: int = 0
    came: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def arrive(self, begin: int, end: int) -> None:
        """Samples [begin, end) came."""
        if self.came and self.came[-1][1] == begin:
            begin = self.came.pop()[0]
        self.came.append((begin, end))

    def lose(self, samples: int, *, concealed: bool = False) -> None:
        """So many samples were told to be lost, or to have been made up in their place."""
        if concealed:
            self.concealed += samples
        else:
            self.lost += samples

    def pause(self, samples: int) -> None:
        """So many samples were told to have been dropped while the session was paused."""
        self.paused += samples

    def transcribe(self, end: int) -> None:
        """What came before sample `end` and was not decided yet is in a final."""
        self.transcribed += self._decide(end)

    def drop(self, end: int) -> None:
        """What came before sample `end` and was not decided yet is silence."""
        self.silence += self._decide(end)

    def _decide(self, end: int) -> int:
        count = 0
        while self.came and self.came[0][0] < end:
            begin, to = self.came.pop(0)
            count += min(to, end) - begin
            if to > end:
                self.came.insert(0, (end, to))
        self.decided = max(self.decided, end)
        return count

    def account(self, channel: int, duration: int) -> ChannelAccount:
        """As clients see it; `duration` is the gateway's own count of samples."""
        counted: dict[GapReason, int] = {
            "lost": self.lost,
            "concealed": self.concealed,
            "paused": self.paused,
        }
        return ChannelAccount(
            channel=channel,
            duration_ms=duration / MS,
            transcribed_ms=self.transcribed / MS,
            silence_ms=self.silence / MS,
            gap_ms={reason: samples / MS for reason, samples in counted.items() if samples},
        )
