"""Silero VAD over ONNX Runtime: the probability of speech of one frame of any number of streams at once."""

from pathlib import Path
from typing import Any, cast

import numpy as np

from asr.hearing.onnx import opened
from asr.hearing.sound import Float32
from asr.rates import RATE


class Silero:
    """`silero_vad_16k_op15.onnx` of the silero-vad package. One thread; about 0.1 ms a frame, less in a batch."""

    def __init__(self, model: Path) -> None:
        self._session = opened(model)

    @staticmethod
    def fresh(streams: int) -> Float32:
        """The memory of streams that have heard nothing, (2, streams, 128)."""
        return np.zeros((2, streams, 128), np.float32)

    def judge(self, frames: Float32, memory: Float32) -> tuple[Float32, Float32]:
        """Probabilities (streams,) and the new memory, for `frames` (streams, 576): 64 samples of context and 512."""
        inputs = {"input": frames, "state": memory, "sr": np.array(RATE, np.int64)}
        chances, after = cast(list[Any], self._session.run(None, inputs))
        return chances[:, 0], after
