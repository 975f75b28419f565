"""What is left out when there is more to do than can be done: partials, never finals, never words. Pure.

    full -> slower -> slowest -> draft (where a smaller model is loaded) -> finals -> late

From `slowest` on finals are lean: a narrower window, and no search. They err a little oftener (under a point of word
errors) and cost half, which is what partials are then made of. A step down says what is so already: when partials come
no oftener than the next step promises, to ask for more of them only makes finals wait. A step up is taken when what is
known of the sessions foretells that there is room for it, for some time; one that had to be taken back is tried again
only after twice the time. Each tenant has its own place, since tenants that use little are served before those that
use much.
"""

import math
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from streaming.events import Step

MOST_PATIENCE: Final = 16.0


class LadderPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Partials come every `slower_s`, then every `slowest_s` at the latest. A step down follows when things were that
    bad for `down_s`, or finals begin `late_s` late; one up after `up_s` with a foretold utilisation below `room`.

    What partials add is searched for while the utilisation is below `search`.
    """

    slower_s: float = 0.7
    slowest_s: float = 1.5
    down_s: float = 1.5
    up_s: float = 4.0
    room: float = 0.75
    late_s: float = 1.0
    search: float = 0.45


class Rung(Struct, frozen=True):
    """A step: a partial every `partial_s` (infinite: none), by the `draft` model; finals are `lean`, and due `later_s`
    later."""

    step: Step
    partial_s: float
    draft: bool = False
    later_s: float = 0.0
    lean: bool = False


def rungs(step_s: float, policy: LadderPolicy, *, draft: bool) -> tuple[Rung, ...]:
    """From the best down, as far as they differ. `draft`: a smaller model is loaded."""
    slower = (Rung("slower", policy.slower_s),) if policy.slower_s > step_s else ()
    slowest = (Rung("slowest", policy.slowest_s, lean=True),) if policy.slowest_s > step_s else ()
    smaller = (Rung("draft", max(step_s, policy.slowest_s), draft=True, lean=True),) if draft else ()
    return (
        Rung("full", step_s),
        *slower,
        *slowest,
        *smaller,
        Rung("finals", math.inf, lean=True),
        Rung("late", math.inf, later_s=5.0, lean=True),
    )


class Strain(Struct, frozen=True):
    """How a tenant fares: partials come every `interval_s`, finals begin `late_s` late, and with the next better rung
    the workers would be `better` (0 to 1) busy."""

    interval_s: float
    late_s: float
    better: float


class Place(Struct, frozen=True):
    """On the ladder, `since` when. `bad`, `good`: since when it has been so. `patience`: factor of `up_s`."""

    rung: int = 0
    since: float = 0.0
    bad: float | None = None
    good: float | None = None
    patience: float = 1.0
    rose: bool = False


def climb(place: Place, strain: Strain, now: float, ladder: tuple[Rung, ...], policy: LadderPolicy) -> Place:
    """The place after things were seen to be so at `now`; at most one rung away."""
    bad = place.rung + 1 < len(ladder) and _strained(place.rung, strain, ladder, policy)
    good = not bad and place.rung > 0 and strain.better <= policy.room and strain.late_s <= policy.late_s / 2
    place = replace(
        place,
        bad=(now if place.bad is None else place.bad) if bad else None,
        good=(now if place.good is None else place.good) if good else None,
    )
    if place.bad is not None and now - place.bad >= policy.down_s:
        undone = place.rose and now - place.since < 4 * policy.up_s
        patience = min(MOST_PATIENCE, 2 * place.patience) if undone else place.patience
        return Place(place.rung + 1, now, patience=patience)
    if place.good is not None and now - place.good >= policy.up_s * place.patience:
        return Place(place.rung - 1, now, patience=place.patience, rose=True)
    if place.rose and now - place.since >= 4 * policy.up_s:
        return replace(place, patience=1.0, rose=False)
    return place


def _strained(at: int, strain: Strain, ladder: tuple[Rung, ...], policy: LadderPolicy) -> bool:
    here, below = ladder[at], ladder[at + 1]
    if math.isinf(here.partial_s):
        return strain.late_s >= 3 * policy.late_s
    # below the slowest one there is nothing between twice as long and none
    least = below.partial_s if here.partial_s < below.partial_s < math.inf else 2 * here.partial_s
    return strain.interval_s >= least or strain.late_s >= policy.late_s


Reason = Literal["load", "recovered"]
