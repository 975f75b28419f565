"""Who is served next when an engine's worker is free. Pure.

Finals go first, the longest waiting before the others, since somebody is waiting for an answer; then the partial with
the most unheard sound. So steps stretch by themselves under load, for all alike.
"""

from collections.abc import Sequence

from msgspec import Struct


class SchedulePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A partial is due after `step_s` of new sound; the first one of an utterance after `first_s` of it.

    One that says nothing new is sent all the same `repeat_s` after the last, so that clients see that we listen.
    """

    step_s: float = 0.35
    first_s: float = 0.6
    repeat_s: float = 0.6


class Waiting(Struct, frozen=True):
    """A channel that wants a pass: `key` names it, `unheard` samples came since its last one; `since`: order of
    asking."""

    key: tuple[str, int]
    final: bool
    unheard: int
    since: int


def choose(waiting: Sequence[Waiting], room: int) -> list[Waiting]:
    """The (at most `room`) passes to run now, most urgent first."""
    ranked = sorted(
        waiting, key=lambda one: (not one.final, one.since if one.final else -one.unheard, one.since)
    )
    return ranked[:room]
