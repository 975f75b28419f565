"""A gateway that is told to stop sends its clients elsewhere, and nothing of what they say is lost."""

import asyncio
import contextlib

import httpx
import numpy as np
from msgspec.structs import replace
from websockets.asyncio.client import connect

from streaming import keys
from streaming.bus import Bus
from streaming.client.client import Client
from streaming.events import AudioFormat
from streaming.ingress.audience import Watching
from streaming.ingress.door import ServerPolicy
from streaming.ingress.gateway import Gateway as Shared
from streaming.ingress.http import application
from streaming.ingress.intake import Intake
from streaming.wire.messages import SessionStart
from tests.gateway import POLICY, START, Gateway, eventually, heard_until_closed
from tests.proxy import Proxy

PATIENT = replace(POLICY, resume_window_s=30, idle_timeout_s=60)


async def test_a_client_of_a_gateway_that_stops_is_told_why_and_closed_with_1012(
    redis_url: str, bus: Bus
) -> None:
    gateway = await Gateway(redis_url).up()
    async with connect(gateway.url) as socket:
        await socket.send(START)
        await socket.recv()
        gateway.task.cancel()
        got, code = await heard_until_closed(socket)
    await gateway.down()
    told = [(message["code"], message["retry_after"]) for message in got if message["type"] == "error"]
    assert (told, code) == ([("draining", 0)], 1012)


async def test_a_gateway_that_stops_says_that_it_is_not_ready(bus: Bus) -> None:
    shared = Shared(bus, Intake(bus), Watching(bus), ServerPolicy(), POLICY)
    shared.draining.set()
    transport = httpx.ASGITransport(application(shared))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["draining"]) == (503, True)


async def test_a_client_goes_on_at_another_gateway_and_loses_nothing(redis_url: str, bus: Bus) -> None:
    first, second = await Gateway(redis_url, PATIENT).up(), await Gateway(redis_url, PATIENT).up()
    front = Proxy(first.port, second.port)
    said = (np.arange(48_000) % 30_011).astype("<i2").tobytes()
    async with Client(f"http://127.0.0.1:{front.port}", start=SessionStart(audio=AudioFormat())) as client:
        reading = asyncio.create_task(_read(client))
        for number, at in enumerate(range(0, len(said), 3_200)):
            if number == 10:
                first.task.cancel()
            client.feed(said[at : at + 3_200])
            await asyncio.sleep(0.02)

        async def stored() -> bytes:
            return b"".join(entry.pcm for entry in await bus.read(keys.audio(client.session_id)))

        assert await eventually(stored, lambda pcm: len(pcm) >= len(said)) == said
        assert client.resumes == 1
        reading.cancel()
    front.close()
    await first.down()
    await second.down()


async def _read(client: Client) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        async for _ in client:
            pass
