"""Whose session it is that a connection carries: a dialect's own side of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import NoReturn, Protocol

from streaming.errors import Fault
from streaming.events import EndReason
from streaming.ingress.guests.waiting import Hole

Say = Callable[[str], None]
"""Sends one message on the data channel, now or when it is open."""


class Party(Protocol):
    """`label`: of its data channel. `leaving`: its client has said that no more will come."""

    label: str
    leaving: bool

    @property
    def begun(self) -> bool:
        """Whether there is a session, which sound can be said to."""
        ...

    async def there(self) -> None:
        """Wait until there is."""
        ...

    def here(self) -> AbstractContextManager[None]:
        """While its client is connected."""
        ...

    async def begin(self) -> None:
        """The session begins, before the offer is answered. Raises Fault."""
        ...

    async def run(self, say: Say) -> NoReturn:
        """Until the session is over, which raises Finished. Raises Fault."""
        ...

    async def sound(self, data: bytes) -> None:
        """PCM16, 16 kHz, mono."""
        ...

    async def lose(self, hole: Hole) -> None:
        """What the network lost."""
        ...

    async def said(self, text: str) -> None:
        """A message of the data channel, behind the sound that came before it. Raises Fault."""
        ...

    def leave(self, reason: EndReason) -> None:
        """No more will come."""
        ...

    def wrong(self, fault: Fault) -> list[str]:
        """A fault, as messages of the channel."""
        ...
