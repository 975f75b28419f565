"""From a session's log to one socket: in order, nothing twice, and no longer than a reader that is too slow allows."""

from typing import Final

import msgspec
from starlette.websockets import WebSocket

from streaming import keys
from streaming.bus import Bus
from streaming.events import SessionDegraded
from streaming.feed import Entry
from streaming.ingress.conversing import promptly
from streaming.ingress.held import Held
from streaming.ingress.lines import ASIDE, ENDED, Line
from streaming.wire import native as wire

DEGRADED: Final = b'{"type":"session.degraded"'
PARTIAL: Final = b'{"type":"transcript.partial"'


class Egress:
    """One reader of a session's log. `aside`: it is sent what is for the agent's side alone."""

    def __init__(self, bus: Bus, socket: WebSocket, slow_s: float, *, aside: bool = False) -> None:
        self._bus = bus
        self._socket = socket
        self._slow_s = slow_s
        self.aside = aside
        self.held = Held()

    async def send(self, frame: str) -> None:
        """One text frame.

        Raises:
            Fault: the reader took too long (1013); it may resume.
            WebSocketDisconnect: it is gone.
        """
        told = "events are read too slowly: resume the session from the last one read"
        await promptly(self._socket.send_text(frame), self._slow_s, told, retry_after=1)

    async def tell(self, one: Line) -> None:
        """A line of the log, if it is for this reader. Raises as `send` does."""
        if self.aside or not one.aside:
            await self.send(one.frame)

    async def follow(self, session_id: str, after: str) -> None:
        """All events behind `after`, as they come, up to and with `session.ended`."""
        feed = self._bus.open({keys.events(session_id): after})
        try:
            while True:
                for entry in newest_partials(await feed.get()):
                    if self.aside or not entry.body.startswith(ASIDE):
                        await self.send(wire.joined(entry.id, entry.body))
                    if entry.body.startswith(DEGRADED):
                        self.held.pace = msgspec.json.decode(entry.body, type=SessionDegraded)
                    if entry.body.startswith(ENDED):
                        return
        finally:
            feed.close()


def newest_partials(batch: list[Entry]) -> list[Entry]:
    """A batch without the partials that the very next entry supersedes (a reader that keeps up has none)."""
    later = [*batch[1:], None]
    return [entry for entry, follower in zip(batch, later, strict=True) if not _superseded(entry, follower)]


def _superseded(entry: Entry, follower: Entry | None) -> bool:
    """Whether both are partials of one segment: their JSON is the same up to `revision`."""
    if follower is None or not entry.body.startswith(PARTIAL):
        return False
    return entry.body.partition(b'"revision"')[0] == follower.body.partition(b'"revision"')[0]
