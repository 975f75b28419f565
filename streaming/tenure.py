"""How long work is held, left to others, and when it is given up. Pure."""

from msgspec import Struct


class LeasePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How leases are kept: renewed every `renew_s`, taken over after `silent_s`, given up after `deliveries` tries.

    A lease held for `healthy_s` begins to count its tries anew. Whether its session is there still is looked up every
    `look_s`. `capacity`: sessions that one worker serves at once. A worker that is busy leaves a new one to others for
    `yield_s`, and takes it when none of them wants it, and soon those behind it.
    What is given up after `deliveries` is kept for `dead_days` (dead.py). Work that a worker cannot read, since a newer
    version wrote it, is left to others for `newer_s`, and only then counts as failed.
    """

    renew_s: float = 1.0
    silent_s: float = 3.0
    deliveries: int = 3
    healthy_s: float = 30.0
    look_s: float = 10.0
    capacity: int = 1000
    yield_s: float = 1.0
    dead_days: float = 7.0
    newer_s: float = 600.0


class Unread:
    """Sessions whose work we cannot read, since a newer version wrote it; time is the caller's (s)."""

    def __init__(self, leave_s: float) -> None:
        self._leave_s = leave_s
        self._since: dict[str, float] = {}

    def __len__(self) -> int:
        """Sessions that are remembered."""
        return len(self._since)

    def left(self, session_id: str, now: float) -> bool:
        """Whether it is still to be left to a worker that can read it: for `leave_s` since we first could not.

        Of one that did not come back for as long again nothing is remembered.
        """
        for old in [one for one, since in self._since.items() if now - since > 2 * self._leave_s]:
            del self._since[old]
        return now - self._since.setdefault(session_id, now) < self._leave_s
