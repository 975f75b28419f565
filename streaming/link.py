"""A client's connection to a server: made, lost, made again and resumed, until its session ends."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Final, get_args
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, WebSocketException

from streaming.errors import ClientFault, Close, Fault, Overloaded, ServiceFault
from streaming.events import Event, SessionEnded, SessionStarted
from streaming.outbox import Outbox, encode
from streaming.wire import messages as said
from streaming.wire.native import KEY_PREFIX, SUBPROTOCOL

RETRY_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
FATAL: Final = {Close.ORDER, Close.ENCODING, Close.MALFORMED, Close.POLICY, Close.SIZE, Close.REPLACED}


class Message(Struct, frozen=True):
    """An event (or a transient message, whose `id` is ""), and the line of JSON that it came as."""

    id: str
    event: Event | said.Transient
    raw: str


class ClientPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds: sound kept for sending again, how long a lost server is looked for, silence before a ping."""

    ring_s: float = 30.0
    give_up_s: float = 60.0
    ping_s: float = 10.0
    open_s: float = 5.0


class _Tag(Struct):
    type: str
    id: str = ""


class _Told(Struct):
    resume_token: str


_tag = msgspec.json.Decoder(_Tag)
_event = msgspec.json.Decoder(Event | said.Transient)
KNOWN: Final = frozenset(kind.__struct_config__.tag for kind in (*get_args(Event), *get_args(said.Transient)))


