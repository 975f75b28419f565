"""Redis Streams, used right: scripts for what must be atomic, one multiplexed XREAD a process for what is followed.

Commands go through a pool that times out and never retries by itself (an append that was done and not answered would
be done twice). Blocking reads have a connection of their own, whose `socket_timeout` is above BLOCK: after an error it
is made anew from the last id it saw, so nothing is lost and nothing comes twice. A Redis that is away, or cannot write
now, is `BusDown`; callers decide whether to wait.
"""

import asyncio
import functools
import pathlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, cast

import redis.asyncio as aredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterDownError,
    ConnectionError,
    MasterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,
    TryAgainError,
)

from streaming.errors import BusDown
from streaming.feed import Entry, Feed, Tail
from streaming.journal import Journal, JournalPolicy
from streaming.standing import Standing, identity

BLOCK_MS: Final = 2_000
REFUSALS: Final = frozenset({"FENCED", "REPLACED", "ENDED", "BUSYGROUP", "HOLE"})
PASSING_KINDS: Final = (OutOfMemoryError, ReadOnlyError, ClusterDownError, TryAgainError, MasterDownError)
PASSING: Final = re.compile(r"\b(OOM|MISCONF|LOADING|UNBLOCKED|NOGROUP|BUSY|NOREPLICAS|EXECABORT)\b")
"""Errors of a server that cannot do it now, and may later: the library has classes for some, and codes for the rest."""

SINGLE: Final = frozenset({"NOGROUP", "UNBLOCKED"})
"""About one stream: the server is there."""

SCRIPTS: Final = pathlib.Path(__file__).parent / "scripts"
Arg = str | bytes | int


