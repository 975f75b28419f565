"""A client's connection to a server: made, lost, made again and resumed, until its session ends."""

import asyncio
import contextlib
import logging
from typing import Final

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from streaming.client.arrivals import MOST, Arrivals, Message
from streaming.client.dial import ClientPolicy, absent, dial
from streaming.client.outbox import Outbox, encode
from streaming.client.patience import Patience
from streaming.errors import ClientFault, Close, Fault, Overloaded, ServiceFault, first_of
from streaming.events import SessionEnded, SessionStarted
from streaming.wire import messages as said

log = logging.getLogger(__name__)

FATAL: Final = {Close.ORDER, Close.ENCODING, Close.MALFORMED, Close.POLICY, Close.SIZE, Close.REPLACED}
ABNORMAL: Final = 1006


class _Told(Struct):
    resume_token: str


class Link:
    """Connection after connection of one session: from `outbox` to the server, from the server to `arrivals`."""

    def __init__(self, url: str, key: str | None, start: said.SessionStart, policy: ClientPolicy) -> None:
        self._url = url
        self._key = key
        self._start = start
        self._policy = policy
        self._patience = Patience(policy.give_up_s)
        self._token = ""
        self._socket: ClientConnection | None = None
        self.outbox = Outbox(start.audio, policy.ring_s)
        self.arrivals = Arrivals()
        self.session_id = ""
        self.resumes = 0

    async def open(self) -> None:
        """Connect and start the session.

        Raises:
            ServiceFault: no server there, or one that cannot serve now.
            ClientFault, Overloaded: the server refused, and says why.
        """
        try:
            self._socket = await dial(self._url, self._key, self._policy)
        except (OSError, WebSocketException, TimeoutError) as error:
            told = absent(self._url, error)
            raise ServiceFault("no_server", told, close=None) from None
        try:
            await self._hand(await self._begin(self._socket))
        except TimeoutError:
            told = f"the server at {self._url} takes connections and says nothing"
            raise ServiceFault("no_server", told, close=None) from None
        except ConnectionClosed as closed:
            told = f"the server closed the connection at once ({closed})"
            raise ServiceFault("lost", told, close=None) from None

    async def close(self) -> None:
        """Leave the server; the session stays open there for its resume window. Whoever still waits is told."""
        self._over(ClientFault("left", "the client was left before the session had ended"))
        if self._socket:
            await self._socket.close()

    def _over(self, fault: Fault | None) -> None:
        self.outbox.close(fault or ClientFault("over", "the session is over"))
        self.arrivals.close(fault)

    async def _begin(self, socket: ClientConnection) -> Message:
        """The first exchange on a new connection. Raises Fault, `close` None if trying again is no use."""
        first: said.ClientMessage = self._start
        if self.session_id:
            first = said.SessionResume(
                session_id=self.session_id,
                resume_token=self._token,
                last_event_id=self.arrivals.last_event_id,
            )
        with contextlib.suppress(ConnectionClosed):  # what it said when it refused can still be read
            await socket.send(encode(first))
        async with asyncio.timeout(self._policy.open_s):
            raw = str(await socket.recv(decode=True))
        message = self.arrivals.decoded(raw)
        match message.event if message else None:
            case SessionStarted(session_id=session_id, limits=limits):
                self.session_id = session_id
                self._token = msgspec.json.decode(raw, type=_Told).resume_token
                self.outbox.opened(0, limits.credit_s)
                self._patience.opened(_now())
                self._patience.news()
            case said.SessionResumed(have_samples=have, limits=limits, ending=ending):
                self.resumes += 1
                self._patience.opened(_now())
                self.outbox.opened(have, limits.credit_s, ending=ending)
            case said.ErrorTold() as error:
                raise fault_of(error, await _code(socket))
            case _:
                told = f"unexpected first message from {self._url}: {raw[:200]}"
                raise ServiceFault("bad_server", told, close=None)
        assert message is not None
        return message

    async def run(self) -> None:
        """Connection after connection, until the session's end. Whatever goes wrong is told to who sends and reads."""
        ended: BaseException | None = None
        try:
            while not await self._converse():
                await self._again()
        except Exception as error:
            ended = first_of(error)
            if not isinstance(ended, Fault):
                log.exception("the client failed", extra={"sid": self.session_id})
                ended = ServiceFault("client_failed", f"the client failed: {ended!r}", close=None)
        self._over(ended)

    async def _converse(self) -> bool:
        """One connection. True when the session has ended; raises Fault when going on is no use."""
        socket = self._socket
        assert socket is not None
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(self._send(socket), name="vivavoce-send")
            ended = await self._hear(socket)
            sender.cancel()
        return ended

    async def _send(self, socket: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # `_hear` sees it as well
            await self.outbox.drain(socket.send)

    async def _hear(self, socket: ClientConnection) -> bool:
        error: said.ErrorTold | None = None
        with contextlib.suppress(ConnectionClosed):
            async for raw in socket:
                message = self.arrivals.decoded(str(raw))
                if message is None:
                    continue
                match message.event:
                    case said.AudioAck(samples=samples):  # the client's own affair, and there are many
                        if self.outbox.acked(samples):
                            self._patience.news()
                        continue
                    case said.ErrorTold(fatal=True) as told:
                        error = told
                    case _ if message.id:
                        self._patience.news()
                    case _:
                        pass
                await self._hand(message)
                if isinstance(message.event, SessionEnded):
                    return True
        code = socket.close_code or ABNORMAL
        if code in FATAL:
            raise fault_of(error or said.ErrorTold("closed", f"the server closed with {code}"), code)
        self._patience.lost(_now())
        self._patience.asked(error.retry_after if error else None)
        return False

    async def _hand(self, message: Message) -> None:
        """To whoever reads. While nobody does, nothing is read here either, and the server notices."""
        try:
            async with asyncio.timeout(self._policy.give_up_s):
                await self.arrivals.put(message)
        except TimeoutError:
            told = f"{MOST:,} messages wait, and none was read for {self._policy.give_up_s:g} s: read while you send"
            raise ClientFault("unread", told) from None

    async def _again(self) -> None:
        """Connect and resume, with growing pauses. Raises Fault when the server stays away or refuses for good."""
        why = ""
        try:
            async with asyncio.timeout_at(self._patience.until):
                while True:
                    await asyncio.sleep(self._patience.pause())
                    try:
                        self._socket = await dial(self._url, self._key, self._policy)
                        message = await self._begin(self._socket)
                        break
                    except (Overloaded, ServiceFault) as fault:
                        if fault.close is None:
                            raise
                        why = f" (it said: {fault.message})"
                        self._patience.asked(fault.retry_after)
                    except (OSError, WebSocketException, TimeoutError):
                        why = ""
                        if self._socket:  # a server that reads it late would give the session to this one
                            self._socket.transport.abort()
        except TimeoutError:
            told = f"the server at {self._url} has not answered for {self._policy.give_up_s:g} s{why}"
            raise ServiceFault("lost", f"{told}: what was not sent is lost", close=None) from None
        await self._hand(message)


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _code(socket: ClientConnection) -> int:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            await socket.wait_closed()
    return socket.close_code or Close.POLICY


def fault_of(error: said.ErrorTold, code: int) -> Fault:
    """What the server told, as the fault that it was there."""
    match code:
        case Close.OVERLOAD:
            return Overloaded(error.message, retry_after=error.retry_after or 1.0)
        case Close.INTERNAL | Close.DRAINING | 1006:  # ABNORMAL: cut off before it could close
            fault = ServiceFault(error.code, error.message, close=code)
            fault.retry_after = error.retry_after
            return fault
        case _:
            return ClientFault(error.code, error.message, close=code)
