"""A summary on its way to be shown, where nothing is before the judge has passed it (`hold`, `block_all`). Pure.

One at a time: what comes behind it in `draft` waits. Nothing of it is in the checkpoint; a successor reads it again.
"""

from collections.abc import Set

from moderation.gate import Judged
from moderation.levels import UNJUDGED
from moderation.watch import Answer, Ask, Conduct, asked, flag, worst
from streaming.parts import Target


class Whole:
    """What the judge says of the text of one summary after the other."""

    def __init__(self, conduct: Conduct) -> None:
        self._conduct = conduct
        self._target = Target()
        self._text = ""
        self._checked = 0
        self._decided = True
        self.found: list[Judged] = []
        """What is told of it, once it may be shown; with a block in it, none of its text may."""

    def waits(self, target: Target, text: str) -> bool:
        """Whether the judge must have answered before `text`, the whole of `target`, is shown."""
        if target != self._target:
            self._target, self._text, self._checked, self.found = target, text, 0, []
            judged_before = bool(self._conduct.judge) and self._conduct.mode != "stream_first"
            self._decided = not judged_before or not text.strip()
        return not self._decided

    def due(self, asking: Set[Target]) -> list[Ask]:
        """What the judge is to be asked, if it is not being asked already."""
        if self._decided or self._target in asking:
            return []
        ask = asked(self._target, self._text, self._checked, closed=True)
        return [ask] if ask else []

    def answered(self, ask: Ask, answer: Answer) -> None:
        """An answer about a summary; about another than this one it says nothing."""
        if self._decided or ask.target != self._target:
            return
        if answer.scores is None:
            if self._conduct.away == "block":
                self._block((UNJUDGED,), 0.0, answer.latency_ms)
            return
        for span, weighed in worst(ask, answer.scores, self._conduct.thresholds):
            if weighed.action == "block":
                self._block(weighed.categories, weighed.score, answer.latency_ms)
                return
            self.found.append(flag(span, weighed, self._conduct, answer.latency_ms))
        self._checked = ask.end
        self._decided = not self._text[self._checked :].strip()

    def _block(self, categories: tuple[str, ...], score: float, latency_ms: float) -> None:
        told = Judged((0, 0), "block", categories, None, score, self._conduct.judge, latency_ms)
        self.found, self._decided = [told], True
