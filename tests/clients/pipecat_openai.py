"""Pipecat's OpenAI Realtime STT, with only its `base_url` changed: prints what it heard. Arguments: URL, a WAV."""

import asyncio
import sys
import wave

from pipecat.frames.frames import EndFrame, InputAudioRawFrame, TranscriptionFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.openai.stt import OpenAIRealtimeSTTService

STEP = 960
"""Bytes of 20 ms."""


class Printing(FrameProcessor):
    """Prints transcripts; `heard` is set by the first."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = asyncio.Event()

    async def process_frame(self, frame, direction) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, TranscriptionFrame):
            print(frame.text, flush=True)
            self.heard.set()
        await self.push_frame(frame, direction)


async def main(url: str, path: str) -> None:
    with wave.open(path) as file:
        sound = file.readframes(file.getnframes())
    ears = OpenAIRealtimeSTTService(api_key="any", base_url=url, turn_detection={"type": "server_vad"})
    printing = Printing()
    task = PipelineTask(Pipeline([ears, printing]), params=PipelineParams(audio_in_sample_rate=24_000))

    async def speak() -> None:
        await asyncio.sleep(2)
        for begin in range(0, len(sound), STEP):
            await task.queue_frame(InputAudioRawFrame(sound[begin : begin + STEP], 24_000, 1))
            await asyncio.sleep(0.02)
        await asyncio.wait_for(printing.heard.wait(), 30)
        await asyncio.sleep(1)
        await task.queue_frame(EndFrame())

    async with asyncio.timeout(90):
        await asyncio.gather(PipelineRunner(handle_sigint=False).run(task), speak())


asyncio.run(main(*sys.argv[1:]))
