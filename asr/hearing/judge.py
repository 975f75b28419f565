"""One VAD for all sessions of a process: the frames that wait in one turn of the event loop are judged in one call.

A stream's frames come one after the other, since each needs the memory that the one before has left; so each turn takes
the next frame of every session that waits. What comes out is what each session would get alone.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from asr.hearing.sound import Float32

Judged = tuple[list[Float32], Float32]
"""Probabilities (streams,) for each frame, and the memory that they leave."""


class Vad(Protocol):
    """Judges a frame of any number of streams at once."""

    def fresh(self, streams: int) -> Float32:
        """The memory of streams that have heard nothing, (2, streams, 128)."""
        ...

    def judge(self, frames: Float32, memory: Float32) -> tuple[Float32, Float32]:
        """Probabilities (streams,) and the new memory, for `frames` (streams, 576): 64 samples of context and 512."""
        ...


class _Stretch(NamedTuple):
    frames: Sequence[Float32]
    chances: list[Float32]
    done: "asyncio.Future[Judged]"


class Judge:
    """See above. `vad` runs in the loop's thread: a call takes a fraction of a millisecond for each stream."""

    def __init__(self, vad: Vad) -> None:
        self._vad = vad
        self._waiting: list[tuple[_Stretch, Float32]] = []
        self._due = False

    def fresh(self, streams: int) -> Float32:
        """The memory of streams that have heard nothing."""
        return self._vad.fresh(streams)

    async def judge(self, frames: Sequence[Float32], memory: Float32) -> Judged:
        """The probabilities of `frames`, each (streams, 576), one after the other, and the memory behind them.

        Raises whatever the model failed with.
        """
        if not frames:
            return [], memory
        stretch = _Stretch(frames, [], asyncio.get_running_loop().create_future())
        self._waiting.append((stretch, memory))
        self._soon()
        return await stretch.done

    def _soon(self) -> None:
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._round)

    def _round(self) -> None:
        """The next frame of everyone who still waits."""
        self._due = False
        asked = [one for one in self._waiting if not one[0].done.done()]  # cancelled: nobody wants to know
        self._waiting = []
        if not asked:
            return
        frames = [stretch.frames[len(stretch.chances)] for stretch, _ in asked]
        ends = np.cumsum([len(frame) for frame in frames])[:-1]
        try:
            chances, after = self._vad.judge(
                np.concatenate(frames), np.concatenate([m for _, m in asked], axis=1)
            )
        except Exception as wrong:  # noqa: BLE001 - it is raised in each session that waits
            for stretch, _ in asked:
                stretch.done.set_exception(wrong)
            return
        parts = zip(asked, np.split(chances, ends), np.split(after, ends, axis=1), strict=True)
        for (stretch, _), chance, memory in parts:
            stretch.chances.append(chance)
            if len(stretch.chances) == len(stretch.frames):
                stretch.done.set_result((stretch.chances, memory))
            else:
                self._waiting.append((stretch, memory))
        if self._waiting:
            self._soon()
