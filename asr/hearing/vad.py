"""Where somebody speaks, from the VAD's probability of each frame (32 ms). Pure.

A frame is voiced when its probability reaches `on`, or `off` while voice goes on (hysteresis, as Silero's authors do
it); voice begins when `run` frames in a row are voiced, so that a click is none.
"""

from msgspec import Struct
from msgspec.structs import replace

from asr.rates import FRAME


class VadPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Probabilities at which voice begins (`on`) and ends (`off`), and how many frames of 32 ms in a row make it a
    voice (`run`)."""

    on: float = 0.5
    off: float = 0.35
    run: int = 2


class Voice(Struct, frozen=True):
    """What was heard since the last endpoint.

    `begin` is the first sample of voice (None: nobody spoke), `end` the sample at which voice was last heard, `voiced`
    counts samples of voiced frames, `run` voiced frames in a row up to now.
    """

    talking: bool = False
    run: int = 0
    begin: int | None = None
    end: int = 0
    voiced: int = 0


def listen(voice: Voice, probability: float, frame_end: int, policy: VadPolicy) -> Voice:
    """`voice` after the frame that ends at sample `frame_end`."""
    if probability < (policy.off if voice.talking else policy.on):
        return replace(voice, talking=False, run=0) if voice.run or voice.talking else voice
    run = voice.run + 1
    if run < policy.run and not voice.talking:
        return replace(voice, run=run)
    fresh = 1 if voice.talking else run
    begin = frame_end - fresh * FRAME if voice.begin is None else voice.begin
    return Voice(True, run, begin, frame_end, voice.voiced + fresh * FRAME)


def again(voice: Voice) -> Voice:
    """After an endpoint: nothing was heard yet, though somebody may be in the middle of a word."""
    return Voice(talking=voice.talking, run=voice.run)
