"""Which suggestions a session had, so that feedback about one that never was is answered and not swallowed.

Read from the session's log when feedback comes, which is seldom: each entry is read once a socket, none is decoded that
is something else.
"""

from typing import Final

import msgspec

from streaming import keys
from streaming.answers import SuggestionStarted
from streaming.bus import Bus
from streaming.errors import ClientFault
from streaming.facts import SessionConfig

STARTED: Final = b'{"type":"suggestion.started"'
PAGE: Final = 512


class Suggested:
    """The suggestions of one session, as far as its log was read."""

    def __init__(self, bus: Bus, config: SessionConfig) -> None:
        self._bus = bus
        self._config = config
        self._after = "0-0"
        self._numbers: set[int] = set()

    async def check(self, suggestion: int) -> None:
        """Raises ClientFault (the session goes on): there is no such suggestion. Raises BusDown."""
        if self._config.mode != "assist":
            raise ClientFault("unknown_suggestion", "suggestions are made in mode assist alone")
        while suggestion not in self._numbers:
            page = await self._bus.read(keys.events(self._config.session_id), self._after, PAGE)
            if not page:
                told = f"this session has had no suggestion {suggestion}: send the number of a suggestion.started"
                raise ClientFault("unknown_suggestion", told)
            self._after = page[-1].id
            self._numbers |= {
                msgspec.json.decode(entry.body, type=SuggestionStarted).suggestion
                for entry in page
                if entry.body.startswith(STARTED)
            }
