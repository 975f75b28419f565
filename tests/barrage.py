"""Malformed messages against the socket of another dialect, beside a session that has nothing to do with them."""

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
from msgspec import Struct, field
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from streaming import keys
from streaming.bus import Bus
from streaming.events import SessionEnded
from tests.bent import Bent
from tests.flood import POLICY, acked, caught, more, tasks
from tests.gateway import SECOND, START, Gateway, eventually

LANES = 8
EACH = 6
"""Messages of one connection."""


class Barrage(Struct):
    """What came of it. `told`: messages by type or event, `refused`: HTTP statuses, `closes`: close codes; `misshapen`:
    what is none of the dialect; `left`: sessions that nobody ended, seats and threads that are still taken."""

    sent: int = 0
    sockets: int = 0
    told: Counter[str] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    closes: Counter[int] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    misshapen: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    bystander_acked: int = 0

    async def run(self, redis_url: str, kind: type[Bent], messages: int, seed: int = 0) -> "Barrage":
        """Send so many, by several sockets at a time, and see what is left."""
        with caught(self.crashes):
            async with besieged(redis_url) as (gateway, bus):
                await self._beside(gateway, bus, kind, messages, seed)
        return self

    async def _beside(self, gateway: Gateway, bus: Bus, kind: type[Bent], messages: int, seed: int) -> None:
        async with connect(gateway.url, compression=None) as bystander:
            await bystander.send(START)
            mine: str = json.loads(await bystander.recv())["session_id"]
            await asyncio.sleep(0.3)
            before = tasks()
            async with asyncio.TaskGroup() as lanes:
                for lane in range(LANES):
                    client = kind(LANES * seed + lane)
                    lanes.create_task(self._lane(gateway, client, messages, random.Random(lane)))
            await bystander.send(SECOND)
            self.bystander_acked = await acked(bystander)
            self.leaked = sorted(await eventually(lambda: more(before), lambda more: not more, 5))
            self.left = await eventually(lambda: left(gateway, bus, mine), lambda found: not found, 5)

    async def _lane(self, gateway: Gateway, client: Bent, messages: int, chance: random.Random) -> None:
        number = 0
        while self.sent < messages:
            number += 1
            odd = number % 4 == 0
            url = f"ws://127.0.0.1:{gateway.port}{client.address(bent=odd)}"
            headers = client.headers() | (client.oddities() if odd else {})
            try:
                socket = await connect(url, additional_headers=headers, compression=None, max_size=None)
            except InvalidStatus as refused:
                self._turned_away(refused)
                continue
            self.sockets += 1
            try:
                await self._bother(socket, client, chance, begun=number % 3 > 0)
            finally:
                if chance.random() < 0.3:
                    socket.transport.abort()  # it vanishes
                await socket.close()
            if socket.close_code not in (None, 1006):
                self.closes[socket.close_code] += 1

    def _turned_away(self, refused: InvalidStatus) -> None:
        self.sent += 1
        answer = refused.response
        self.refused[answer.status_code] += 1
        try:
            json.loads(answer.body or b"")
        except ValueError:
            self.misshapen.append(f"{answer.status_code} {answer.body!r}")

    async def _bother(
        self, socket: ClientConnection, client: Bent, chance: random.Random, *, begun: bool
    ) -> None:
        """Bad messages, into a session or before there is one, until it is closed or has had some."""
        frame: str | bytes = ""
        try:
            async with asyncio.timeout(15):
                for frame in client.begins() if begun else ():
                    await socket.send(frame)
                for number in range(EACH):
                    self.sent += 1
                    frame = client.frame()
                    if chance.random() < 0.03:
                        await socket.send(b'{"\xff\xc0', text=True)
                    else:
                        await socket.send(frame)
                    await socket.send(client.sentinel(number))
                    await self._answered(socket, client, number)
        except ConnectionClosed:
            pass
        except TimeoutError:
            self.silent.append(repr(frame)[:200])

    async def _answered(self, socket: ClientConnection, client: Bent, number: int) -> None:
        while True:
            told: dict[str, Any] = json.loads(await socket.recv())
            self.told[str(told.get("type") or told.get("event"))] += 1
            if not client.shaped(told):
                self.misshapen.append(json.dumps(told)[:300])
            if reply := client.replied(told):
                await socket.send(reply)
            if client.answers(told, number):
                return


@asynccontextmanager
async def besieged(redis_url: str) -> AsyncGenerator[tuple[Gateway, Bus]]:
    """A gateway with room for many, and who stands in the recogniser's place."""
    gateway, bus = await Gateway(redis_url, POLICY, max_sessions=100_000).up(), Bus(redis_url)
    ending = asyncio.create_task(ended(bus))
    try:
        yield gateway, bus
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)
        await bus.close()
        await gateway.down()


async def ended(bus: Bus) -> None:
    """In the recogniser's place: is through with all sound, and ends the log of each session that takes no more."""
    done: set[bytes] = set()
    seen: set[bytes] = set()
    while True:
        for sid in await bus.call("ZRANGE", keys.LIVE, 0, -1):
            name = sid.decode()
            if sid not in seen:
                seen.add(sid)
                await bus.call("HSET", keys.stage(name, "asr"), "at", 10**12)
            if sid not in done and await bus.call("HGET", keys.session(name), "ending"):
                done.add(sid)
                body = msgspec.json.encode(SessionEnded("client", []))
                await bus.call("XADD", keys.events(name), "*", "e", body)
        await asyncio.sleep(0.05)


async def left(gateway: Gateway, bus: Bus, mine: str) -> list[str]:
    """Sessions beside `mine` ("": there is none) that go on, seats that are taken, and threads that unpack."""
    async with httpx.AsyncClient() as web:
        ready = (await web.get(f"http://127.0.0.1:{gateway.port}/readyz")).json()
    left = [f"seat {number}" for number in range(bool(mine), ready["sessions"])]
    live = [one.decode() for one in await bus.call("ZRANGE", keys.LIVE, 0, -1) if one.decode() != mine]
    over = [await bus.call("HGET", keys.session(sid), "ending") for sid in live]
    left += [f"session {sid}" for sid, ends in zip(live, over, strict=True) if not ends]
    return left + [thread.name for thread in threading.enumerate() if thread.name == "unpacking"]