class Link:
    """Connection after connection of one session. `give` gets each message once, in order, then None or a Fault."""

    def __init__(
        self,
        url: str,
        key: str | None,
        start: said.SessionStart,
        policy: ClientPolicy,
        give: Callable[[Message | Fault | None], None],
    ) -> None:
        self._url = address(url)
        self._key = key
        self._start = start
        self._policy = policy
        self._give = give
        self._token = ""
        self._socket: ClientConnection | None = None
        self.outbox = Outbox(start.audio, policy.ring_s)
        self.session_id = ""
        self.last_event_id = "0-0"
        self.resumes = 0

    async def open(self) -> None:
        """Connect and start the session.

        Raises:
            ServiceFault: no server there.
            ClientFault, Overloaded: the server refused, and says why.
        """
        try:
            self._socket = await self._connect()
        except (OSError, WebSocketException, TimeoutError) as error:
            told = f"no Vivavoce server answers at {self._url} ({error}): start one with `vivavoce serve`"
            raise ServiceFault("no_server", told) from None
        try:
            await self._begin(self._socket)
        except ConnectionClosed as closed:
            raise ServiceFault("lost", f"the server closed the connection at once ({closed})") from None

    async def close(self) -> None:
        """Leave the server; the session stays open there for its resume window."""
        if self._socket:
            await self._socket.close()

    async def _connect(self) -> ClientConnection:
        names = [SUBPROTOCOL] + ([KEY_PREFIX + self._key] if self._key else [])
        return await connect(
            self._url,
            subprotocols=names,  # pyright: ignore[reportArgumentType]
            compression=None,
            max_size=2**22,
            open_timeout=self._policy.open_s,
            ping_interval=self._policy.ping_s,
            ping_timeout=self._policy.ping_s,
        )

    async def _begin(self, socket: ClientConnection) -> None:
        """The first exchange on a new connection."""
        first: said.ClientMessage = self._start
        if self.session_id:
            first = said.SessionResume(
                session_id=self.session_id, resume_token=self._token, last_event_id=self.last_event_id
            )
        with contextlib.suppress(ConnectionClosed):  # what it said when it refused can still be read
            await socket.send(encode(first))
        raw = await socket.recv(decode=True)
        message = self._take(str(raw))
        match message.event if message else None:
            case SessionStarted(session_id=session_id, limits=limits):
                self.session_id = session_id
                self._token = msgspec.json.decode(raw, type=_Told).resume_token
                self.outbox.opened(0, limits.credit_s)
            case said.SessionResumed(have_samples=have, limits=limits, ending=ending):
                self.resumes += 1
                self.outbox.opened(have, limits.credit_s, ending=ending)
            case said.ErrorTold() as error:
                raise fault_of(error, await _code(socket))
            case _:
                raise ServiceFault(
                    "bad_server", f"unexpected first message from {self._url}: {str(raw)[:200]}"
                )

    async def run(self) -> None:
        """Connection after connection, until the session's end."""
        ended: Fault | None = None
        try:
            while not await self._converse():
                await self._again()
        except Fault as fault:
            ended = fault
        self.outbox.close(ended or ClientFault("over", "the session is over"))
        self._give(ended)

    async def _converse(self) -> bool:
        """One connection. True when the session has ended; raises Fault when going on is no use."""
        socket = self._socket
        assert socket is not None
        sender = asyncio.create_task(self.outbox.drain(socket.send), name="vivavoce-send")
        error: said.ErrorTold | None = None
        try:
            async for raw in socket:
                message = self._take(str(raw))
                if message is None:
                    continue
                match message.event:
                    case said.AudioAck(samples=samples):
                        self.outbox.acked(samples)
                    case SessionEnded():
                        return True
                    case said.ErrorTold() as told:
                        error = told
                    case _:
                        pass
        except ConnectionClosed:
            pass
        finally:
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)
        code = socket.close_code or 1006
        if code in FATAL:
            raise fault_of(error or said.ErrorTold("closed", f"the server closed with {code}"), code)
        return False

    async def _again(self) -> None:
        """Connect and resume, with growing pauses. Raises Fault when the server stays away or refuses."""
        async with _deadline(self._policy.give_up_s, self._url):
            for attempt in range(1_000_000):
                try:
                    self._socket = await self._connect()
                    await self._begin(self._socket)
                    return
                except Overloaded as full:
                    await asyncio.sleep(full.retry_after or 1)
                except (OSError, InvalidHandshake, ConnectionClosed, WebSocketException, TimeoutError):
                    await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])

    def _take(self, raw: str) -> Message | None:
        """A server's message, handed to the user once; None when it is unknown or was seen before."""
        tag = _tag.decode(raw)
        if tag.type not in KNOWN or (tag.id and _place(tag.id) <= _place(self.last_event_id)):
            return None
        self.last_event_id = tag.id or self.last_event_id
        message = Message(tag.id, _event.decode(raw), raw)
        self._give(message)
        return message


def _place(entry_id: str) -> tuple[int, ...]:
    return tuple(map(int, entry_id.split("-")))


async def _code(socket: ClientConnection) -> int:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            await socket.wait_closed()
    return socket.close_code or Close.POLICY


@contextlib.asynccontextmanager
async def _deadline(seconds: float, url: str) -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        told = f"the server at {url} has not answered for {seconds:g} s: what was not sent is lost"
        raise ServiceFault("lost", told) from None


def fault_of(error: said.ErrorTold, code: int) -> Fault:
    """What the server told, as the fault that it was there."""
    match code:
        case Close.OVERLOAD:
            return Overloaded(error.message, retry_after=error.retry_after or 1.0)
        case Close.INTERNAL | Close.DRAINING:
            return ServiceFault(error.code, error.message, close=code)
        case _:
            return ClientFault(error.code, error.message, close=code)


def address(url: str) -> str:
    """Where `/v1/stream` is for a server's http(s) or ws(s) URL.

    Raises:
        ClientFault: it is no such URL.
    """
    parts = urlsplit(url if "//" in url else f"http://{url}")
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise ClientFault("bad_url", f"{url!r} is no address of a server, such as http://127.0.0.1:8080")
    path = parts.path.rstrip("/")
    return urlunsplit(
        (scheme, parts.netloc, path if path.endswith("/v1/stream") else f"{path}/v1/stream", "", "")
    )
