"""Whether the recognisers have room for one more session. Pure."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from streaming.events import Step

FULL: Final = 0.8
"""Who is to be busier than this has no room: speech comes in bursts."""


class Load(Struct, frozen=True):
    """A recogniser's own forecast: its sessions will keep `busy` of its `workers` busy, and one session more would take
    `newcomer` of a worker. `step` of the ladder on which the worst off of its sessions is."""

    busy: float
    workers: float
    newcomer: float
    step: Step = "full"


def crowded(load: Load) -> bool:
    """Whether a recogniser leaves one session more to others: not when it has none, however slow it is."""
    return load.busy > 0 and foretold([load], 1) > FULL


def foretold(loads: Iterable[Load], more: int) -> float:
    """How busy (0 to 1, or above) the recognisers together will be with `more` sessions; 0 if there are none."""
    known = list(loads)
    workers = sum(load.workers for load in known)
    if not workers:
        return 0.0
    newcomer = sum(load.newcomer * load.workers for load in known) / workers
    return (sum(load.busy for load in known) + more * newcomer) / workers
