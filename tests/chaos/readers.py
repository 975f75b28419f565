"""A reader at 1 kB/s beside fifty that keep up."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from datetime import datetime

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from streaming import keys
from streaming.client.client import Client
from streaming.events import AudioFormat, TranscriptFinal
from streaming.wire import messages as said
from streaming.wire.native import SUBPROTOCOL
from tests.chaos.speakers import Speaker, faults, judged, p95
from tests.chaos.stage import Figures, Memory, Stage, beside, speakers, stage, talking

LOG = 40_000
"""Entries that wait for the slow reader: some 16 MB."""


class _Stamped(msgspec.Struct):
    time: str = ""


async def slow_reader(short: bool) -> Figures:
    """First without, then with somebody who reads 16 MB of log at 1 kB/s, and comes back whenever it is thrown out.

    What the gateway could write again is forgotten at once: it would grow with the sound of the others.
    """
    count, seconds = (6, 6) if short else (50, 15)
    async with stage(workers=1, settings={"VIVAVOCE_REDIS__JOURNAL__KEEP_S": "0.1"}) as made:
        memory, found = Memory(made.service), list[Figures]()
        late, rss = list[float | None](), list[float]()
        async with beside(memory.watch()):
            await talking(speakers(count, 4), made.service.url)  # warm
            for slow in (False, True):
                said = speakers(count, seconds)
                reader = [_crawl(made)] if slow else []
                memory.seen.clear()
                async with beside(*reader):
                    await asyncio.sleep(3 if slow else 0)  # while its log is written
                    memory.seen.clear()
                    await talking(said, made.service.url)
                late.append(p95(_shown(said)))
                rss.append(max(memory.seen["gateway-0"]))
                found.append(await judged(made.bus, said))
        grown = round(rss[1] - rss[0], 1)
        wrong = faults(found[0]) + faults(found[1]) + [f"rss_growth_mb = {grown}"] * (grown > 5)
        figures = {"shown_p95_s_without": late[0], "shown_p95_s_beside": late[1], "rss_growth_mb": grown}
        return {**found[1], **figures, "faults": wrong}


def _shown(said: Sequence[Speaker]) -> list[float]:
    """Seconds from when an event was written until its viewer had it."""
    ahead = time.time() - time.monotonic()
    out: list[float] = []
    for speaker in said:
        for one in speaker.told[1:]:
            written = msgspec.json.decode(one.raw, type=_Stamped).time
            if written:
                out.append(one.at + ahead - datetime.fromisoformat(written).timestamp())
    return out


async def _crawl(made: Stage) -> None:
    """A session with a long log, whose client reads it at 1 kB/s."""
    front = made.service.proxy(*made.service.ports)
    async with Client(made.service.url, start=said.SessionStart(audio=AudioFormat())) as client:
        sid, first = client.session_id, await anext(aiter(client))
        token = msgspec.json.decode(first.raw)["resume_token"]
        final = TranscriptFinal(0, 1, "x" * 300, 0, 1, [], "en", 1.0, "long")
        body = msgspec.json.encode(final)
        for _ in range(LOG // 500):
            await made.bus.together(*[("XADD", keys.events(sid), "*", "e", body)] * 500)
    front.rate = 1_000
    resume = {"type": "session.resume", "session_id": sid, "resume_token": token}
    url = f"ws://127.0.0.1:{front.port}/v1/stream"
    while True:
        with contextlib.suppress(WebSocketException, OSError, TimeoutError):
            async with connect(url, subprotocols=[SUBPROTOCOL], compression=None, max_queue=1) as socket:  # pyright: ignore[reportArgumentType]
                await socket.send(msgspec.json.encode(resume).decode())
                async for _ in socket:
                    await asyncio.sleep(0.2)
        await asyncio.sleep(0.2)
