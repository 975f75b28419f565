"""What a server sent: decoded, nothing twice, and waiting in bounded number for whoever reads."""

import asyncio
import logging
from collections import deque
from typing import Final, get_args

import msgspec
from msgspec import Struct

from streaming.errors import Fault
from streaming.events import Event
from streaming.wire import messages as said

log = logging.getLogger(__name__)

MOST: Final = 1_024


class Message(Struct, frozen=True):
    """An event (or a transient message, whose `id` is ""), and the line of JSON that it came as."""

    id: str
    event: Event | said.Transient
    raw: str


class _Tag(Struct):
    type: str
    id: str = ""


_tag = msgspec.json.Decoder(_Tag)
_event = msgspec.json.Decoder(Event | said.Transient)
KNOWN: Final = frozenset(kind.__struct_config__.tag for kind in (*get_args(Event), *get_args(said.Transient)))


class Arrivals:
    """Between the link, which puts, and the readers, who get. At most MOST messages wait."""

    def __init__(self) -> None:
        self.last_event_id = "0-0"
        self._waiting: deque[Message] = deque()
        self._come = asyncio.Event()
        self._taken = asyncio.Event()
        self._over = False
        self._fault: Fault | None = None

    def decoded(self, raw: str) -> Message | None:
        """A server's message; None when it was seen before, or when this client does not know the like of it.

        A newer server may send what cannot be decoded here (a new member of an enumeration, say): that is logged, and
        the session goes on behind it.
        """
        kind = "unknown"
        try:
            tag = _tag.decode(raw)
            kind = tag.type
            if tag.id:
                if _place(tag.id) <= _place(self.last_event_id):
                    return None
                self.last_event_id = tag.id
            return Message(tag.id, _event.decode(raw), raw) if kind in KNOWN else None
        except (msgspec.MsgspecError, ValueError) as error:
            log.warning("a message of type %s cannot be read and is left out: %s", kind, error)
            return None

    async def put(self, message: Message) -> None:
        """Waits for room, so that a server whose events nobody reads is read no further either."""
        while len(self._waiting) >= MOST:
            self._taken.clear()
            await self._taken.wait()
        self._waiting.append(message)
        self._come.set()

    async def get(self) -> Message | None:
        """The next message; None once the session has ended. Raises Fault once it is lost."""
        while not self._waiting:
            if self._fault:
                raise self._fault
            if self._over:
                return None
            self._come.clear()
            await self._come.wait()
        self._taken.set()
        return self._waiting.popleft()

    def close(self, fault: Fault | None) -> None:
        """No more will come: behind what waits, every reader is told so, at every `get`. The first call counts."""
        if not self._over:
            self._over, self._fault = True, fault
        self._come.set()


def _place(entry_id: str) -> tuple[int, ...]:
    return tuple(map(int, entry_id.split("-")))
