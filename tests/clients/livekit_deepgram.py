"""LiveKit's Deepgram STT, v1 or Flux, with only its `base_url` changed: prints what it heard. Arguments: URL, a WAV."""

import asyncio
import sys
import wave

import aiohttp
from livekit import rtc
from livekit.agents import stt
from livekit.plugins import deepgram

RATE, STEP = 24_000, 480
"""20 ms."""


async def main(url: str, path: str) -> None:
    with wave.open(path) as file:
        sound = file.readframes(file.getnframes())
    make = deepgram.STTv2 if "/v2/" in url else deepgram.STT
    async with aiohttp.ClientSession() as session:
        ears = make(base_url=url, api_key="any", http_session=session, sample_rate=RATE)
        stream, seen = ears.stream(), set()

        async def speak() -> None:
            for begin in range(0, len(sound) // 2 - STEP, STEP):
                stream.push_frame(rtc.AudioFrame(sound[2 * begin : 2 * (begin + STEP)], RATE, 1, STEP))
                await asyncio.sleep(0.02)

        speaking = asyncio.create_task(speak())
        async with asyncio.timeout(60):
            async for event in stream:
                seen.add(event.type)
                if event.type == stt.SpeechEventType.FINAL_TRANSCRIPT:
                    print(event.alternatives[0].text, flush=True)
                if event.type == stt.SpeechEventType.END_OF_SPEECH:
                    break
        await speaking
        await stream.aclose()
        assert stt.SpeechEventType.START_OF_SPEECH in seen


asyncio.run(main(*sys.argv[1:]))
