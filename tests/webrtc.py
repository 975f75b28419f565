"""aiortc as an unmodified WHIP client: it sends real speech, and may open a data channel."""

import asyncio
import fractions
import json
import time
from typing import Any

import httpx
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from av import AudioFrame

from tests.speech import RATE, Pcm

STEP = RATE // 50


class Voice(MediaStreamTrack):
    """Sound at the pace of speech, then silence."""

    kind = "audio"

    def __init__(self, pcm: Pcm) -> None:
        super().__init__()
        self._pcm, self._at, self._began = pcm, 0, 0.0
        self.over = asyncio.Event()

    async def recv(self) -> AudioFrame:
        self._began = self._began or time.monotonic()
        await asyncio.sleep(max(0, self._began + self._at / RATE - time.monotonic()))
        part = self._pcm[self._at : self._at + STEP]
        if len(part) < STEP:
            self.over.set()
            part = np.pad(part, (0, STEP - len(part)))
        frame: Any = AudioFrame.from_ndarray(part[None, :], "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._at, fractions.Fraction(1, RATE)
        self._at += STEP
        return frame


class Caller:
    """One WHIP client. `events`: what came on its data channel."""

    def __init__(self, url: str, key: str = "") -> None:
        self.url = url
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self.http = httpx.AsyncClient(headers=self._headers, timeout=30)
        self.pc = RTCPeerConnection(RTCConfiguration([]))
        self.events: list[dict[str, Any]] = []
        self.came = asyncio.Event()
        self.channel: Any = None
        self.where = ""
        self.answer: httpx.Response | None = None

    async def call(self, voice: MediaStreamTrack, query: str = "", *, channel: bool = True) -> httpx.Response:
        """Send the offer; the answer, which is taken if it is one."""
        self.pc.addTrack(voice)
        if channel:
            self.channel = self.pc.createDataChannel("vivavoce.v1")
            self.channel.on("message", self._heard)
        await self.pc.setLocalDescription(await self.pc.createOffer())
        headers = {"content-type": "application/sdp"}
        answer = await self.http.post(
            f"{self.url}/whip{query}", content=self.pc.localDescription.sdp, headers=headers
        )
        self.answer = answer
        if answer.status_code == 201:
            self.where = f"{self.url}{answer.headers['location']}"
            await self.pc.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))
        return answer

    def say(self, **message: Any) -> None:
        self.channel.send(json.dumps(message))

    async def until(self, kind: str, seconds: float = 60) -> dict[str, Any]:
        """The first event of this kind."""
        async with asyncio.timeout(seconds):
            while True:
                for event in self.events:
                    if event["type"] == kind:
                        return event
                self.came.clear()
                await self.came.wait()

    def text(self) -> str:
        return " ".join(event["text"] for event in self.events if event["type"] == "transcript.final")

    async def close(self) -> None:
        await self.pc.close()
        await self.http.aclose()

    def _heard(self, message: str) -> None:
        self.events.append(json.loads(message))
        self.came.set()
