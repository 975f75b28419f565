"""How long work is held, and when it is given up. Pure."""

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
