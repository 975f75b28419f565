"""Who is served next when an engine's worker is free. Pure.

Finals go first, the longest waiting before the others, since somebody is waiting for an answer; then the partial with
the most unheard sound. So steps stretch by themselves under load, for all alike. Sound that came faster than anybody
speaks is a recording: it takes what the live ones leave, and a turn now and then.
"""

from collections.abc import Sequence

from msgspec import Struct


class SchedulePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A partial is due after `step_s` of new sound; the first one of an utterance after `first_s` of it.

    One that says nothing new is sent all the same `repeat_s` after the last, so that clients see that we listen. Sound
    that is unheard and came `replay_s` faster than it lasts is a recording.
    """

    step_s: float = 0.35
    first_s: float = 0.6
    repeat_s: float = 0.6
    replay_s: float = 2.0


class Waiting(Struct, frozen=True):
    """A channel that wants a pass: `key` names it, `unheard` samples came since its last one; `since`: order of
    asking. `replayed`: its sound is a recording."""

    key: tuple[str, int]
    final: bool
    unheard: int
    since: int
    replayed: bool = False


PATIENCE = 100
"""So many askings and passes later a recording is as urgent as what is live: it is not put off for ever."""


def choose(waiting: Sequence[Waiting], room: int, now: int = 0) -> list[Waiting]:
    """The (at most `room`) passes to run now, most urgent first; `now` counts on from `since`."""

    def rank(one: Waiting) -> tuple[bool, bool, int, int]:
        later = one.replayed and now - one.since < PATIENCE
        return later, not one.final, one.since if one.final else -one.unheard, one.since

    return sorted(waiting, key=rank)[:room]
