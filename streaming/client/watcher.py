"""`vivavoce.Watcher`: read somebody's session while it goes on.

    from vivavoce import Watcher
    from streaming.wire.messages import SessionWatch

    async for message in Watcher("http://127.0.0.1:8080", SessionWatch(session_id=..., token=...)):
        print(message.event)

After a loss it connects again and goes on behind the last event that it has seen. Who reads slowly may miss partials
that were superseded meanwhile, and nothing else.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

from msgspec.structs import replace
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from streaming.client.arrivals import Arrivals, Message
from streaming.client.dial import ClientPolicy, absent, address, dial
from streaming.client.link import ABNORMAL, FATAL, fault_of
from streaming.client.outbox import encode
from streaming.client.patience import Patience
from streaming.errors import ServiceFault
from streaming.events import SessionEnded
from streaming.wire import messages as said

NORMAL = 1000


class Watcher:
    """One session as its viewers see it. Iterate over it: that connects, and ends after `session.ended`."""

    def __init__(
        self,
        url: str,
        watch: said.SessionWatch,
        *,
        key: str | None = None,
        policy: ClientPolicy | None = None,
    ) -> None:
        self._url = address(url)
        self._watch = watch
        self._key = key
        self._policy = policy or ClientPolicy()
        self._patience = Patience(self._policy.give_up_s)
        self._seen = Arrivals()
        self._seen.last_event_id = watch.after
        self._error: said.ErrorTold | None = None
        self._let_in = False

    async def __aiter__(self) -> AsyncIterator[Message]:
        """Messages in order, nothing twice.

        Raises:
            ServiceFault: no server there, or it stayed away for too long.
            ClientFault, Overloaded: the server refused, and says why.
        """
        try:
            socket = await dial(self._url, self._key, self._policy)
        except (OSError, WebSocketException, TimeoutError) as error:
            told = absent(self._url, error)
            raise ServiceFault("no_server", told, close=None) from None
        while True:
            async with contextlib.aclosing(self._hear(socket)) as heard:
                async for message in heard:
                    yield message
                    if isinstance(message.event, SessionEnded):
                        return
            code = socket.close_code or ABNORMAL
            if code == NORMAL:
                return  # all that there is was sent
            if code in FATAL or not self._let_in:
                raise fault_of(
                    self._error or said.ErrorTold("closed", f"the server closed with {code}"), code
                )
            self._patience.lost(_now())
            self._patience.asked(self._error.retry_after if self._error else None)
            socket = await self._again()

    async def _hear(self, socket: ClientConnection) -> AsyncGenerator[Message]:
        """One connection, to its end."""
        self._error = None
        self._patience.opened(_now())
        try:
            with contextlib.suppress(ConnectionClosed):
                await socket.send(encode(replace(self._watch, after=self._seen.last_event_id)))
                async for raw in socket:
                    message = self._seen.decoded(str(raw))
                    match message.event if message else None:
                        case said.ErrorTold(fatal=True) as told:
                            self._error = told
                        case None:
                            continue
                        case said.SessionWatching():
                            if not self._let_in:
                                self._patience.news()
                            self._let_in = True
                            continue
                        case _:
                            self._patience.news()
                    if message and (message.id or not self._error):
                        yield message
        finally:
            await socket.close()

    async def _again(self) -> ClientConnection:
        try:
            async with asyncio.timeout_at(self._patience.until):
                while True:
                    await asyncio.sleep(self._patience.pause())
                    with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                        return await dial(self._url, self._key, self._policy)
        except TimeoutError:
            told = f"the server at {self._url} has not answered for {self._policy.give_up_s:g} s"
            raise ServiceFault("lost", told, close=None) from None


def _now() -> float:
    return asyncio.get_running_loop().time()
