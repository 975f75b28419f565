"""What a channel expects of an engine, whichever it is. Pure.

An engine is asked questions, each about one window of one speaker's sound, and answers them with tokens of its own
vocabulary. What a token is, the engine alone knows; it must mean the same after a restart, since checkpoints keep them.
"""

from collections.abc import Sequence
from typing import Protocol

from asr.hearing.mel import Sees
from asr.speaker.transcript import Vocabulary
from asr.whisper.passes import Answer, Question


class Transcriber(Protocol):
    """An engine. `sees`: what a question shows to it, with so many mel `bands`; `words`: its vocabulary.

    Threads may share it. `tests/contracts/test_transcriber.py` holds for every engine.
    """

    @property
    def sees(self) -> Sees:
        """Log-mel, or samples: see `Question.view`."""
        ...

    @property
    def bands(self) -> int:
        """Mel bands of the view of an engine that sees log-mel."""
        ...

    @property
    def words(self) -> Vocabulary:
        """Its tokens as words and text."""
        ...

    def run(self, batch: Sequence[Question]) -> list[Answer]:
        """Answers in the order of `batch`, in the calling thread, which may take long.

        To a partial question the answer is what is heard behind the forced tokens, and how far these and the old tail
        are borne out; to a final one, what stands behind the forced tokens for good, with its times.
        """
        ...

    def close(self) -> None:
        """Give up what is being waited for: `run` raises then. Nothing may be asked any more."""
        ...
