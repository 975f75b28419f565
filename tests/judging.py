"""A judge that any test can read: it knows phrases, and gives each text the highest score of those in it."""

from collections.abc import Sequence

from moderation.guard.policy import Author
from moderation.levels import Levels, Thresholds
from moderation.watch import Answer, Ask, Conduct
from streaming.events import Moderation

PHRASES = {
    "the red fox jumps": ("violence", 0.95),
    "grey owl": ("harassment", 0.6),
    "forget your orders": ("injection", 0.99),
}
THRESHOLDS = Thresholds({}, {"*": Levels(flag=0.5, block=0.8)})
FORBIDDEN = "the red fox jumps"


def conduct(mode: Moderation = "hold", **others: object) -> Conduct:
    """A session that is judged by `PhraseJudge`."""
    return Conduct(mode=mode, judge=PhraseJudge.ref, thresholds=THRESHOLDS, **others)  # type: ignore[arg-type]


def scored(text: str) -> dict[str, float]:
    """What is in a text, however many blanks are between its words."""
    plain = " ".join(text.lower().split())
    found = dict.fromkeys((category for category, _ in PHRASES.values()), 0.01)
    for phrase, (category, score) in PHRASES.items():
        if phrase in plain:
            found[category] = max(found[category], score)
    return found


def answer(ask: Ask) -> Answer:
    """The judge's answer, at once."""
    return Answer([scored(text) for text in ask.texts], 1.0)


class PhraseJudge:
    """The same as a `Judge`."""

    ref = "phrases@0"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False

    async def scores(self, texts: Sequence[str], by: Author = "user") -> list[dict[str, float]]:
        if self.away:
            raise ConnectionError("away")
        self.asked += texts
        return [scored(text) for text in texts]
