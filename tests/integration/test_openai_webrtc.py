"""OpenAI's WebRTC: the unmodified `openai` client makes secrets and calls, aiortc speaks real words into them."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from openai import AsyncOpenAI

from streaming import keys
from streaming.bus import Bus
from streaming.ingress import owning
from tests.gateway import Gateway, eventually
from tests.integration.test_whip import SPEECH, WORDS
from tests.speech import errors, plain
from tests.stack import Stack
from tests.webrtc import Voice

SESSION: dict[str, Any] = {
    "type": "transcription",
    "audio": {"input": {"transcription": {"model": "whisper-1", "language": "en"}}},
}


class Peer:
    """A browser's part: a track, the channel `oai-events`, and what came on it."""

    def __init__(self) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration([]))
        self.voice = Voice(SPEECH)
        self.events: list[dict[str, Any]] = []
        self.pc.addTrack(self.voice)
        self.channel = self.pc.createDataChannel("oai-events")
        self.channel.on("message", lambda text: self.events.append(json.loads(text)))

    async def offer(self) -> str:
        await self.pc.setLocalDescription(await self.pc.createOffer())
        return self.pc.localDescription.sdp

    async def take(self, answer: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def completed(self) -> list[str]:
        """What was understood, by item."""
        kind = "conversation.item.input_audio_transcription.completed"
        return [event["transcript"] for event in self.events if event["type"] == kind]

    async def words(self) -> list[str]:
        return plain(" ".join(await self.completed()))


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    one = Peer()
    yield one
    await one.pc.close()


async def test_a_call_by_the_openai_client_understands_real_speech(server: Stack, peer: Peer) -> None:
    client = AsyncOpenAI(base_url=f"http://127.0.0.1:{server.port}/v1", api_key="any")
    made: Any = await client.realtime.calls.create(sdp=await peer.offer(), session=SESSION)  # type: ignore[arg-type]
    await peer.take(made.text)
    got = await eventually(peer.words, lambda words: len(words) >= len(WORDS) - 1, 30)
    assert errors(WORDS, got) <= 1
    assert peer.events[0]["type"] == "session.created"
    assert peer.events[0]["session"]["type"] == "transcription"
    await client.close()


async def test_a_secret_is_good_for_one_call_and_says_what_it_is_for(server: Stack, peer: Peer) -> None:
    url = f"http://127.0.0.1:{server.port}/v1"
    client = AsyncOpenAI(base_url=url, api_key="any")
    secret = await client.realtime.client_secrets.create(session=SESSION)  # type: ignore[arg-type]
    assert secret.value.startswith("ek_")
    offer = await peer.offer()
    headers = {"authorization": f"Bearer {secret.value}", "content-type": "application/sdp"}
    async with httpx.AsyncClient(headers=headers, timeout=20) as page:
        answer = await page.post(f"{url}/realtime/calls?model=whisper-1", content=offer)
        assert answer.status_code == 201
        assert (await page.post(f"{url}/realtime/calls", content=offer)).status_code == 401
    await peer.take(answer.text)
    got = await eventually(peer.words, lambda words: len(words) >= len(WORDS) - 1, 30)
    assert errors(WORDS, got) <= 1
    hung = await client.post(
        f"/realtime/calls/{answer.headers['location'].rsplit('/', 1)[1]}/hangup", cast_to=httpx.Response
    )
    assert hung.status_code == 200
    await client.close()


@pytest.mark.parametrize(
    ("kind", "body", "status", "code"),
    [
        ("text/plain", b"v=0", 415, "unsupported_type"),
        ("multipart/form-data; boundary=x", b"--x--", 400, "missing_required_parameter"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="sdp"\r\n\r\nv=0\r\n'
            b'--x\r\nContent-Disposition: form-data; name="session"\r\n\r\n[]\r\n--x--',
            400,
            "invalid_value",
        ),
        ("application/sdp", b"v=0\r\n", 400, "bad_offer"),
        ("application/sdp", b"\xff", 400, "invalid_value"),
        ("application/sdp", b"x" * 140_000, 413, "too_large"),
    ],
)
async def test_what_is_wrong_with_a_call_is_told_as_openai_does(
    gateway: Gateway, kind: str, body: bytes, status: int, code: str
) -> None:
    async with httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{gateway.port}/v1/realtime/calls"
        answer = await client.post(url, content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert len(answer.json()["error"]["message"]) > 10


async def test_sound_that_comes_before_its_session_waits_for_it(
    gateway: Gateway, peer: Peer, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, begun = owning.begin, asyncio.Event()

    async def slow(*what: Any) -> owning.Begun:
        await asyncio.sleep(1.5)
        begun.set()
        return await begin(*what)

    async def sound() -> int:
        live = [name.decode() for name in await bus.call("ZRANGE", "live", 0, -1)]
        read = [await bus.read(keys.audio(sid), "0-0") for sid in live]
        return sum(len(entry.pcm) // 2 for entries in read for entry in entries)

    monkeypatch.setattr(owning, "begin", slow)
    async with AsyncOpenAI(base_url=f"http://127.0.0.1:{gateway.port}/v1", api_key="any") as client:
        made: Any = await client.realtime.calls.create(sdp=await peer.offer(), session=SESSION)  # type: ignore[arg-type]
    await peer.take(made.text)
    assert await eventually(sound, lambda found: found > 16_000) > 16_000
    assert begun.is_set()
    assert [event["type"] for event in peer.events if event["type"] == "error"] == []
