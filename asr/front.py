"""What stands before the encoder: windows of sound become its features, all windows of a batch at once."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from asr.mel import Sees, features
from asr.sound import Float32


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
