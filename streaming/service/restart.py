"""When a crashed role is started again. Pure: how long it lived goes in, how long to wait comes out."""

from msgspec import Struct


class RestartPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds. A role that lived `steady_s` is taken as sound, and its count begins anew.

    `tries`: crashes in a row before the service was ever ready that end the start.
    """

    first_s: float = 0.5
    most_s: float = 15.0
    steady_s: float = 60.0
    tries: int = 3
    stop_s: float = 10.0


class Crashes(Struct, frozen=True):
    """Crashes of one role in a row."""

    count: int = 0


def crashed(before: Crashes, lived_s: float, policy: RestartPolicy) -> tuple[Crashes, float]:
    """The count with this crash in it, and the seconds to wait before the next start."""
    count = 1 if lived_s >= policy.steady_s else before.count + 1
    # The exponent is bounded, so that a role that crashes for weeks does not overflow a float.
    return Crashes(count), min(policy.first_s * 2 ** min(count - 1, 30), policy.most_s)


def hopeless(crashes: Crashes, ever_ready: bool, policy: RestartPolicy) -> bool:
    """Whether to give up: only before the service was ever ready, when somebody waits for it."""
    return not ever_ready and crashes.count >= policy.tries
