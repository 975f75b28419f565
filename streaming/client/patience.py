"""When a client comes back to a server that it lost. Pure: readings of one monotonic clock, in seconds, go in."""

from typing import Final

PAUSES_S: Final = (0.0, 0.1, 0.2, 0.5, 1.0, 2.0)
STEADY_S: Final = 2.0


class Patience:
    """Growing pauses before each try, and the moment `until` which to try.

    A connection that held for STEADY_S, or brought something new, was one: the next loss begins anew. A server that
    takes a client in and throws it out at once is as good as away: it is stormed no more, and given up as well.
    """

    def __init__(self, give_up_s: float) -> None:
        self._give_up_s = give_up_s
        self._tries = 0
        self._asked = 0.0
        self._opened = 0.0
        self._news = False
        self.until = 0.0

    def opened(self, now: float) -> None:
        """There is a connection."""
        self._opened, self._news = now, False

    def news(self) -> None:
        """It brought something that was not known before."""
        self._news = True

    def lost(self, now: float) -> None:
        """It is gone."""
        if self._news or now - self._opened >= STEADY_S:
            self._tries = 0
            self.until = now + self._give_up_s

    def asked(self, seconds: float | None) -> None:
        """The server wants not to be tried for so long."""
        self._asked = seconds or 0.0

    def pause(self) -> float:
        """Seconds to wait before the next try."""
        pause = max(PAUSES_S[min(self._tries, len(PAUSES_S) - 1)], self._asked)
        self._tries += 1
        self._asked = 0.0
        return pause
