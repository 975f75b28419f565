"""What a judge of whole passages is asked about a text that grows, and what its answer means. Pure.

It sees windows (model/windows.py) that overlap, so that a phrase stands whole in one of them, however the text came.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from moderation.gate import Judged
from moderation.guard.policy import Author
from moderation.levels import UNJUDGED, Thresholds, Weighed
from moderation.model.windows import due
from streaming.events import Moderation
from streaming.parts import Target

MOST: Final = 16
"""Windows of one ask: a long text is judged in several."""
PIECE: Final = 4_000
"""Code points of a text that is judged as a whole that are asked about at once."""
REMOVED: Final = "[removed]"

Scores = Mapping[str, float]


class Conduct(Struct, frozen=True):
    """How a session is moderated: its mode, and the judge behind the rules ("": there is none) with its thresholds.

    `away`: what a judge that does not answer means where nothing is shown before it has: wait for it, or end the reply.
    `said`: what is done about users' own words at the level of blocking. `after`: who judges once more all that was
    shown, and only flags ("": nobody).
    """

    mode: Moderation = "hold"
    judge: str = ""
    thresholds: Thresholds = Thresholds({}, {})
    away: Literal["block", "hold"] = "block"
    said: Literal["flag", "retract"] = "flag"
    after: str = ""

    @property
    def afterwards(self) -> "Conduct":
        """How it is judged once more: whatever is found is flagged."""
        return replace(self, judge=self.after, thresholds=self.thresholds.mild, said="flag", after="")


class Ask(Struct, frozen=True):
    """`texts` are windows, at `spans` of the target's text; with them it is judged up to code point `end`. `after`:
    whom that goes to judges once more what was shown. `ending`: they are of what a reply's end tells besides."""

    target: Target
    texts: Sequence[str]
    spans: Sequence[tuple[int, int]]
    end: int
    after: bool = False
    ending: bool = False

    @property
    def by(self) -> Author:
        """Who wrote it: a segment is what a user said or typed."""
        return "assistant" if self.target.segment is None else "user"


class Answer(Struct, frozen=True):
    """The scores of each window of an ask, after `latency_ms`; None: the judge is away, or too late."""

    scores: Sequence[Scores] | None
    latency_ms: float = 0.0


def asked(target: Target, text: str, checked: int, *, closed: bool) -> Ask | None:
    """What is due about `text`, which is judged up to `checked` already. `closed`: it will not grow.

    None: nothing is due yet, or what is left is blank.
    """
    fresh = due(text, checked, closed=closed, most=MOST)
    if not fresh:
        return None
    spans = [(window.start, window.end) for window in fresh]
    return Ask(target, [window.of(text) for window in fresh], spans, fresh[-1].end)


def whole(target: Target, text: str, checked: int) -> Ask | None:
    """The same of a text that is judged as a whole, and once: cut between words where it is long."""
    begin = len(text) - len(text[checked:].lstrip())
    end = min(len(text), begin + PIECE)
    if end < len(text):
        end = max(text.rfind(" ", begin, end), text.rfind("\n", begin, end)) + 1 or end
    return Ask(target, [text[begin:end]], [(begin, end)], end, after=True) if begin < end else None


def worst(
    ask: Ask, answer: Sequence[Scores], thresholds: Thresholds
) -> list[tuple[tuple[int, int], Weighed]]:
    """The windows that did not pass, each with its span; behind one that is blocked nothing counts any more."""
    out: list[tuple[tuple[int, int], Weighed]] = []
    for span, scores in zip(ask.spans, answer, strict=True):
        weighed = thresholds.weigh(scores)
        if weighed.action != "pass":
            out.append((span, weighed))
        if weighed.action == "block":
            break
    return out


def flag(span: tuple[int, int], weighed: Weighed, conduct: Conduct, latency_ms: float) -> Judged:
    """A flag as it is told."""
    return Judged(span, "flag", weighed.categories, None, weighed.score, conduct.judge, latency_ms)


def retraction(span: tuple[int, int], weighed: Weighed, conduct: Conduct, latency_ms: float) -> Judged:
    """What was shown is taken back."""
    return Judged(span, "retract", weighed.categories, REMOVED, weighed.score, conduct.judge, latency_ms)


def unjudged(span: tuple[int, int], conduct: Conduct, latency_ms: float) -> Judged:
    """It is shown although nobody judged it, and that is told."""
    return Judged(span, "flag", (UNJUDGED,), None, 0.0, conduct.judge, latency_ms)
