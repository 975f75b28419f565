"""A client's session as its gateway sees it, without sockets or Redis: what may come when, clocks and credit.

`NEXT` is the protocol's order, whatever the dialect. Sound is counted here, at the edge, before anything could drop it:
this count is the `duration` that the recogniser's own counts must add up to.
"""

import enum
import math
import sys
from typing import Final

from msgspec import Struct

from streaming import audio
from streaming.errors import ClientFault, Close
from streaming.events import AudioFormat, Limits


class SessionPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of a session: seconds, but for `frame_bytes`.

    `credit_s`: how far a client may be beyond the last ack. `ahead_s`: sound that comes faster than real time is
    acknowledged until it is this far ahead of the clock, then only as the recogniser gets on (`backlog_s` ahead of it).
    `lag_s`: who is so far behind with live sound is told of it. `ack_s`: the longest wait between two looks at what is
    acknowledged, and at what others want of the session.
    `first_message_s`: a client that has said nothing by then is sent away. `idle_timeout_s`: a session whose client
    says nothing for so long is ended. `resume_window_s`: so long a session waits for a client that is gone.
    `slow_viewer_s`: whoever does not read what it is sent for so long is cut off, client or viewer, and may come again.
    """

    credit_s: float = 20.0
    frame_bytes: int = 256 * 1024
    resume_window_s: float = 60.0
    idle_timeout_s: float = 600.0
    first_message_s: float = 10.0
    ack_s: float = 0.5
    ahead_s: float = 5.0
    backlog_s: float = 20.0
    slow_viewer_s: float = 10.0
    lag_s: float = 3.0

    def limits(self) -> Limits:
        """What a client is told of these bounds."""
        return Limits(self.credit_s, self.frame_bytes, self.resume_window_s, self.idle_timeout_s)


class Phase(enum.Enum):
    """Where a socket is in its life."""

    FRESH = "waiting for session.start, session.resume or session.watch"
    VIEWING = "while watching"
    LIVE = "in a session"
    PAUSED = "while the session is paused"
    ENDING = "after session.end"


class Input(enum.Enum):
    """What a client can do, in any dialect."""

    START = "session.start"
    RESUME = "session.resume"
    WATCH = "session.watch"
    SOUND = "sound"
    SKIP = "audio.skip"
    TEXT = "text"
    FINALIZE = "audio.finalize"
    UPDATE = "session.update"
    CANCEL = "reply.cancel"
    FEEDBACK = "suggestion.feedback"
    PAUSE = "session.pause"
    UNPAUSE = "session.unpause"
    END = "session.end"


SPOKEN: Final = (
    Input.SOUND,
    Input.SKIP,
    Input.TEXT,
    Input.FINALIZE,
    Input.UPDATE,
    Input.CANCEL,
    Input.FEEDBACK,
)
"""What may come again and again while a session lasts, paused or not."""

NEXT: Final[dict[tuple[Phase, Input], Phase]] = {
    (Phase.FRESH, Input.START): Phase.LIVE,
    (Phase.FRESH, Input.RESUME): Phase.LIVE,
    (Phase.FRESH, Input.WATCH): Phase.VIEWING,  # and nothing more
    **{(Phase.LIVE, may): Phase.LIVE for may in SPOKEN},
    (Phase.LIVE, Input.UNPAUSE): Phase.LIVE,
    (Phase.LIVE, Input.PAUSE): Phase.PAUSED,
    # sound is counted and dropped, text is refused: neither is an error that ends the session
    **{(Phase.PAUSED, may): Phase.PAUSED for may in (*SPOKEN, Input.PAUSE)},
    (Phase.PAUSED, Input.UNPAUSE): Phase.LIVE,
    (Phase.PAUSED, Input.END): Phase.ENDING,
    (Phase.LIVE, Input.END): Phase.ENDING,
    (Phase.ENDING, Input.CANCEL): Phase.ENDING,
    (Phase.ENDING, Input.FEEDBACK): Phase.ENDING,
    (Phase.ENDING, Input.END): Phase.ENDING,  # sent again after a resume
}


def advance(phase: Phase, what: Input) -> Phase:
    """The phase after an input.

    Raises:
        ClientFault: it may not come now (1002).
    """
    try:
        return NEXT[phase, what]
    except KeyError:
        may = ", ".join(i.value for (p, i) in NEXT if p is phase)
        told = f"{what.value} cannot come {phase.value}; what can: {may}"
        raise ClientFault("order", told, close=Close.ORDER) from None


class Clock:
    """Samples (a channel) of one client's sound, at its own rate and at 16 kHz, and its credit.

    After a resume the clock begins at `stored`, the 16 kHz samples that are safe: `have` tells the client the first
    sample to send again. Both stand on a common multiple of the two sample periods, but for the very end of the sound.
    """

    def __init__(self, policy: SessionPolicy, sound: AudioFormat, stored: int = 0) -> None:
        self._policy = policy
        self.sound = sound
        self.received = self.have = self.acked = self.at_rate(stored)
        self._began = self.received

    def at_rate(self, samples: int) -> int:
        """16 kHz samples as samples at the client's rate, rounded down."""
        return samples * self.sound.sample_rate // audio.RATE

    def inside(self, samples: int) -> int:
        """Samples at the client's rate as 16 kHz samples, rounded down."""
        return samples * audio.RATE // self.sound.sample_rate

    def receive(self, samples: int) -> tuple[int, int]:
        """Count samples that arrived, or were skipped; their place [from, to) on the client's clock.

        Raises:
            ClientFault: the client is further beyond the last ack than its credit (1008).
        """
        begin = self.received
        limit = self.acked + int(self._policy.credit_s * self.sound.sample_rate)
        if begin + samples > limit:
            told = (
                f"sound up to sample {begin + samples} is beyond the credit: wait for audio.ack and stay within "
                f"{self._policy.credit_s:g} s of it (sample {limit} now)"
            )
            raise ClientFault("beyond_credit", told, close=Close.POLICY)
        self.received += samples
        return begin, self.received

    def trust(self) -> None:
        """No credit counts any more: the client is gone, and what it sent is all here."""
        self.acked = sys.maxsize

    def ack(self, stored: int, processed: int, elapsed_s: float) -> int:
        """How many samples to acknowledge now: what is stored, but no further ahead than the pace allows.

        Sound at the pace of speech is never held back, however far behind the recogniser is; a file sent as fast as
        it goes is read no faster than the recogniser gets on. `stored` and `processed` count 16 kHz samples.
        """
        live = self._began + int((elapsed_s + self._policy.ahead_s) * self.sound.sample_rate)
        behind = self.at_rate(processed + int(self._policy.backlog_s * audio.RATE))
        self.acked = max(self.acked, min(self.at_rate(stored), max(live, behind)))
        return self.acked

    def late_s(self, stored: int, processed: int, elapsed_s: float) -> float:
        """Seconds by which the recogniser is behind somebody who speaks. A file that was sent ahead of the clock is not
        late before its time. Counts as in `ack`."""
        live = self.inside(self._began) + int(elapsed_s * audio.RATE)
        return max(0, min(stored, live) - processed) / audio.RATE


class Lag:
    """What a client is told of being behind, and that it is over. One that is `back` may have been told before."""

    def __init__(self, policy: SessionPolicy, *, back: bool = False) -> None:
        self._least_s = policy.lag_s
        self._told_at = -math.inf if back else None

    def told(self, late_s: float, now: float) -> int | None:
        """Milliseconds to tell at `now` (seconds), once a second while it lasts; 0 when it is over; None: nothing."""
        if late_s >= self._least_s:
            if self._told_at is not None and now - self._told_at < 1.0:
                return None
            self._told_at = now
            return round(late_s * 1000)
        if self._told_at is None or late_s > self._least_s / 2:
            return None
        self._told_at = None
        return 0
