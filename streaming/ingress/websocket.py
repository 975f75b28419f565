"""How a WebSocket is carried, below all dialects: what uvicorn leaves to be wished for, beside the way of sound.

- A client that does not read, or has vanished, is let go: uvicorn waits for ever until it has taken the last.
- A connection that broke is told apart (1006) from one that was closed without a code (1005).
- Whoever sends what is no WebSocket message is told by the close, also while more of it comes: a connection that is
  closed with something unread is reset, and its client may never see why.
- A client's mistakes, and refusals before the upgrade, are no errors of ours in the log.
- A message is as large as its dialect needs, and no larger.
"""

import asyncio
from typing import TYPE_CHECKING, Final

from streaming.ingress.connection import Connection
from streaming.wire.dialects import DIALECTS

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent
    from websockets.http11 import Request

LARGE: Final = dict.fromkeys(["/v1/realtime", *(dialect.path for dialect in DIALECTS)], 1 << 22)
"""Where clients send as much sound at once as they like: bytes of a message. Elsewhere `ws_max_size` holds."""
UNREAD_S: Final = 1.0
"""So long a client that broke the protocol may go on sending what nobody looks at."""
LAST_S: Final = 12.0
"""So long after the last word a client has to take it: longer than uvicorn waits for its close."""


class Protocol(Connection):
    """One connection."""

    _broken = False
    _last: asyncio.TimerHandle | None = None

    def handle_connect(self, event: "Request") -> None:
        """The upgrade."""
        path = event.path.partition("?")[0]
        self.conn.max_message_size = max(self.config.ws_max_size, LARGE.get(path, 0))
        super().handle_connect(event)

    def data_received(self, data: bytes) -> None:
        """Bytes of the client's."""
        if not self._broken:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing can be sent or will come any more. A close that came before is in the queue before this."""
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        if self._last:
            self._last.cancel()
        super().connection_lost(exc)

    def send_receive_event_to_app(self) -> None:
        """A whole message."""
        if self._broken:
            return
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(1007, "a text message must be UTF-8")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """Nothing that comes from here on can be understood."""
        assert self.conn.close_sent is not None
        code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self._broken = self.close_sent = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(UNREAD_S, self.transport.close)

    async def send(self, message: "ASGISendEvent") -> None:
        """What the application does."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True

    async def run_asgi(self) -> None:
        """The application, from the upgrade to its end."""
        await super().run_asgi()
        self._last = self.loop.call_later(LAST_S, self.transport.abort)
