"""The keys that are pressed in a call: what is told of them, and which of them pause it. Pure."""

from typing import Final

from streaming.presence import HIDDEN
from streaming.wire.messages import SessionPause, SessionUnpause
from streaming.wire.telephone import Pressed, Say
from streaming.wire.twilio.policy import TwilioPolicy

RUN_MS: Final = 5_000
"""Keys that follow each other sooner may be one number."""
KEYS: Final = frozenset("0123456789*#ABCD")


class Keypad:
    """The keys of one call."""

    def __init__(self, policy: TwilioPolicy) -> None:
        self._policy = policy
        self._paused = False
        self._run = 0
        self._last_ms: int | None = None

    def pressed(self, channel: int, key: str, at_ms: int) -> list[Pressed | Say]:
        """What a key does that is pressed at `at_ms` of the session; while it is paused, no key is told."""
        if key not in KEYS:
            return []
        if self._paused:
            self._paused = key not in self._policy.unpause_keys
            return [] if self._paused else [Say(SessionUnpause())]
        if self._last_ms is None or at_ms - self._last_ms > RUN_MS:
            self._run = 0
        self._run, self._last_ms = self._run + 1, at_ms
        told = Pressed(channel, key if self._run <= self._policy.keys_shown else HIDDEN)
        self._paused = key in self._policy.pause_keys
        return [told, Say(SessionPause())] if self._paused else [told]
