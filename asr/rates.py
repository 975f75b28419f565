"""The clocks of the recogniser. Every position is a count of 16 kHz samples of a channel since the session began."""

from typing import Final

RATE: Final = 16_000
"""Samples a second."""

MS: Final = 16
"""Samples a millisecond."""

HOP: Final = 160
"""Samples from one frame of log-mel to the next (10 ms)."""

FRAME: Final = 512
"""Samples that the VAD judges at once (32 ms)."""

CONTEXT: Final = 64
"""Samples before a frame that the VAD sees along with it."""


def seconds(samples: int) -> float:
    """`samples` as seconds."""
    return samples / RATE


def samples(span_ms: float) -> int:
    """Milliseconds as whole samples."""
    return round(span_ms * MS)


def millis(sample: int) -> int:
    """The millisecond at which `sample` stands."""
    return sample // MS
