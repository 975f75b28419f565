"""What is shown of an utterance while it is open: partials, the stable part of which never changes. Pure."""

from typing import NamedTuple

from asr.rates import RATE
from asr.speaker import utterance
from asr.speaker.checkpoint import Utterance
from asr.speaker.transcript import Spoken, spell
from asr.tools import Tools
from streaming.facts import HeardPartial


class Shown(NamedTuple):
    """What was last said of utterance `number`: its text, the stable part of it, and up to which sample."""

    number: int = 0
    text: str = ""
    stable: str = ""
    at: int = 0


class Display:
    """Of channel `number`; `spoken` is the utterance that a checkpoint has, of which its stable part was shown."""

    def __init__(self, number: int, tools: Tools, spoken: Utterance | None) -> None:
        self._number = number
        self._tools = tools
        self._last = Shown()
        if spoken:
            stable = utterance.stable(spoken)
            self._last = Shown(spoken.number, stable, stable, spoken.seen)

    def stable(self, spoken: Utterance) -> str:
        """What was shown as stable of `spoken`."""
        return self._of(spoken).stable

    def words(self, spoken: Utterance, shown: tuple[int, ...], lag_ms: int) -> list[HeardPartial]:
        """A partial of the committed words and of the tokens behind them that may be `shown`; see `text`."""
        said = utterance.spoken(spoken.own)
        more = Spoken(self._tools.vocabulary.text(shown), 0, 0, 0)
        return self.text(spoken, spell([*said, more]), lag_ms)

    def text(self, spoken: Utterance, text: str, lag_ms: int) -> list[HeardPartial]:
        """A partial, if it says something new, or nothing was said for long. Raises Retracted."""
        was, stable = self._of(spoken), utterance.stable(spoken)
        utterance.held(was.stable, stable)
        utterance.held(stable, text)
        silent = spoken.seen - was.at < self._tools.policy.schedule.repeat_s * RATE
        if not text or (silent and (text, stable) == (was.text, was.stable)):
            return []
        self._last = Shown(spoken.number, text, stable, spoken.seen)
        spoken.revision += 1
        return [HeardPartial(spoken.number, self._number, spoken.revision, text, len(stable), lag_ms)]

    def _of(self, spoken: Utterance) -> Shown:
        return self._last if self._last.number == spoken.number else Shown(spoken.number, at=spoken.begin)