class Refused(Exception):
    """A script said no: `word` is the first word of its reply, such as FENCED or REPLACED."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.word = reply.split(" ", 1)[0]


@functools.cache
def lua(name: str) -> str:
    """Source of `streaming/scripts/<name>.lua`."""
    return (SCRIPTS / f"{name}.lua").read_text()


class Bus:
    """A connection to Redis (or Valkey), shared by all that a process does; `plain`: whatever the server's standing."""

    def __init__(self, url: str, policy: JournalPolicy | None = None, *, plain: bool = False) -> None:
        connect = cast(Callable[..., Any], aredis.Redis.from_url)  # pyright: ignore[reportUnknownMemberType]
        once: dict[str, Any] = {"protocol": 2, "socket_connect_timeout": 3, "retry": Retry(NoBackoff(), 0)}
        if not plain:
            once["redis_connect_func"] = self._met
        self._redis = connect(url, socket_timeout=5, **once)
        self._blocking = connect(url, socket_timeout=BLOCK_MS / 1000 + 5, **once)
        for client in (self._redis, self._blocking):
            client.response_callbacks.clear()  # replies as they are on the wire, the same for every command
        self.journal = Journal(policy)
        self._plain = self if plain else Bus(url, plain=True)
        self.standing = Standing(self._plain, self.journal)
        self._tail = Tail(self._follow, self._wake)
        self._scripts: dict[str, Any] = {}

    async def close(self) -> None:
        """Stop following and close every connection."""
        await self._tail.stop()
        await self.standing.close()
        if self._plain is not self:
            await self._plain.close()
        await self._redis.aclose()
        await self._blocking.aclose()

    async def identities(self) -> frozenset[str]:
        """Who answers: see `Server`."""
        return frozenset([identity(await self.call("INFO"))])

    async def _met(self, connection: Any) -> None:
        """A new connection: who is at its other end?"""
        await connection.on_connect()
        await connection.send_command("INFO")
        if not self.standing.met(identity(await connection.read_response())):
            raise ConnectionError("it was started anew")

    def _lost(self, down: BusDown) -> BusDown:
        """It failed; if that is about the whole server, everybody is to know."""
        if self._plain is not self and down.why not in SINGLE:
            self.standing.lost(down.why)
        return down

    # ---- commands ------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _words(self) -> AsyncGenerator[None]:
        """Errors of the library, in our words.

        On Python 3.11 the library's `asyncio.wait_for` swallows a cancellation that comes as its write ends (CPython
        issue 86296): it is raised again here, or a worker that was told to stop would go on.
        """
        self.standing.check()
        try:
            yield
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError
        except ResponseError as error:
            told = _told(error)
            raise self._lost(told) if isinstance(told, BusDown) else told from None
        except (ConnectionError, TimeoutError, OSError) as error:
            raise self._lost(BusDown(error)) from error

    async def call(self, *command: Arg) -> Any:
        """One plain command.

        Raises:
            BusDown: Redis is away.
        """
        async with self._words():
            return await self._redis.execute_command(*command)

    async def together(self, *commands: Sequence[Arg]) -> list[Any]:
        """Several commands in one MULTI: all or none; their keys must share a hash tag."""
        async with self._words(), self._redis.pipeline(transaction=True) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            return await pipe.execute()

    async def each(self, *commands: Sequence[Arg]) -> list[Any]:
        """Several commands in one round trip, each for itself: an error of one stands in its place in the list.

        Raises:
            BusDown: Redis is away, or cannot write now; some may have been done.
        """
        if not commands:
            return []
        async with self._words(), self._redis.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)
            return self._each(await pipe.execute(raise_on_error=False))

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        """Run `scripts/<script>.lua`.

        Raises:
            Refused: the script said no.
            BusDown: Redis is away.
        """
        if script not in self._scripts:
            self._scripts[script] = self._redis.register_script(lua(script))
        async with self._words():
            return await cast(Awaitable[Any], self._scripts[script](keys=keys, args=args))

    async def run_many(self, script: str, calls: Sequence[tuple[Sequence[str], Sequence[Arg]]]) -> list[Any]:
        """Many runs of a script in one round trip; a run's own error stands in its place in the list.

        Raises:
            BusDown: Redis is away, or cannot write now; some of the runs may have been done.
        """
        if script not in self._scripts:
            self._scripts[script] = self._redis.register_script(lua(script))
        async with self._words(), self._redis.pipeline(transaction=False) as pipe:
            for keys, args in calls:
                await self._scripts[script](keys=keys, args=args, client=pipe)
            replies = await pipe.execute(raise_on_error=False)
        return self._each(replies)

    def _each(self, replies: list[Any]) -> list[Any]:
        """Replies with the errors among them in our words. Raises BusDown if one says that."""
        told = [_told(reply) if isinstance(reply, ResponseError) else reply for reply in replies]
        for down in (reply for reply in told if isinstance(reply, BusDown)):
            raise self._lost(down)
        return told

    # ---- streams -------------------------------------------------------------------------------------------------

    async def append(self, key: str, body: bytes, *, ttl_ms: int) -> str:
        """Append a JSON body without any fence, for what only one writer ever writes. Returns the entry's id."""
        reply = await self.together(("XADD", key, "*", "e", body), ("PEXPIRE", key, ttl_ms))
        return cast(bytes, reply[0]).decode()

    async def read(self, key: str, after: str = "0-0", count: int | None = None) -> list[Entry]:
        """Entries of a stream behind `after`, oldest first. While Redis is away it waits."""
        await self.standing.up()
        limit: list[Arg] = [] if count is None else ["COUNT", count]
        return entries(key, await self.call("XRANGE", key, f"({after}", "+", *limit))

    async def take(self, jobs: str, group: str, consumer: str) -> list[Any] | None:
        """One entry of a consumer group that nobody had before: id and fields; None when there is none."""
        what = ("XREADGROUP", "GROUP", group, consumer, "COUNT", 1, "STREAMS", jobs, ">")
        for _, rows in await self.call(*what) or ():
            return rows[0]
        return None

    def open(self, after: Mapping[str, str]) -> Feed:
        """Follow streams from places in them: `after` has, for each key, the last id already known."""
        return self._tail.open(after)

    async def _wake(self, key: str) -> None:
        await self.together(("XADD", key, "MAXLEN", 1, "*", "w", 1), ("PEXPIRE", key, 60_000))

    async def _follow(self, places: Mapping[str, str]) -> list[Entry]:
        """One XREAD over `places`, at most BLOCK_MS long."""
        await self.standing.up()
        async with self._words():
            command = ["XREAD", "COUNT", 512, "BLOCK", BLOCK_MS, "STREAMS", *places, *places.values()]
            reply = await self._blocking.execute_command(*command)
        return [entry for key, rows in reply or () for entry in entries(key.decode(), rows)]


def _told(error: ResponseError) -> Exception:
    """A server's error in our words: a script's refusal, a server that cannot do it now, or a mistake of ours.

    Of the text only its code is kept: the library may have put the whole command into it.
    """
    text = str(error)
    word = text.split(" ", 1)[0]
    if word in REFUSALS:
        return Refused(text)
    if isinstance(error, PASSING_KINDS):
        return BusDown(type(error).__name__)
    code = PASSING.search(text)
    return BusDown(code[0]) if code else error


def entries(key: str, rows: Any) -> list[Entry]:
    """What XRANGE or XREAD answered for a key, as entries (those deleted meanwhile left out)."""
    found: list[Entry] = []
    for name, flat in rows:
        if flat is None:
            continue
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        body, pcm, at = fields.get(b"e", b""), fields.get(b"pcm", b""), int(fields.get(b"t", 0))
        found.append(Entry(key=key, id=name.decode(), body=body, pcm=pcm, at_ms=at))
    return found
