"""What stands before the encoder: windows of sound become its features, all windows of a batch at once."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from asr.hearing.judge import Vad
from asr.hearing.mel import Sees, features
from asr.hearing.silero import Silero
from asr.hearing.sound import Float32

log = logging.getLogger(__name__)


class Front(Protocol):
    """Makes features. `sees`: what it makes them of (see Question.view)."""

    @property
    def sees(self) -> Sees:
        """Log-mel that a channel keeps, or samples."""
        ...

    def features(self, views: Sequence[Float32], frames: int) -> Any:
        """Features (windows, bands, frames) of the views, each padded with silence, where the encoder reads them
        without a copy: an array for a model on the CPU, a tensor of its device otherwise."""
        ...


class NumpyFront:
    """Of log-mel power that each channel computes once: on a CPU nothing is faster."""

    sees: Sees = "mel"

    def features(self, views: Sequence[Float32], frames: int) -> Float32:
        """See Front."""
        return np.stack([features(view, frames) for view in views])


def vad(device: str, model: Path) -> Vad:
    """The VAD in file `model`, on the same device as the front."""
    if not device.startswith("cuda"):
        return Silero(model)
    try:
        from asr.hearing.torch_front import TorchSilero
    except ImportError:
        return Silero(model)
    return TorchSilero(model, device)


def front(device: str, bands: int) -> Front:
    """The front of a model on `device`, as CTranslate2 names it: by PyTorch on a GPU, if it is installed."""
    if not device.startswith("cuda"):
        return NumpyFront()
    try:
        from asr.hearing.torch_front import TorchFront
    except ImportError:
        log.warning("features are made on the CPU: install the extra `gpu` to make them on the GPU")
        return NumpyFront()
    return TorchFront(device, bands)
