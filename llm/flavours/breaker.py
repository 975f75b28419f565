"""A circuit breaker for one flavour. Pure: time is an argument (s of any clock that only grows).

    CLOSED     it is asked. `failures` in a row open it.
    OPEN       it is not asked, unless nobody else is left. After the wait it is half open.
    HALF_OPEN  one request tries it: an answer closes it, a failure opens it for twice as long.

A request that was cancelled says nothing: the next one may try. A try that never comes back is given up after the wait.
"""

from enum import Enum

from msgspec import Struct
from msgspec.structs import replace

from llm.flavours.policy import BreakerPolicy


class State(Enum):
    """Whether a flavour is asked."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker(Struct, frozen=True):
    """`failures` in a row; `until`: when it was to be tried again; `waits`: how often it opened in a row."""

    failures: int = 0
    until: float | None = None
    waits: int = 0


def state(breaker: Breaker, now: float) -> State:
    """Where the breaker stands at `now`."""
    if breaker.until is None:
        return State.CLOSED
    return State.OPEN if now < breaker.until else State.HALF_OPEN


def asked(breaker: Breaker, now: float, policy: BreakerPolicy) -> Breaker:
    """The flavour is being asked: while half open, nobody else tries it meanwhile."""
    if state(breaker, now) is State.HALF_OPEN:
        return replace(breaker, until=now + _wait(breaker.waits, policy))
    return breaker


def answered(_: Breaker) -> Breaker:
    """It answered: all is forgotten."""
    return Breaker()


def failed(breaker: Breaker, now: float, policy: BreakerPolicy) -> Breaker:
    """It failed, by no fault of the request."""
    failures = breaker.failures + 1
    if failures < policy.failures:
        return replace(breaker, failures=failures)
    waits = breaker.waits + 1
    return Breaker(failures=failures, until=now + _wait(waits, policy), waits=waits)


def left(breaker: Breaker, now: float) -> Breaker:
    """The request was cancelled before anything was known."""
    return breaker if breaker.until is None else replace(breaker, until=min(now, breaker.until))


def _wait(waits: int, policy: BreakerPolicy) -> float:
    return min(policy.most_s, policy.open_s * 2 ** min(max(0, waits - 1), 30))
