"""The native dialect over WebRTC: the session's events on the data channel `vivavoce.v1`, and what a client may say
there beside sound."""

from contextlib import AbstractContextManager
from typing import NoReturn

import msgspec

from streaming.errors import Close, Fault
from streaming.events import EndReason, Event
from streaming.ingress.gateway import Gateway
from streaming.ingress.guests.guest import Guest
from streaming.ingress.guests.waiting import Hole
from streaming.ingress.tickets import Grant
from streaming.ingress.webrtc.party import Say
from streaming.wire import messages as said
from streaming.wire import native as wire


class Native:
    """One session. What is told and heard is that of a WebSocket, without binary frames and acks."""

    label = wire.SUBPROTOCOL

    def __init__(self, gateway: Gateway, tenant: str, start: said.SessionStart) -> None:
        self._guest = Guest(gateway, Grant(tenant))
        self._start = start
        self._say: Say | None = None
        self.leaving = False

    @property
    def begun(self) -> bool:
        """See `Party`."""
        return self._guest.begun

    async def there(self) -> None:
        """See `Party`."""
        await self._guest.there()

    @property
    def session_id(self) -> str:
        """Of the session, once it has begun."""
        return self._guest.session_id

    @property
    def watch_token(self) -> str:
        """With it others may watch."""
        return self._guest.watch_token

    def here(self) -> AbstractContextManager[None]:
        """See `Party`."""
        return self._guest.here()

    async def begin(self) -> None:
        """See `Party`."""
        await self._guest.begin(self._start)

    async def run(self, say: Say) -> NoReturn:
        """See `Party`."""
        self._say = say
        await self._guest.run(self._told, self._wrong)

    async def sound(self, data: bytes) -> None:
        """See `Party`."""
        await self._guest.sound(data)

    async def lose(self, hole: Hole) -> None:
        """See `Party`."""
        await self._guest.lose(hole)

    async def said(self, text: str) -> None:
        """See `Party`. What cannot be read is told, and the session goes on."""
        try:
            message = wire.decode(text)
        except Fault as fault:
            if fault.close not in (None, Close.MALFORMED):
                raise
            await self._wrong(fault)
            return
        self.leaving = self.leaving or isinstance(message, said.SessionEnd)
        await self._guest.say(message)

    def leave(self, reason: EndReason) -> None:
        """See `Party`."""
        self.leaving = True
        self._guest.end(reason)

    def wrong(self, fault: Fault) -> list[str]:
        """See `Party`."""
        return [wire.encode(wire.told(fault))]

    async def _told(self, entry_id: str, event: Event) -> None:
        assert self._say
        self._say(wire.joined(entry_id, msgspec.json.encode(event)))

    async def _wrong(self, fault: Fault) -> None:
        assert self._say
        for text in self.wrong(fault):
            self._say(text)
