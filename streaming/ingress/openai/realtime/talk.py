"""One session of OpenAI's Realtime dialect, whatever carries its events: the session that is heard, and its responses.

    talk = Talk(gateway, tenant, realtime, send)
    with talk.here():
        await conversed(receive=receive(), talk=talk.run())

`receive` gives each frame of the client to `said` (and, where sound comes by a media track, that to `sound`); `send` is
called with each frame for the client, in order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Final, NoReturn

from streaming.errors import Close, Fault, ServiceFault
from streaming.events import EndReason, Event, SessionEnded
from streaming.ingress.conversing import conversed
from streaming.ingress.gateway import Gateway
from streaming.ingress.guests.guest import Guest
from streaming.ingress.guests.waiting import Hole
from streaming.ingress.openai.realtime.responding import Responding
from streaming.ingress.tickets import Grant
from streaming.wire.openai.realtime.effects import Begin, Cancel, Effect, Respond, Say, Sound, Tell
from streaming.wire.openai.realtime.realtime import Realtime

WAITING: Final = 2_048
"""Frames that may wait for a client that reads slowly."""

Send = Callable[[str], Awaitable[None]]


class Talk:
    """See above."""

    def __init__(self, gateway: Gateway, tenant: str, realtime: Realtime, send: Send) -> None:
        self._realtime = realtime
        self._guest = Guest(gateway, Grant(tenant))
        self._send = send
        self._telling: asyncio.Queue[str] = asyncio.Queue(WAITING)
        self._responding = Responding(gateway, tenant, realtime, self._done)
        self._first = realtime.opened()

    @property
    def begun(self) -> bool:
        """Whether there is a session that hears."""
        return self._guest.begun

    async def there(self) -> None:
        """Wait until there is."""
        await self._guest.there()

    @contextmanager
    def here(self) -> Generator[None]:
        """While its client is connected."""
        with self._guest.here():
            yield

    async def run(self) -> NoReturn:
        """Until the session that is heard is over. Raises Fault."""
        await self._do(self._first)
        await conversed(
            heard=self._guest.run(self._heard, self.told), tell=self._tell(), responses=self._responding.run()
        )
        raise ServiceFault("session_failed", "the session ended: open a new one")

    async def said(self, frame: str | bytes) -> None:
        """A client's event. Waits while more sound has come than can be taken."""
        await self._do(self._realtime.said(frame))

    async def sound(self, data: bytes) -> None:
        """Sound of a media track."""
        await self._guest.sound(data)

    async def lose(self, hole: Hole) -> None:
        """What the network lost of a media track."""
        await self._guest.lose(hole)

    async def told(self, fault: Fault) -> None:
        """Something was wrong and the session goes on."""
        self._done([*self._realtime.wrong(fault)])

    def leave(self, reason: EndReason = "client") -> None:
        """No more will come: what the client said is still heard to its end, by whoever watches."""
        if self._realtime.begun:
            self._guest.end(reason)

    # ---- doing -------------------------------------------------------------------------------------------------------

    def _done(self, effects: list[Effect]) -> list[Effect]:
        """Do what can be done at once, in order. What is left is to be waited for."""
        left: list[Effect] = []
        for effect in effects:
            match effect:
                case Tell(frame=frame):
                    self._put(frame)
                case Respond():
                    self._responding.start(effect)
                case Cancel(response_id=response_id):
                    self._responding.stop(response_id)
                case _:
                    left.append(effect)
        return left

    async def _do(self, effects: list[Effect]) -> None:
        for effect in self._done(effects):
            match effect:
                case Begin(start=start):
                    await self._guest.begin(start)
                case Sound(data=data):
                    await self.there()  # another task may still be at its beginning
                    await self._guest.sound(data)
                case Say(message=message):
                    await self.there()
                    await self._guest.say(message)
                case _:
                    raise AssertionError(effect)

    async def _heard(self, _: str, event: Event) -> None:
        await self._do(self._realtime.heard(event))
        if isinstance(event, SessionEnded) and event.reason == "failed":
            raise ServiceFault("session_failed", "the recogniser gave this session up: open a new one")

    def _put(self, frame: str) -> None:
        try:
            self._telling.put_nowait(frame)
        except asyncio.QueueFull:
            raise Fault(
                "slow", "events are read too slowly: open a new session", close=Close.OVERLOAD
            ) from None

    async def _tell(self) -> NoReturn:
        while True:
            await self._send(await self._telling.get())
