"""Other systems under test, each by its own protocol, so that the comparison can be repeated by anybody.

whisperlive: collabora's WhisperLive (PyPI `whisper-live`). whisperlivekit: WhisperLiveKit (PyPI `whisperlivekit`),
started with `--pcm-input`.
"""

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from streaming.bench.hearing import Full, Heard, paced
from streaming.bench.sights import Sight
from streaming.bench.speech import Pcm
from streaming.refusal import Refusal, Usage

ENDS_S: Final = 180.0
QUIET_S: Final = 15.0


class Peer:
    """What the peers have in common: `url` (ws://...), and that they cannot be asked to finalize."""

    finalizes = False

    def __init__(self, name: str, url: str, language: str) -> None:
        self.name = name
        self.url = url
        self.language = language

    async def finalize(self, clips: Sequence[Pcm]) -> Heard:
        """They have no such message."""
        raise Usage(f"{self.name} cannot finalize")

    async def stream(self, pcm: Pcm) -> Heard:
        """See hearing.System."""
        try:
            async with connect(self.url, max_size=None, open_timeout=30, ping_interval=None) as socket:
                return await self._stream(socket, pcm)
        except (OSError, WebSocketException, TimeoutError) as wrong:
            raise Refusal(f"{self.name} at {self.url}: {wrong or 'no answer'}") from None

    async def _stream(self, socket: ClientConnection, pcm: Pcm) -> Heard:
        raise NotImplementedError


class WhisperLive(Peer):
    """Says the last ten segments again with each message; those that are `completed` change no more."""

    async def _stream(self, socket: ClientConnection, pcm: Pcm) -> Heard:
        start = {"uid": str(uuid.uuid4()), "language": self.language, "task": "transcribe", "model": "base",
                 "use_vad": True, "send_last_n_segments": 10}  # fmt: skip
        await socket.send(json.dumps(start))
        while (said := json.loads(await socket.recv())).get("message") != "SERVER_READY":
            if said.get("status") == "WAIT":
                raise Full(f"{self.name} at {self.url} takes no more clients at once")
        heard, began = Heard(), time.monotonic()
        reading = asyncio.create_task(self._read(socket, heard, began))
        async for block in paced(pcm, began):
            await socket.send((block.astype(np.float32) / 32768).tobytes())
        ends = time.monotonic() + ENDS_S
        while not reading.done() and time.monotonic() < ends:  # it says nothing of its own when it is done
            count = len(heard.sights)
            await asyncio.sleep(QUIET_S)
            if len(heard.sights) == count:
                break
        with contextlib.suppress(ConnectionClosed):
            await socket.send(b"END_OF_AUDIO")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reading, QUIET_S)
        return heard

    async def _read(self, socket: ClientConnection, heard: Heard, began: float) -> None:
        segments: dict[float, tuple[str, bool]] = {}
        async for raw in socket:
            said = json.loads(raw)
            if "segments" not in said:
                continue
            segments = {begin: one for begin, one in segments.items() if one[1]}
            segments |= {float(one["start"]): (one["text"].strip(), bool(one["completed"]))
                         for one in said["segments"]}  # fmt: skip
            rows = [segments[begin] for begin in sorted(segments)]
            sure = [text for text, completed in rows if completed]
            rest = [text for text, completed in rows if not completed]
            fixed = len(" ".join(sure))
            heard.sights.append(Sight(time.monotonic() - began, " ".join(sure + rest), fixed, fixed))


class WhisperLiveKit(Peer):
    """Says all lines again with each message, and behind them the words it is not sure of."""

    async def _stream(self, socket: ClientConnection, pcm: Pcm) -> Heard:
        heard, began = Heard(), time.monotonic()
        reading = asyncio.create_task(self._read(socket, heard, began))
        async for block in paced(pcm, began):
            await socket.send(block.tobytes())
        await socket.send(b"")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reading, ENDS_S)
        return heard

    async def _read(self, socket: ClientConnection, heard: Heard, began: float) -> None:
        async for raw in socket:
            said: dict[str, Any] = json.loads(raw)
            if said.get("type") == "ready_to_stop":
                return
            if "lines" not in said:
                continue
            lines = " ".join(text for line in said["lines"] if (text := (line.get("text") or "").strip()))
            rest = (said.get("buffer_transcription") or "").strip()
            whole = " ".join(part for part in (lines, rest) if part)
            heard.sights.append(Sight(time.monotonic() - began, whole, len(lines), len(lines)))


PEERS: Final = {"whisperlive": WhisperLive, "whisperlivekit": WhisperLiveKit}


def peer(told: str, language: str) -> Peer:
    """A peer as the command line names it: `whisperlivekit=ws://127.0.0.1:8000/asr`. Raises Usage."""
    name, _, url = told.partition("=")
    kind = PEERS.get(name)
    if kind is None or not url.startswith(("ws://", "wss://")):
        raise Usage(f"--peer {told!r}: say NAME=ws://HOST:PORT/PATH; known names: {', '.join(PEERS)}")
    return kind(name, url, language)
