"""A sender of Twilio Media Streams: the messages that Twilio documents, with real sound in both tracks."""

import asyncio
import base64
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from websockets.asyncio.client import ClientConnection, connect

from streaming.audio import G711
from tests.speech import Pcm

RATE = 8_000
PIECE = 160
STREAM, CALL, ACCOUNT = "MZ" + "1" * 32, "CA" + "2" * 32, "AC" + "3" * 32
TRACKS = ("inbound", "outbound")

_VALUES = np.argsort(G711["mulaw"], kind="stable")
_SORTED = G711["mulaw"][_VALUES].astype(np.int32)


def mulaw(pcm: Pcm) -> bytes:
    """16 kHz PCM16 as 8 kHz mu-law: the nearest of its 256 values."""
    low = ((pcm[0 : len(pcm) // 2 * 2 : 2].astype(np.int32) + pcm[1::2]) // 2)[:, None]
    middle = (_SORTED[1:] + _SORTED[:-1]) // 2
    return _VALUES[np.searchsorted(middle, low[:, 0])].astype(np.uint8).tobytes()


def both(*pcm: Pcm) -> list[bytes]:
    """Several sides of a call, equally long, in whole pieces."""
    size = -(-max(len(one) for one in pcm) // (2 * PIECE)) * 2 * PIECE
    return [mulaw(np.pad(one, (0, size - len(one)))) for one in pcm]


def start(tracks: Sequence[str] = TRACKS, **parameters: str) -> dict[str, Any]:
    """The first message with anything in it."""
    told = {
        "accountSid": ACCOUNT,
        "streamSid": STREAM,
        "callSid": CALL,
        "tracks": list(tracks),
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": RATE, "channels": 1},
        "customParameters": parameters,
    }
    return {"event": "start", "sequenceNumber": "1", "start": told, "streamSid": STREAM}


def media(data: bytes, track: str = "inbound", chunk: int = 1, at_ms: int = 0) -> dict[str, Any]:
    """A piece of sound."""
    payload = base64.b64encode(data).decode()
    told = {"track": track, "chunk": str(chunk), "timestamp": str(at_ms), "payload": payload}
    return {"event": "media", "sequenceNumber": "2", "media": told, "streamSid": STREAM}


def dtmf(digit: str, track: str = "inbound_track") -> dict[str, Any]:
    """A key that was pressed."""
    told = {"track": track, "digit": digit}
    return {"event": "dtmf", "streamSid": STREAM, "sequenceNumber": "5", "dtmf": told}


def mark(name: str) -> dict[str, Any]:
    """A mark."""
    return {"event": "mark", "sequenceNumber": "4", "streamSid": STREAM, "mark": {"name": name}}


CONNECTED = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
STOP = {
    "event": "stop",
    "sequenceNumber": "5",
    "streamSid": STREAM,
    "stop": {"accountSid": ACCOUNT, "callSid": CALL},
}


class Sender:
    """One stream. `url`: the gateway's, as ws://."""

    def __init__(self, url: str, **headers: str) -> None:
        self._url = f"{url.replace('http:', 'ws:').removesuffix('/v1/stream')}/v1/twilio"
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.chunk = 0

    async def __aenter__(self) -> "Sender":
        self.socket: ClientConnection = await connect(
            self._url, additional_headers=self._headers, compression=None
        )
        await self.say(CONNECTED)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def say(self, *messages: dict[str, Any]) -> None:
        """Messages, one after the other."""
        for message in messages:
            await self.socket.send(json.dumps(message))

    async def play(self, sides: Sequence[bytes], pace: float = 1.0) -> None:
        """All tracks together, in pieces of 20 ms, from where the last ones ended."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number, at in enumerate(range(0, len(sides[0]), PIECE)):
            at_ms, self.chunk = self.chunk * 20, self.chunk + 1
            for track, side in zip(TRACKS, sides, strict=False):
                await self.say(media(side[at : at + PIECE], track, self.chunk, at_ms))
            await asyncio.sleep(max(0.0, began + number * 0.02 / pace - loop.time()))

    async def close_code(self) -> int:
        """Once the server has closed it."""
        async with asyncio.timeout(20):
            await self.socket.wait_closed()
        return self.socket.close_code or 0
