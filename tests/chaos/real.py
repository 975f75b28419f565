"""The same with real Whisper and real speech: what is written down under fire, beside a run in peace."""

import asyncio
import contextlib
import time

from streaming.client.client import Client
from streaming.events import AudioFormat, SessionEnded, TranscriptFinal
from streaming.machine import home
from streaming.wire import messages as said
from tests.chaos.stage import Figures, Stage, stage
from tests.speech import Pcm, errors, join, plain

PROMPTS = ("auth-thankyou", "vm-intro", "vm-options", "demo-thanks")
FRAME = 1_600
SETTINGS = {
    "CHAOS_ENGINE": "real",
    "VIVAVOCE_ASR__MODEL": "tiny.en",
    "VIVAVOCE_ASR__WORKERS": "1",
    "VIVAVOCE_ASR__MEASURE": "false",
}


async def real_speech(short: bool) -> Figures:
    """Sessions of prompts; a recogniser and a gateway are killed, and the network is cut, while they are spoken."""
    pcm = join(*[part for name in PROMPTS[: 2 if short else 4] for part in (0.7, name)], 1.0)
    models = {"CHAOS_MODELS": str(home.prepare() / "models")}
    async with stage(gateways=2, workers=2, settings=SETTINGS | models) as made:
        peace = await _written(made, pcm)
        fire = asyncio.gather(*(_written(made, pcm) for _ in range(2)))
        span = len(pcm) / 16_000
        for blow in (_kill_recogniser, _kill_gateway, _cut):
            await asyncio.sleep(span / 4)
            await blow(made)
        under_fire = await fire
        words = plain(peace)
        wrong = [errors(words, plain(text)) for text in under_fire]
        figures = {"words": len(words), "words_that_differ": wrong, "seconds": round(span, 1)}
        least = max(2, len(words) // 20)  # a look that falls elsewhere may hear one word otherwise
        return {**figures, "faults": [f"{count} words differ" for count in wrong if count > least]}


async def _kill_recogniser(made: Stage) -> None:
    made.service.kill("asr-0")
    made.service.start("asr", 0)


async def _kill_gateway(made: Stage) -> None:
    made.service.kill("gateway-0")
    made.service.start("gateway", 0)


async def _cut(made: Stage) -> None:
    made.service.front.down()
    await asyncio.sleep(3)
    made.service.front.up()


async def _written(made: Stage, pcm: Pcm) -> str:
    """The words of one session."""
    found: list[str] = []
    start = said.SessionStart(audio=AudioFormat(), language="en")
    async with asyncio.timeout(len(pcm) / 16_000 + 60), Client(made.service.url, start=start) as client:
        saying = asyncio.ensure_future(_say(client, pcm))
        async for message in client:
            match message.event:
                case TranscriptFinal(text=text):
                    found.append(text)
                case SessionEnded():
                    break
                case _:
                    pass
        with contextlib.suppress(asyncio.CancelledError):
            await saying
    return " ".join(found)


async def _say(client: Client, pcm: Pcm) -> None:
    began = time.monotonic()
    for at in range(0, len(pcm), FRAME):
        client.feed(pcm[at : at + FRAME].astype("<i2").tobytes())
        await asyncio.sleep(max(0.0, began + (at + FRAME) / 16_000 - time.monotonic()))
    client.end()
