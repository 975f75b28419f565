"""What a system is asked and gives, whatever its protocol: sound at the pace of speech in, sights out."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Final, Protocol

from msgspec import Struct, field

from streaming.bench.sights import Sight
from streaming.bench.speech import RATE, Pcm
from streaming.refusal import Refusal

BLOCK: Final = 800
"""Samples that are sent at a time, 50 ms, each when its last one has been spoken."""


class Heard(Struct):
    """One session. Times are seconds since its first sample was spoken.

    `finals`: seconds from each finalize to the final that answered it; `unaccounted_ms`: sound that was neither
    transcribed nor silence nor a gap (None: the system does not tell).
    """

    sights: list[Sight] = field(default_factory=list[Sight])
    finals: list[float] = field(default_factory=list[float])
    unaccounted_ms: float | None = None


class Full(Refusal):
    """The system is there and has no room for one more client."""


class System(Protocol):
    """A server under test."""

    name: str
    finalizes: bool

    async def stream(self, pcm: Pcm) -> Heard:
        """One client's session: all of `pcm` at the pace of speech, and what was seen until the server was done.

        Raises Full when it has no room, Refusal when it cannot be reached or breaks off.
        """
        ...

    async def finalize(self, clips: Sequence[Pcm]) -> Heard:
        """One client's session in which each clip is ended by a finalize at its last sample (if `finalizes`)."""
        ...


async def paced(pcm: Pcm, began: float) -> AsyncIterator[Pcm]:
    """Blocks of `pcm`, each not before it has been spoken; the first sample is spoken at `began` (monotonic)."""
    for at in range(0, len(pcm), BLOCK):
        block = pcm[at : at + BLOCK]
        await asyncio.sleep(max(0.0, began + (at + len(block)) / RATE - time.monotonic()))
        yield block
