"""A pipeline of Pipecat's that plays a WAV to a service that transcribes, and prints what it heard."""

import asyncio
import wave
from typing import Any

from pipecat.frames.frames import EndFrame, InputAudioRawFrame, TranscriptionFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.frame_processor import FrameProcessor

RATE, STEP = 24_000, 960
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


def main(ears: Any, path: str) -> None:
    """Play `path` (24 kHz) to the service `ears`."""
    asyncio.run(_main(ears, path))


async def _main(ears: Any, path: str) -> None:
    with wave.open(path) as file:
        sound = file.readframes(file.getnframes())
    printing = Printing()
    task = PipelineTask(Pipeline([ears, printing]), params=PipelineParams(audio_in_sample_rate=RATE))

    async def speak() -> None:
        await asyncio.sleep(2)
        for begin in range(0, len(sound), STEP):
            await task.queue_frame(InputAudioRawFrame(sound[begin : begin + STEP], RATE, 1))
            await asyncio.sleep(0.02)
        await asyncio.wait_for(printing.heard.wait(), 30)
        await asyncio.sleep(1)
        await task.queue_frame(EndFrame())

    async with asyncio.timeout(90):
        await asyncio.gather(PipelineRunner(handle_sigint=False).run(task), speak())
