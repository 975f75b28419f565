"""Malformed messages on the data channels of WebRTC: of WHIP's sessions, and of OpenAI's calls."""

import asyncio
import json
from collections import Counter
from typing import Any, NamedTuple

import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame
from msgspec import Struct, field

from tests.barrage import besieged, left
from tests.flood import SENTINEL, caught, more, tasks
from tests.gateway import eventually
from tests.impostors import Realtime
from tests.malformed import Json, Junk
from tests.speech import RATE
from tests.webrtc import Voice


class Offered(NamedTuple):
    """Where an offer goes, and what its channel is called."""

    path: str
    label: str
    junk: type[Junk]


CHANNELS = {
    "whip": Offered("/whip", "vivavoce.v1", Junk),
    "realtime": Offered("/v1/realtime/calls", "oai-events", Realtime),
}
LANES = 6
EACH = 40
LARGEST = 200_000
"""What its client's library sends at once."""


class Hum(Voice):
    """A tenth of a second of sound, and no packet more: it is not what is tried."""

    def __init__(self) -> None:
        super().__init__(np.zeros(RATE // 10, np.int16))

    async def recv(self) -> AudioFrame:
        if self.over.is_set():
            await asyncio.Event().wait()
        return await super().recv()


class ChannelBarrage(Struct):
    """What came of it; as `Barrage`."""

    sent: int = 0
    connections: int = 0
    told: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    async def run(self, redis_url: str, offered: Offered, messages: int, seed: int = 0) -> "ChannelBarrage":
        """Send so many, by a few connections at a time, and see what is left."""
        with caught(self.crashes):
            async with besieged(redis_url) as (gateway, bus):
                await asyncio.sleep(0.3)
                before = tasks()
                url = f"http://127.0.0.1:{gateway.port}"
                async with httpx.AsyncClient(base_url=url, timeout=30) as web, asyncio.TaskGroup() as lanes:
                    for _ in range(LANES):
                        lanes.create_task(self._lane(web, offered, messages, seed))
                self.leaked = sorted(await eventually(lambda: more(before), lambda found: not found, 10))
                self.left = await eventually(lambda: left(gateway, bus, ""), lambda found: not found, 10)
        return self

    async def _lane(self, web: httpx.AsyncClient, offered: Offered, messages: int, seed: int) -> None:
        while self.sent < messages:
            self.connections += 1
            await self._connection(web, offered, seed + self.connections)

    async def _connection(self, web: httpx.AsyncClient, offered: Offered, seed: int) -> None:
        pc, heard, over = RTCPeerConnection(RTCConfiguration([])), asyncio.Queue[Json](), asyncio.Event()
        pc.addTrack(Hum())
        channel = pc.createDataChannel(offered.label)
        channel.on("message", lambda text: heard.put_nowait(json.loads(text)))
        channel.on("close", over.set)
        there = asyncio.Event()
        channel.on("open", there.set)
        await pc.setLocalDescription(await pc.createOffer())
        headers = {"content-type": "application/sdp", "connection": "close"}
        answer = await web.post(offered.path, content=pc.localDescription.sdp, headers=headers)
        assert answer.status_code == 201, answer.text
        await pc.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        await asyncio.wait_for(there.wait(), 20)
        await self._bother(channel, heard, over, offered.junk(seed))
        await pc.close()

    async def _bother(
        self, channel: Any, heard: asyncio.Queue[Json], over: asyncio.Event, junk: Junk
    ) -> None:
        for number in range(EACH):
            frame = junk.frame()[:LARGEST]
            self.sent += 1
            if channel.readyState != "open":
                return
            channel.send(frame)
            channel.send(junk.sentinel(number) if isinstance(junk, Realtime) else SENTINEL)
            told = asyncio.ensure_future(self._answered(heard, junk, number))
            closed = asyncio.ensure_future(over.wait())
            done, _ = await asyncio.wait({told, closed}, timeout=15, return_when=asyncio.FIRST_COMPLETED)
            for task in (told, closed):
                task.cancel()
            if not done:
                self.silent.append(repr(frame)[:200])
            if closed in done or not done:
                return

    async def _answered(self, heard: asyncio.Queue[Json], junk: Junk, number: int) -> None:
        while True:
            told = await heard.get()
            self.told[str(told.get("code") or told["type"])] += 1
            if isinstance(junk, Realtime):
                assert junk.shaped(told), told
                if junk.answers(told, number):
                    return
            elif told.get("ref") == "sentinel":
                return
