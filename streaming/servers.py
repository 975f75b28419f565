"""The server, or the servers of a cluster, and the way to the one that keeps a key.

Whether it is a cluster is asked of the server at the URL, before anything else. A command that was redirected (MOVED,
ASK), or that a cluster could not do while a slot moves (TRYAGAIN), was not done: it is sent again, in order, so that
nothing overtakes what was sent before it. Nothing else is ever sent twice.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final, cast

from redis.exceptions import AskError, ConnectionError, MovedError, ResponseError, TryAgainError

from streaming.server import AWAY, Arg, Credentials, Frame, Server, at, framed
from streaming.slots import Address, Range, key_of, ranges, slot

PLAIN: Final = Frame()
REDIRECTIONS: Final = 40
MOVING_S: Final = 0.05
LOOK_S: Final = 0.2
EVERY_S: Final = 10.0
"""Who keeps what is looked up so often, and after each error."""


class Servers:
    """All servers behind a URL: one, or a cluster's."""

    def __init__(self, url: str, credentials: Credentials, blocked_s: float) -> None:
        self._blocked_s = blocked_s
        self._first = at(url, credentials, blocked_s)
        self._known: dict[Address, Server] = {}
        self._ranges: list[Range] = []
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()
        self.cluster: bool | None = None
        """Whether it is a cluster; None until that was asked."""

    async def close(self) -> None:
        """Close every connection."""
        for server in (self._first, *self._known.values()):
            await server.close()

    async def ask(self, commands: Sequence[Sequence[Arg]], frame: Frame = PLAIN) -> list[Any]:
        """The reply to each command, in one round trip a server; an error reply stands in its place.

        Raises the library's errors of connections, and TooFewReplicas; then some may have been done.
        """
        await self.meet()
        if not self.cluster:
            return await framed(self._first, commands, frame)
        parts: dict[Server, list[int]] = {}
        for number, command in enumerate(commands):
            parts.setdefault(self._keeper(key_of(command)), []).append(number)
        asked = [framed(server, [commands[n] for n in part], frame) for server, part in parts.items()]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        replies: list[Any] = [None] * len(commands)
        for part, answer in zip(parts.values(), answers, strict=True):
            if isinstance(answer, BaseException):
                self._looked_at = float("-inf")
                raise answer
            for number, reply in zip(part, answer, strict=True):
                replies[number] = reply
        for number, reply in enumerate(replies):
            if isinstance(reply, MovedError | AskError | TryAgainError):
                replies[number] = await self._again(commands[number], reply, frame)
        return replies

    async def everywhere(self, command: Sequence[Arg]) -> list[Any]:
        """The reply of each server."""
        await self.meet()
        known = (
            dict.fromkeys(self._at(one.address) for one in self._ranges) if self.cluster else [self._first]
        )
        try:
            return [reply for server in known for reply in await server.ask([command])]
        except AWAY:
            self._looked_at = float("-inf")  # another one may have taken its place
            raise

    async def read(self, key: str, packed: bytes) -> Any:
        """The reply to a blocking read of streams beside `key`, once it comes."""
        await self.meet()
        try:
            return await (self._keeper(key) if self.cluster else self._first).read(packed)
        except (AskError, *AWAY):
            self._looked_at = float("-inf")
            raise

    def together(self, key: str) -> str:
        """Which streams one blocked read may have: those for which this is the same."""
        return str(slot(key)) if self.cluster else ""

    # ---- a cluster ---------------------------------------------------------------------------------------------------

    async def meet(self) -> None:
        """Learn whether it is a cluster, and who keeps what."""
        if self.cluster is None:
            [told] = await self._first.ask([("INFO", "cluster")])
            self.cluster = isinstance(told, bytes) and b"cluster_enabled:1" in told
        if self.cluster and time.monotonic() - self._looked_at > EVERY_S:
            await self._look()

    async def _look(self) -> None:
        """Who keeps what now, by whoever answers. At most every LOOK_S."""
        async with self._looking:
            if time.monotonic() - self._looked_at < LOOK_S:
                return  # somebody else did, while we waited
            wrong: Exception | None = None
            for server in (*self._known.values(), self._first):
                try:
                    [told] = await server.ask([("CLUSTER", "SLOTS")])
                except AWAY as away:
                    wrong = away
                    continue
                if isinstance(told, list) and told:
                    self._ranges = ranges(told, server.address)
                    self._looked_at = time.monotonic()
                    return
                wrong = told if isinstance(told, ResponseError) else ConnectionError("no slots are served")
            raise wrong or ConnectionError("no server")

    def _keeper(self, key: str | None) -> Server:
        if key is None:
            return self._first
        here = slot(key)
        for one in self._ranges:
            if one.first <= here <= one.last:
                return self._at(one.address)
        raise ConnectionError(f"nobody serves slot {here}")

    def _at(self, address: Address) -> Server:
        if address not in self._known:
            self._known[address] = self._first.at(address, self._blocked_s)
        return self._known[address]

    async def _again(self, command: Sequence[Arg], reply: Any, frame: Frame) -> Any:
        """Follow redirections until the command was done: each tells that it was not."""
        for _ in range(REDIRECTIONS):
            match reply:
                case AskError() if not isinstance(reply, MovedError):
                    [reply] = await framed(self._at(_address(reply)), [command], frame, asking=True)
                case MovedError():
                    self._looked_at = float("-inf")
                    [reply] = await framed(self._at(_address(reply)), [command], frame)
                case TryAgainError():
                    await asyncio.sleep(MOVING_S)
                    [reply] = await framed(self._keeper(key_of(command)), [command], frame)
                case _:
                    return reply
        return reply


def _address(reply: MovedError | AskError) -> Address:
    host, port = cast(tuple[str, int], reply.node_addr)  # pyright: ignore[reportUnknownMemberType]
    return Address(host, port)
