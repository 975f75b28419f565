"""What a reply's end tells besides its text, on its way to be shown: quotes and where they stand, an error. Pure.

Rules and masks first, then the judge, which is asked while it still reads the end of the text: so the end waits for one
answer, and only where there is something to judge. Each text is judged by itself. What may not be shown is left out,
and a verdict behind the reply's text says why; the reply, which was judged too, stays. Nothing of it is in the
checkpoint; a successor reads it again.
"""

from collections.abc import Sequence, Set
from typing import Final

from msgspec.structs import replace

from moderation import notes
from moderation.gate import Judged
from moderation.model.windows import Window, due
from moderation.screen import Screen
from moderation.watch import MOST, REMOVED, Answer, Ask, Conduct, flag, unjudged
from streaming.drafts import DraftDone
from streaming.parts import Target

WITHHELD: Final = "What went wrong may not be told."
EACH: Final = 5
"""Texts of a citation."""


class Ending:
    """The end of one reply, or suggestion."""

    def __init__(self, screen: Screen, conduct: Conduct) -> None:
        self._screen = screen
        self._conduct = conduct
        self._clean: DraftDone | None = None
        self._texts: list[str] = []
        self._due: list[tuple[int, Window]] = []
        self._asking = False
        self._refused = set[int]()
        self._found = list[Judged]()

    def waits(self, done: DraftDone) -> bool:
        """Whether the judge must have answered before `done` is told."""
        if self._clean is None:
            self._begin(done)
        return bool(self._due)

    def _begin(self, done: DraftDone) -> DraftDone:
        self._clean = clean = notes.cleaned(self._screen, done)
        self._texts = _texts(clean)
        if self._conduct.judge:
            windows = (due(text, 0, closed=True) for text in self._texts)
            self._due = [(number, one) for number, ones in enumerate(windows) for one in ones]
        return clean

    def due(self, target: Target) -> Ask | None:
        """What the judge is to be asked now, if it is not being asked."""
        if self._asking or not self._due:
            return None
        self._asking, now = True, self._due[:MOST]
        texts = [window.of(self._texts[number]) for number, window in now]
        return Ask(target, texts, [(window.start, window.end) for _, window in now], 0, ending=True)

    def answered(self, answer: Answer) -> None:
        """What was asked is decided, unless nobody answered and that is waited for."""
        self._asking = False
        if answer.scores is None:
            self._unanswered(answer.latency_ms)
            return
        for (number, _), scores in zip(self._due, answer.scores, strict=False):
            weighed = self._conduct.thresholds.weigh(scores)
            if weighed.action != "pass":
                told = flag((0, 0), weighed, self._conduct, answer.latency_ms)
                self._find(told, [number] if weighed.action == "block" else [])
        self._due = self._due[len(answer.scores) :]

    def _unanswered(self, latency_ms: float) -> None:
        mode, waits = self._conduct.mode, self._conduct.away == "hold"
        if mode != "stream_first" and waits:
            return
        told = unjudged((0, 0), self._conduct, latency_ms)
        self._find(told, [] if mode == "stream_first" else [number for number, _ in self._due])
        self._due = []

    def _find(self, told: Judged, refused: Sequence[int]) -> None:
        """Something that is told, and because of which these texts are not."""
        self._found.append(replace(told, action="redact") if refused else told)
        self._refused.update(refused)

    def told(self, done: DraftDone, size: int) -> tuple[DraftDone, list[Judged]]:
        """`done` as it may be told behind `size` code points of text, and what was found in it: a flag is about all of
        the reply, what was left out stood behind it."""
        clean = self._clean or self._begin(done)
        found = [replace(one, span=(size if one.action == "redact" else 0, size)) for one in self._found]
        return _without(clean, self._refused), found


def _texts(done: DraftDone) -> list[str]:
    """What it tells, text by text."""
    cited = (
        text for one in done.citations for text in (one.quote, one.title, one.place, one.before, one.after)
    )
    return [done.error or "", *cited]


def _without(done: DraftDone, refused: Set[int]) -> DraftDone:
    """It without these of its texts. A source keeps its number, its document and its place there."""
    citations = [
        replace(
            one,
            quote=REMOVED if at in refused else one.quote,
            title="" if at + 1 in refused else one.title,
            place="" if at + 2 in refused else one.place,
            before="" if at + 3 in refused else one.before,
            after="" if at + 4 in refused else one.after,
        )
        for at, one in zip(range(1, EACH * len(done.citations), EACH), done.citations, strict=True)
    ]
    return replace(done, error=WITHHELD if 0 in refused else done.error, citations=citations)
