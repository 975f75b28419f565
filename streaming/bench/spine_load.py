"""Clients that send a frame of 640 bytes fifty times a second, and note when what they said comes back."""

import asyncio
import contextlib
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from streaming.bench import stamps
from streaming.client.outbox import encode
from streaming.events import AudioFormat
from streaming.wire.messages import SessionStart
from streaming.wire.native import SUBPROTOCOL

EVERY_S: Final = 0.02
FINAL: Final = '"type":"transcript.final"'
WARM_S: Final = 1.5


class Speaking(NamedTuple):
    """A frame's way (ns): sent by the client, read and its words written by the recogniser, shown to the viewer."""

    sent: int
    read: int
    written: int
    shown: int


class _Final(Struct):
    text: str


async def speak(url: str, sessions: int, seconds: float) -> tuple[int, list[Speaking]]:
    """So many at once, for so long. How many messages were sent, and what came back once they were warm."""
    heard: list[Speaking] = []
    counts = await asyncio.gather(*(_one(url, number, seconds, heard) for number in range(sessions)))
    first = min((one.sent for one in heard), default=0)
    return sum(counts), [one for one in heard if one.sent - first > WARM_S * 1e9]


async def _one(url: str, number: int, seconds: float, heard: list[Speaking]) -> int:
    await asyncio.sleep(number * 0.013 % 1)  # nobody in step with another
    asked: list[str] = [SUBPROTOCOL]
    async with connect(url, subprotocols=asked, compression=None, ping_interval=None) as socket:  # pyright: ignore[reportArgumentType]
        await socket.send(encode(SessionStart(audio=AudioFormat(), language="en")))
        reading = asyncio.create_task(_read(socket, heard), name="bench-read")
        loop = asyncio.get_running_loop()
        began, count = loop.time(), 0
        while count * EVERY_S < seconds:
            await socket.send(stamps.frame(stamps.now()))
            count += 1
            await asyncio.sleep(max(0.0, began + count * EVERY_S - loop.time()))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return count


async def _read(socket: ClientConnection, heard: list[Speaking]) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for raw in socket:
            if FINAL in str(raw)[:80]:
                shown = stamps.now()
                sent, read, written = stamps.told(msgspec.json.decode(raw, type=_Final).text)
                heard.append(Speaking(sent, read, written, shown))
