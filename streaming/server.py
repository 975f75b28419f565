"""One Redis-compatible server: many commands in one round trip, and blocking reads beside them."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from msgspec import Struct
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from streaming.slots import Address

Arg = str | bytes | int
AT_ONCE: Final = 64
"""Connections to a server for commands; a command more waits for one."""
AWAY: Final = (ConnectionError, TimeoutError, OSError)


class Credentials(Struct, frozen=True):
    """What a connection needs beside the URL: files of TLS certificates, as PEM; and `met`, which is to be called on
    each new one, instead of its own greeting."""

    ca: str = ""
    cert: str = ""
    key: str = ""
    met: Callable[[Any], Awaitable[None]] | None = None

    def options(self, *, secure: bool) -> dict[str, Any]:
        """As the library calls them; nothing for what was not given."""
        given: dict[str, Any] = {"redis_connect_func": self.met}
        if secure:
            given |= {"ssl_ca_certs": self.ca, "ssl_certfile": self.cert, "ssl_keyfile": self.key}
        return {name: value for name, value in given.items() if value}


class Frame(NamedTuple):
    """What a server is sent before and after its part of some commands: a script that they run, and, with `replicas`
    above 0, to wait until so many replicas have all of it, `timeout_ms` at most."""

    script: str = ""
    replicas: int = 0
    timeout_ms: int = 0


class TooFewReplicas(ConnectionError):
    """It was written, but not to as many servers as it must be."""


class Server:
    """One server. `blocked_s`: how long a blocking read may take."""

    def __init__(self, pool: ConnectionPool, blocked_s: float) -> None:
        self._commands = pool
        self._reads = _like(pool, socket_timeout=blocked_s)
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def ask(self, commands: Sequence[Sequence[Arg]]) -> list[Any]:
        """The reply to each, in one round trip; an error reply stands in its place."""
        async with self._turn:
            return await _exchange(self._commands, commands)

    async def read(self, packed: bytes) -> Any:
        """The reply to a blocking read, ready to be sent, on a connection of its own. Raises ResponseError."""
        [reply] = await _exchange(self._reads, packed)
        if isinstance(reply, ResponseError):
            raise reply
        return reply

    async def close(self) -> None:
        """Close every connection."""
        for pool in (self._commands, self._reads):
            await pool.disconnect()

    def at(self, address: Address, blocked_s: float) -> "Server":
        """Another server of the same cluster."""
        return Server(_like(self._commands, host=address.host, port=address.port), blocked_s)

    @property
    def address(self) -> Address:
        """Where it is; a Unix socket is nowhere."""
        known = self._commands.connection_kwargs
        return Address(known.get("host", ""), known.get("port", 6379))


def _like(pool: ConnectionPool, **other: Any) -> ConnectionPool:
    return ConnectionPool(pool.connection_class, 1 << 16, **{**pool.connection_kwargs, **other})


async def _exchange(pool: ConnectionPool, sent: bytes | Sequence[Sequence[Arg]]) -> list[Any]:
    connection: AbstractConnection = await pool.get_connection()
    replies: list[Any] = []
    try:
        packed = [sent] if isinstance(sent, bytes) else connection.pack_commands(sent)
        await connection.send_packed_command(packed, check_health=False)
        for _ in range(1 if isinstance(sent, bytes) else len(sent)):
            try:
                replies.append(await connection.read_response())
            except ResponseError as error:
                replies.append(error)
    except BaseException:
        await connection.disconnect(nowait=True)  # replies that nobody waits for would be taken for others'
        raise
    finally:
        await pool.release(connection)
    return replies


def at(url: str, credentials: Credentials, blocked_s: float) -> Server:
    """The server at a URL. Raises ValueError for a URL of another kind."""
    secure = credentials.options(secure=url.startswith("rediss://"))
    options = {"protocol": 2, "socket_timeout": 5, "socket_connect_timeout": 3, "driver_info": None, **secure}
    connect = cast(Callable[..., ConnectionPool], ConnectionPool.from_url)  # pyright: ignore[reportUnknownMemberType]
    found = connect(url, retry=Retry(NoBackoff(), 0), **options)
    return Server(_like(found), blocked_s)


async def framed(
    server: Server, commands: Sequence[Sequence[Arg]], frame: Frame, *, asking: bool = False
) -> list[Any]:
    """`commands` within `frame`. Raises TooFewReplicas. `asking`: each is for a slot that is on its way there."""
    before: list[Sequence[Arg]] = [("SCRIPT", "LOAD", frame.script)] if frame.script else []
    before += [("ASKING",)] if asking else []
    after: list[Sequence[Arg]] = [("WAIT", frame.replicas, frame.timeout_ms)] if frame.replicas else []
    replies = await server.ask([*before, *commands, *after])
    if after:
        reached = replies.pop()
        if isinstance(reached, ResponseError):
            raise reached
        if reached < frame.replicas:
            raise TooFewReplicas(f"{reached} of {frame.replicas} replicas have it")
    return replies[len(before) :]


@functools.lru_cache(1 << 12)
def _bulk(word: str) -> bytes:
    """Kept for the keys and ids of a thousand sessions, two streams each, and no more: those of sessions that ended are
    never asked for again, and take a quarter of a kilobyte each."""
    encoded = word.encode()
    return b"$%d\r\n%s\r\n" % (len(encoded), encoded)


def packed_read(places: Mapping[str, str], count: int, block_ms: int) -> bytes:
    """XREAD over `places` as it is sent: keys and ids that were there before are not encoded anew."""
    options = ("XREAD", "COUNT", str(count), "BLOCK", str(block_ms), "STREAMS")
    parts = [*map(_bulk, options), *map(_bulk, places), *map(_bulk, places.values())]
    return b"*%d\r\n%s" % (len(parts), b"".join(parts))
