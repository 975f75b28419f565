"""What a client is told while Redis is away or cannot write, and when that is over. Pure."""

from typing import Final

from streaming.events import SessionDegraded

HELD_AFTER_S: Final = 1.0
"""A shorter absence is not worth a word."""
USUAL: Final = SessionDegraded("full", None, "recovered")


class Held:
    """One client. `pace`: the last step that the log told it, which is so again afterwards."""

    def __init__(self) -> None:
        self.pace = USUAL
        self._told = False

    def news(self, away_s: float | None) -> SessionDegraded | None:
        """What to tell, if anything: Redis has been away for `away_s`, or is there (None)."""
        if away_s is None:
            was, self._told = self._told, False
            return SessionDegraded(self.pace.step, self.pace.partial_s, "recovered") if was else None
        if self._told or away_s < HELD_AFTER_S:
            return None
        self._told = True
        return SessionDegraded("held", None, "bus")
