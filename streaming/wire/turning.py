"""The turn of one speaker as it grows, for dialects whose messages tell a whole turn again and again. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from streaming.events import Event, SpeechStarted, TranscriptFinal, TranscriptPartial
from streaming.parts import Word
from streaming.wire.spoken import SURE, guessed

BETWEEN: Final = " "


class Turned(NamedTuple):
    """A word of a turn, and whether it is said for good."""

    word: Word
    final: bool


class Turning:
    """What was said in the turn so far. `number`: of this turn, from 0. `begin_ms`, `end_ms`: its sound, whose end
    never goes back."""

    def __init__(self) -> None:
        self.number = 0
        self.begin_ms = self.end_ms = 0
        self._finals: list[TranscriptFinal] = []
        self._partial: TranscriptPartial | None = None
        self._began_ms = 0

    @property
    def said(self) -> str:
        """What is final."""
        return BETWEEN.join(final.text for final in self._finals)

    @property
    def text(self) -> str:
        """What is final, and what may still change."""
        more = self._partial.text if self._partial else ""
        return BETWEEN.join(filter(None, [self.said, more]))

    @property
    def sure(self) -> str:
        """What is final, and what will be: whole words of it."""
        more = [turned.word.text for turned in self._pending() if turned.final]
        return BETWEEN.join(filter(None, [self.said, *more]))

    @property
    def spoken(self) -> Sequence[Word]:
        """The words of what is final."""
        return [word for final in self._finals for word in final.words]

    @property
    def words(self) -> Sequence[Turned]:
        """The words of all the turn."""
        return [*(Turned(word, True) for word in self.spoken), *self._pending()]

    @property
    def language(self) -> str:
        """That of the last final, or nothing."""
        return self._finals[-1].language if self._finals else ""

    def take(self, event: Event, heard_ms: int) -> bool:
        """Whether an event changed what was said in the turn, when `heard_ms` of sound were received."""
        match event:
            case SpeechStarted(at_ms=at_ms):
                self._began_ms = max(self._began_ms, at_ms)
                if not self.text:
                    self.begin_ms = max(self.end_ms, at_ms)
                return False
            case TranscriptPartial(lag_ms=lag_ms):
                self._partial = event
                self._reach(max(self._began_ms, heard_ms - lag_ms))
                return True
            case TranscriptFinal():
                shown, self._partial = self._partial, None
                if event.text:
                    self._finals.append(event)
                self._reach(event.end_ms)
                return bool(event.text or shown)
            case _:
                return False

    def close(self) -> None:
        """The turn is over; what is not final yet belongs to the next one."""
        self.number += 1
        self._finals = []
        self.begin_ms = self.end_ms

    def _pending(self) -> Sequence[Turned]:
        if self._partial is None:
            return []
        spoken = self.spoken
        begin = max(self._began_ms, spoken[-1].end_ms if spoken else 0)
        found = guessed(self._partial.text, self._partial.stable, begin, max(begin, self.end_ms))
        return [Turned(word, word.confidence == SURE) for word in found]

    def _reach(self, to_ms: int) -> None:
        self.end_ms = max(self.end_ms, self.begin_ms, to_ms)
