"""What a connection costs the gateway: `python -m tests.bench.webrtc_cpu [--connections 8] [--seconds 30]`, as JSON.

CPU seconds of the gateway's process for a connection and a minute of speech, by WebSocket (16 kHz PCM, 100 ms a frame),
by WHIP (Opus of aiortc, 20 ms a packet) and by Twilio's media streams (both sides of a call, mu-law in JSON, 20 ms a
message: a hundred a second). The clients are in this process, and do not count.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.client import connect

from streaming.bench.processes import cpu_s, listener
from tests import media_stream
from tests.conftest import running_redis
from tests.gateway import START
from tests.speech import RATE, prompt
from tests.stack import Stack
from tests.webrtc import Caller, Voice

FRAME = RATE // 10


def speech(seconds: float) -> np.ndarray[Any, np.dtype[np.int16]]:
    return np.resize(prompt("demo-congrats"), round(seconds * RATE))


async def by_websocket(port: int, seconds: float) -> None:
    sound, began = speech(seconds), time.monotonic()
    async with connect(f"ws://127.0.0.1:{port}/v1/stream") as socket:
        await socket.send(START)

        async def read() -> None:
            async for _ in socket:
                pass

        reading = asyncio.create_task(read())
        for at in range(0, len(sound), FRAME):
            await socket.send(sound[at : at + FRAME].astype("<i2").tobytes())
            await asyncio.sleep(max(0, began + (at + FRAME) / RATE - time.monotonic()))
        reading.cancel()


async def by_whip(port: int, seconds: float) -> None:
    caller = Caller(f"http://127.0.0.1:{port}")
    answer = await caller.call(Voice(speech(seconds)))
    assert answer.status_code == 201, answer.text
    await asyncio.sleep(seconds)
    await caller.close()


async def by_twilio(port: int, seconds: float) -> None:
    sides, began = media_stream.both(speech(seconds), speech(seconds)), time.monotonic()
    piece = media_stream.PIECE
    async with connect(f"ws://127.0.0.1:{port}/v1/twilio") as socket:
        await socket.send(json.dumps(media_stream.CONNECTED))
        await socket.send(json.dumps(media_stream.start()))
        for number, at in enumerate(range(0, len(sides[0]), piece), 1):
            for track, side in zip(media_stream.TRACKS, sides, strict=True):
                told = media_stream.media(side[at : at + piece], track, number, number * 20 - 20)
                await socket.send(json.dumps(told))
            await asyncio.sleep(max(0, began + number * 0.02 - time.monotonic()))


async def measured(stack: Stack, connections: int, seconds: float) -> dict[str, float]:
    pid = listener(stack.port)
    assert pid
    out: dict[str, float] = {}
    await asyncio.sleep(2)
    idle = cpu_s(pid)
    await asyncio.sleep(5)
    idle = (cpu_s(pid) - idle) / 5
    for name, way in (("websocket", by_websocket), ("whip", by_whip), ("twilio", by_twilio)):
        began, before = time.monotonic(), cpu_s(pid)
        await asyncio.gather(*(way(stack.port, seconds) for _ in range(connections)))
        spent = cpu_s(pid) - before - idle * (time.monotonic() - began)
        out[f"{name}_cpu_s_a_minute"] = round(spent / connections * 60 / seconds, 3)
        await asyncio.sleep(2)
    return {"connections": connections, "seconds": seconds, "idle_cpu": round(idle, 4), **out}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    with running_redis() as redis_url, tempfile.TemporaryDirectory() as folder:
        stack = Stack(redis_url, Path(folder))
        stack.start("gateway")
        try:
            while not stack.readyz():
                time.sleep(0.1)
            print(json.dumps(asyncio.run(measured(stack, options.connections, options.seconds)), indent=1))
        finally:
            stack.close()


if __name__ == "__main__":
    main()
