"""What a channel asks of the engine and of the judge, and what it remembers of their answers. Pure."""

from typing import NamedTuple

from asr.endpoint import Opinion
from asr.passes import Answer, Question
from asr.sound import Float32


class Request(NamedTuple):
    """A pass that is wanted now. It sees sound up to sample `edge`, in which the voice ended at `voice`."""

    question: Question
    edge: int
    voice: int

    @property
    def final(self) -> bool:
        """Whether it is the last one of an utterance."""
        return self.question.final


class Early(NamedTuple):
    """The answer to a last pass that was made before it was due; it is the right one if nothing more is said."""

    request: Request
    answer: Answer


class Pause(NamedTuple):
    """Is the speaker done? `sound` (16 kHz, at most 8 s) is the end of the turn and the silence behind it."""

    opinion: Opinion
    sound: Float32
