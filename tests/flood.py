"""Malformed messages against a gateway in this process, beside a session that has nothing to do with them."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct, field
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from streaming.session import SessionPolicy
from tests.gateway import SECOND, START, Gateway
from tests.malformed import Junk

POLICY = SessionPolicy(ack_s=0.1)
SENTINEL = json.dumps({"type": "text", "text": "still there?", "ref": "sentinel"})


class Flood(Struct):
    """What came of it. `codes`: errors told, `closes`: close codes, `crashes`: of our own, by their words."""

    sent: int = 0
    sockets: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    closes: Counter[int] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    silent: int = 0
    bystander_acked: int = 0

    async def run(self, redis_url: str, messages: int, seed: int = 0) -> "Flood":
        """Send so many, by several sockets at a time, and see what is left."""
        with caught(self.crashes):
            gateway = await Gateway(redis_url, POLICY, max_sessions=100_000).up()
            try:
                await self._beside(gateway, messages, seed)
            finally:
                await gateway.down()
        return self

    async def _beside(self, gateway: Gateway, messages: int, seed: int) -> None:
        async with connect(gateway.url, compression=None) as bystander:
            await bystander.send(START)
            await bystander.recv()
            await asyncio.sleep(0.3)
            before = tasks()
            async with asyncio.TaskGroup() as lanes:
                for lane in range(8):
                    lanes.create_task(self._lane(gateway.url, Junk(8 * seed + lane), messages))
            await bystander.send(SECOND)
            self.bystander_acked = await acked(bystander)
            await asyncio.sleep(0.5)
            self.leaked = sorted(await more(before))

    async def _lane(self, url: str, junk: Junk, messages: int) -> None:
        number = 0
        while self.sent < messages:
            number += 1
            self.sockets += 1
            async with connect(url, compression=None, max_size=None) as socket:
                await self._bother(socket, junk, started=number % 3 > 0)
                if socket.close_code is not None:
                    self.closes[socket.close_code] += 1

    async def _bother(self, socket: ClientConnection, junk: Junk, *, started: bool) -> None:
        """Bad messages, into a session or before there is one, until it is closed or has had some."""
        try:
            async with asyncio.timeout(15):
                if started:
                    await socket.send(START)
                for _ in range(6):
                    self.sent += 1
                    await socket.send(junk.frame())
                    if started:
                        await socket.send(SENTINEL)
                        await self._told(socket)
                    else:
                        await self._told(socket, first=True)
        except ConnectionClosed:
            pass
        except TimeoutError:
            self.silent += 1

    async def _told(self, socket: ClientConnection, *, first: bool = False) -> None:
        """Until the sentinel is answered, or anything is, if there is none."""
        while True:
            told: dict[str, Any] = json.loads(await socket.recv())
            if told["type"] == "error":
                self.codes[told["code"]] += 1
            if told.get("ref") == "sentinel" or first:
                return


class _Catch(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self, into: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._into = into

    def emit(self, record: logging.LogRecord) -> None:
        """One record."""
        self._into.append(f"{record.name}: {record.getMessage()} {record.exc_info and record.exc_info[1]!r}")


@contextmanager
def caught(into: list[str]) -> Generator[None]:
    """What is logged as an error meanwhile."""
    catch = _Catch(into)
    logging.getLogger().addHandler(catch)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(catch)


def tasks() -> Counter[str]:
    """What runs now, by name."""
    return Counter(task.get_coro().__qualname__ for task in asyncio.all_tasks())  # type: ignore[union-attr]


async def more(before: Counter[str]) -> list[str]:
    """What runs now and did not before."""
    return list((tasks() - before).elements())


async def acked(socket: ClientConnection) -> int:
    """Samples that are acknowledged, once they are a second."""
    async with asyncio.timeout(5):
        while True:
            told = json.loads(await socket.recv())
            if told["type"] == "audio.ack" and told["samples"] >= len(SECOND) // 2:
                return told["samples"]
