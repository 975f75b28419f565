"""A WebSocket as the gateway reads it: uvicorn's, but for the way of sound.

Uvicorn parses each message by a parser for all of the protocol, stops reading the socket, wakes the task that waits
for it, and reads on once that has taken it. At fifty messages a second from each client that is most of what they cost.
Here a short binary message is given to whoever takes it (`taking`) as it is read, and reading stops only while much
waits. Everything else goes uvicorn's way, and nothing overtakes anything.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from streaming.wire.framing import Frames

WAITING: Final = 1 << 16
"""Bytes that wait to be taken, beyond which the socket is not read,"""
MESSAGE: Final = 256
"""and what each message counts for beside its own."""
WRONG: Final = "vivavoce.wrong"
"""Of a message that was not taken: why."""

Take = Callable[[bytes], None]


class Connection(WebSocketsSansIOProtocol):
    """One client's WebSocket."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.take: Take | None = None
        self._frames: Frames | None = None
        self._asked = False  # the application waits for a message
        self._waiting = 0

    def handle_connect(self, event: Request) -> None:
        """The handshake."""
        super().handle_connect(event)
        if self.response.status_code == 101:
            self.scope.setdefault("state", {})["connection"] = self

    def data_received(self, data: bytes) -> None:
        """What was read."""
        if self._frames is None:  # the handshake: uvicorn hands it over, and nothing else with it
            self._frames = Frames(self.config.ws_max_size)
            super().data_received(data)
            return
        for piece in self._frames.cut(data):
            if self.conn.parser_exc is not None:
                return
            if piece.whole:
                self._message(piece.data)
            else:
                super().data_received(piece.data)

    def _message(self, data: bytes) -> None:
        if self.close_sent:
            return
        if self.take is not None and self._asked and self.queue.empty():
            try:
                self.take(data)
            except Exception as wrong:  # noqa: BLE001 - whatever it was: it is raised where messages are received
                self._put({"type": "websocket.receive", "bytes": data, WRONG: wrong})
            return
        self._put({"type": "websocket.receive", "bytes": data})
        self._waits(len(data))

    def _put(self, message: Any) -> None:
        self.queue.put_nowait(message)

    def send_receive_event_to_app(self) -> None:
        """A message that came by the full parser."""
        size, paused = sum(map(len, self.frames)), self.read_paused
        self.read_paused = True  # or reading would stop at each
        super().send_receive_event_to_app()
        self.read_paused = paused
        self._waits(size)

    def _waits(self, size: int) -> None:
        self._waiting += size + MESSAGE
        if self._waiting > WAITING and not self.read_paused and not self.close_sent:
            self.read_paused = True
            self.transport.pause_reading()

    async def receive(self) -> Any:
        """The next message; reading goes on when it was the last that waited."""
        self._asked = True
        try:
            message = await super().receive()
        finally:
            self._asked = False
        if self.queue.empty():
            self._waiting = 0
        return message


@contextmanager
def taking(socket: WebSocket, take: Take) -> Generator[None]:
    """Binary messages are given to `take` as they are read, while a message is waited for and none is there; what it
    raises, `received` does. On a server that is not ours all come by `received`."""
    connection = getattr(socket.state, "connection", None)
    if not isinstance(connection, Connection):
        yield
        return
    connection.take = take
    try:
        yield
    finally:
        connection.take = None


async def received(socket: WebSocket) -> Any:
    """The next message that was not taken. Raises what taking one raised."""
    message = await socket.receive()
    if wrong := message.get(WRONG):
        raise wrong
    return message
