"""Redis Streams, used right: scripts for what must be atomic, one multiplexed XREAD a process for what is followed.

Commands go through a pool that times out and never retries by itself (an append that was done and not answered would
be done twice). Blocking reads have connections of their own, whose `socket_timeout` is above BLOCK: after an error one
is made anew from the last id it saw, so nothing is lost and nothing comes twice. A Redis that is away, or cannot write
now, is `BusDown`; callers decide whether to wait.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, cast

from redis.exceptions import AuthenticationError, NoScriptError, ResponseError

from streaming import keys
from streaming.durability import UNSEEN, Durability, RedisPolicy, unkept
from streaming.errors import BusDown
from streaming.feed import Entry, Feed, Tail
from streaming.journal import Journal
from streaming.lua import KEEPING, lua, sha
from streaming.replies import SINGLE, BusDenied, Forbidden, Refused, entries, told
from streaming.server import AWAY, Arg, Credentials, Frame, packed_read
from streaming.servers import Servers
from streaming.standing import Standing, identity

__all__ = ["Arg", "Bus", "BusDenied", "BusDown", "RedisPolicy", "Refused"]

BLOCK_MS: Final = 2_000


class Bus:
    """A connection to Redis (or Valkey), or to a cluster, shared by all that a process does; `plain`: whatever its
    standing."""

    def __init__(self, url: str, policy: RedisPolicy | None = None, *, plain: bool = False) -> None:
        policy = policy or RedisPolicy()
        replicas = policy.replicas if policy.durability == "replicated" else 0
        self._safe = Frame(replicas=replicas, timeout_ms=int(policy.replicas_s * 1000))
        met = None if plain else self._met
        self._servers = Servers(
            url, Credentials(policy.ca, policy.cert, policy.key, met), BLOCK_MS / 1000 + 5
        )
        self.journal = Journal(policy.journal)
        self._plain = self if plain else Bus(url, policy, plain=True)
        self.standing = Standing(self._plain, self.journal)
        self._tail = Tail(self._follow, self._wake, self._lanes)

    async def close(self) -> None:
        """Stop following and close every connection."""
        await self._tail.stop()
        await self.standing.close()
        if self._plain is not self:
            await self._plain.close()
        await self._servers.close()

    async def identities(self) -> frozenset[str]:
        """Who answers: see `standing.Server`."""
        return frozenset([identity(told) for told in await self.everywhere("INFO")])

    async def probe(self) -> None:
        """Write something wherever sessions are kept, as safely as they are. Raises BusDown."""
        async with self._words():
            writes = [("SET", f"{{{shard}}}:probe", 1, "PX", 1_000) for shard in keys.SHARDS]
            replies = await self._servers.ask(writes, self._safe)
        self._each(replies)

    async def _met(self, connection: Any) -> None:
        """A new connection: who is at its other end?"""
        await connection.on_connect()
        await connection.send_command("INFO")
        who = identity(await connection.read_response())
        try:
            known = await self.standing.met(who)
        except BusDown as down:
            raise ConnectionError(down.why) from None
        if not known:
            raise ConnectionError("it was started anew")

    def _noted(self, wrong: Exception) -> Exception:
        """Something failed; if that is about the whole server, everybody is to know."""
        single = isinstance(wrong, Forbidden) or (isinstance(wrong, BusDown) and wrong.why in SINGLE)
        if isinstance(wrong, BusDown) and self._plain is not self and not single:
            self.standing.lost(wrong.why)
        return wrong

    def _good(self, reply: Any) -> Any:
        if isinstance(reply, ResponseError):
            raise self._noted(told(reply))
        return reply

    def _each(self, replies: list[Any]) -> list[Any]:
        """Replies with the errors among them in our words. Raises BusDown if one says that."""
        found = [told(reply) if isinstance(reply, ResponseError) else reply for reply in replies]
        for down in (reply for reply in found if isinstance(reply, BusDown)):
            raise self._noted(down)
        return found

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
            raise self._noted(told(error)) from None
        except AuthenticationError as error:
            raise self._noted(BusDenied(error)) from None
        except AWAY as error:
            raise self._noted(BusDown(error)) from error

    async def call(self, *command: Arg) -> Any:
        """One plain command.

        Raises:
            BusDown: Redis is away.
        """
        async with self._words():
            [reply] = await self._servers.ask([command])
        return self._good(reply)

    async def everywhere(self, *command: Arg) -> list[Any]:
        """A command without a key, to every server. Raises BusDown."""
        async with self._words():
            replies = await self._servers.everywhere(command)
        return self._each(replies)

    async def together(self, *commands: Sequence[Arg]) -> list[Any]:
        """Several commands as one: nothing comes between them; their keys must share a hash tag."""
        places = list(dict.fromkeys(str(command[1]) for command in commands))
        words: list[Arg] = [word for command in commands for word in (len(command), *command)]
        return await self.run("together", places, words)

    async def each(self, *commands: Sequence[Arg]) -> list[Any]:
        """Several commands in one round trip, each for itself: an error of one stands in its place in the list.

        Raises:
            BusDown: Redis is away, or cannot write now; some may have been done.
        """
        if not commands:
            return []
        async with self._words():
            replies = await self._servers.ask(commands)
        return self._each(replies)

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        """Run `scripts/<script>.lua`.

        Raises:
            Refused: the script said no.
            BusDown: Redis is away, or, if replicas must have it, too few have.
        """
        where = (len(keys), *keys, *args)
        async with self._words():
            [reply] = await self._servers.ask([("EVALSHA", sha(script), *where)], self._frame(script))
            if isinstance(reply, NoScriptError):
                [reply] = await self._servers.ask([("EVAL", lua(script), *where)], self._frame(script))
        return self._good(reply)

    async def run_many(self, script: str, calls: Sequence[tuple[Sequence[str], Sequence[Arg]]]) -> list[Any]:
        """Many runs of a script in one round trip; a run's own error stands in its place in the list.

        The script goes with them: were it missing for some alone, others would overtake those.

        Raises:
            BusDown: Redis is away, or cannot write now; some of the runs may have been done.
        """
        if not calls:
            return []
        commands = [("EVALSHA", sha(script), len(keys), *keys, *args) for keys, args in calls]
        async with self._words():
            replies = await self._servers.ask(commands, self._frame(script)._replace(script=lua(script)))
        return self._each(replies)

    def _frame(self, script: str) -> Frame:
        return self._safe if script in KEEPING else Frame()

    # ---- streams -------------------------------------------------------------------------------------------------

    async def append(self, key: str, body: bytes, *, ttl_ms: int) -> str:
        """Append a JSON body without any fence, for what only one writer ever writes. Returns the entry's id."""
        reply = await self.together(("XADD", key, "*", "e", body), ("PEXPIRE", key, ttl_ms))
        return cast(bytes, reply[0]).decode()

    async def read(self, key: str, after: str = "0-0", count: int | None = None) -> list[Entry]:
        """Entries of a stream behind `after`, oldest first. While Redis is away it waits."""
        command = ("XRANGE", key, f"({after}", "+", *(() if count is None else ("COUNT", count)))
        while True:
            await self.standing.up()
            try:
                return entries(key, await self.call(*command))
            except BusDown:
                if not self.standing.why:
                    raise

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
        for reply in await self.each(("XADD", key, "MAXLEN", 1, "*", "w", 1), ("PEXPIRE", key, 60_000)):
            self._good(reply)

    async def _lanes(self) -> Callable[[str], str]:
        async with self._words():
            await self._servers.meet()
        return self._servers.together

    async def _follow(self, places: Mapping[str, str]) -> list[Entry]:
        """One XREAD over `places`, at most BLOCK_MS long."""
        await self.standing.up()
        async with self._words():
            reply = await self._servers.read(next(iter(places)), packed_read(places, 512, BLOCK_MS))
        return [entry for key, rows in reply or () for entry in entries(key.decode(), rows)]

    async def check(self, durability: Durability) -> str:
        """See that the server lets us in and do what we do, and keeps what it is to keep; what is not so, else "".

        Raises:
            BusDown: it is away; BusDenied: it refuses us.
        """
        await self.probe()
        if durability != "strict":
            return ""
        try:
            return unkept(await self.everywhere("CONFIG", "GET", "append*"))
        except BusDenied:
            return UNSEEN
