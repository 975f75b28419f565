"""The moderator's checkpoint, and what it takes from the two streams. Pure."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from moderation.floor import Floor
from moderation.repeats import Past
from streaming.drafts import Draft
from streaming.facts import Heard, HeardFinal, HeardPartial
from streaming.parts import Target

START: Final = "0-0"
HeardEntry: TypeAlias = tuple[str, Heard]
DraftEntry: TypeAlias = tuple[str, Draft]


class Kept(Struct, frozen=True):
    """A draft entry that is not wholly decided: its text is [begin, end) of the reply's."""

    entry: str
    begin: int
    end: int


class Owed(Struct, frozen=True, omit_defaults=True):
    """Something whole that was shown, and that the judge has passed up to code point `checked`."""

    target: Target
    checked: int = 0


class Place(Struct, frozen=True, omit_defaults=True):
    """Where the moderator is in a session.

    `heard`, `draft`: the last entry taken of each. `waiting`: finals taken, but not yet decided. `told`: finals that
    were told, and may go on in the next one. `kept`: the first entry of the open reply that is still needed ("": none);
    the reply's text is known again from `offset` code points into it, of which the first `decided` were shown already,
    and which are within a run of digits if it has `begun`. `checked`: how far the judge has passed that text; `owed`:
    what was shown and that it has not; `owed_after`: what who judges once more has not. `past`: what was heard before.
    """

    floor: Floor
    heard: str = START
    draft: str = START
    waiting: list[str] = []
    told: list[str] = []
    kept: str = ""
    offset: int = 0
    decided: int = 0
    begun: bool = False
    checked: int = 0
    owed: list[Owed] = []
    owed_after: list[Owed] = []
    past: Past = Past()

    @property
    def needed(self) -> tuple[str, str]:
        """The lowest ids of `heard` and of `draft` that are still needed."""
        heard = min([*self.waiting, *self.told, behind(self.heard)], key=order)
        return heard, self.kept or behind(self.draft)


def superseded(heard: Sequence[HeardEntry]) -> set[int]:
    """Which of these are partials that something later of their channel overtakes."""
    stale: set[int] = set()
    seen: set[int] = set()
    for place in range(len(heard) - 1, -1, -1):
        fact = heard[place][1]
        if isinstance(fact, HeardPartial) and fact.channel in seen:
            stale.add(place)
        if isinstance(fact, HeardPartial | HeardFinal):
            seen.add(fact.channel)
    return stale


def order(entry: str) -> tuple[int, int]:
    left, _, right = entry.partition("-")
    return int(left), int(right or 0)


def behind(entry: str) -> str:
    """The lowest id that is greater."""
    left, right = order(entry)
    return f"{left}-{right + 1}"
