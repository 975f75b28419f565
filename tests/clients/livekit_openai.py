"""LiveKit's OpenAI STT, with only its `base_url` changed: prints what it heard. Arguments: URL, a 24 kHz WAV."""

import asyncio
import sys
import wave

import aiohttp
from livekit import rtc
from livekit.agents import stt
from livekit.plugins import openai

STEP = 480
"""20 ms."""


async def main(url: str, path: str) -> None:
    with wave.open(path) as file:
        sound = file.readframes(file.getnframes())
    async with aiohttp.ClientSession() as session:
        ears = openai.STT(base_url=url, api_key="any", use_realtime=True, vad=None, model="gpt-4o-transcribe")
        ears._session = session
        stream = ears.stream()

        async def speak() -> None:
            for begin in range(0, len(sound) // 2 - STEP, STEP):
                stream.push_frame(rtc.AudioFrame(sound[2 * begin : 2 * (begin + STEP)], 24_000, 1, STEP))
                await asyncio.sleep(0.02)

        speaking = asyncio.create_task(speak())
        async with asyncio.timeout(60):
            async for event in stream:
                if event.type == stt.SpeechEventType.FINAL_TRANSCRIPT:
                    print(event.alternatives[0].text, flush=True)
                    break
        await speaking
        await stream.aclose()


asyncio.run(main(*sys.argv[1:]))
