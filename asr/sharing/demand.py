"""How much work the sessions of a recogniser are, at any step of partials: measured, and foretold. Pure.

Each pass is measured as it is run. On a device that takes batches it would cost less in a full one: the less busy the
workers are, the more that counts, so that they are not thought full when they run single passes. The sound that a
session brings, and the cost of a look at it, tell what its partials would cost at another step. Of a session that has
only begun nothing is known yet: it counts as somebody who speaks without a break, and less so as it is measured.
"""

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from asr.sharing.costs import Costs
from asr.sharing.wishes import Wish
from asr.speaker.window import WindowPolicy


class Steps(NamedTuple):
    """Seconds from one partial to the next (infinite: none), whether a smaller model makes them, and whether finals are
    lean."""

    step_s: float
    draft: bool = False
    lean: bool = False


MOST_PACE: Final = 20.0
"""A pass that took longer than so many times what it should was held up by something else."""


class DemandPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A session is measured over `span_s`, and known for what it is after `known_s`. One that is silent counts as
    `idle` of one that speaks. Somebody who speaks without a break ends an utterance every `utterance_s`."""

    span_s: float = 10.0
    known_s: float = 30.0
    idle: float = 0.1
    utterance_s: float = 5.0


class Rate:
    """Amounts a second, over about the last `span_s`."""

    def __init__(self, span_s: float, now: float) -> None:
        self._span_s = span_s
        self._value = 0.0
        self._at = now

    def add(self, amount: float, now: float) -> None:
        """So much more."""
        self._value = self.at(now) + amount / self._span_s
        self._at = now

    def at(self, now: float) -> float:
        """A second's amount by now."""
        return self._value * math.exp(min(0.0, self._at - now) / self._span_s)


class Mean:
    """The mean of what was seen, of which the last ones weigh most; `start` before anything was."""

    def __init__(self, start: float, weight: float = 0.05) -> None:
        self.value = start
        self._weight = weight

    def see(self, value: float) -> None:
        """One more."""
        self.value += self._weight * (value - self.value)


class Session:
    """What one session costs and brings."""

    def __init__(self, tenant: str, span_s: float, now: float) -> None:
        self.tenant = tenant
        self.began = now
        self.finals = Rate(span_s, now)
        self.sound = Rate(span_s, now)


class Demand:
    """The work of all sessions, in seconds of a worker a second."""

    def __init__(
        self, policy: DemandPolicy, costs: Costs, workers: int, windows: WindowPolicy | None = None
    ) -> None:
        self._policy = policy
        self._workers = workers
        self._busy = Rate(policy.span_s, 0.0)
        self._costs = costs
        self._sessions: dict[str, Session] = {}
        self._pace = Mean(1.0)
        look = costs.each(6.0, None)
        self._usual = {False: look, True: look / 2}
        self._looks = {draft: Mean(cost) for draft, cost in self._usual.items()}
        self._looked = {False: 0.0, True: 0.0}
        self._ran = 0.0
        spoken = policy.utterance_s
        self._windows = windows or WindowPolicy()
        whole = costs.each(self._windows.final_s, spoken)
        self._lean = costs.each(self._windows.lean_s, spoken, lean=True) / whole
        """What a lean final costs of a whole one."""

    def enter(self, session: str, tenant: str, now: float) -> None:
        """A session was admitted."""
        self._sessions[session] = Session(tenant, self._policy.span_s, now)

    def leave(self, session: str) -> None:
        """It is over."""
        self._sessions.pop(session, None)

    def ran(self, wish: Wish, each_s: float, pace: float, now: float) -> None:
        """A pass that was wished for: `each_s` as a part of its batch, which took `pace` times what it should.

        Recordings take what is left over: they are no more work than there is time.
        """
        self._ran = now
        pace = min(pace, MOST_PACE)
        self._pace.see(pace)
        self._busy.add(each_s / self._workers, now)
        busy = min(1.0, self._busy.at(now))
        full_s = pace * self._costs.each(wish.window_s, wish.said_s, lean=wish.lean)
        cost = busy * each_s + (1 - busy) * full_s
        if not wish.final:
            self._looks[wish.draft].see(cost)
            self._looked[wish.draft] = now
        else:
            self._unlooked(now)
        one = self._sessions.get(wish.key[0])
        if one and not wish.replayed:
            one.sound.add(wish.unheard_s, now)
            if wish.final:
                one.finals.add(cost / self._lean if wish.lean else cost, now)

    def _unlooked(self, now: float) -> None:
        """A final was made. Where no partials are made any more, its pace alone tells what they would cost now: else
        a hard time would be remembered for as long as it keeps them from being made."""
        for draft, usual in self._usual.items():
            if now - self._looked[draft] > self._policy.span_s:
                self._looks[draft] = Mean(self._pace.value * usual)

    def rest(self, now: float) -> None:
        """Where no pass was made for `known_s`, those of a hard time before tell nothing any more: else whom it keeps
        out it would keep out for as long as those who are here are silent."""
        if now - self._ran > self._policy.known_s:
            self._pace = Mean(1.0)
            self._looks = {draft: Mean(cost) for draft, cost in self._usual.items()}

    def newcomer(self, steps: Steps) -> float:
        """What a session more is thought to cost: somebody who speaks without a break."""
        spoken = self._policy.utterance_s
        final = self._costs.each(self._windows.final_s, min(spoken, steps.step_s + 1.0)) / spoken
        share = self._lean if steps.lean else 1.0
        return self._pace.value * share * final + self._looks[steps.draft].value / steps.step_s

    def of(self, steps: Steps, now: float) -> float:
        """What all sessions cost, served so."""
        return sum(self._expected(one, steps, now) for one in self._sessions.values())

    def by_tenant(self, now: float, steps: Mapping[str, Steps]) -> float:
        """What all cost, each tenant served in its own way."""
        return sum(self._expected(one, steps[one.tenant], now) for one in self._sessions.values())

    @property
    def tenants(self) -> set[str]:
        """Those that have a session here."""
        return {one.tenant for one in self._sessions.values()}

    def _expected(self, one: Session, steps: Steps, now: float) -> float:
        fresh, doubt = self.newcomer(steps), math.exp((one.began - now) / self._policy.known_s)
        finals = one.finals.at(now) * (self._lean if steps.lean else 1.0)
        measured = finals + one.sound.at(now) * self._looks[steps.draft].value / steps.step_s
        return doubt * fresh + (1 - doubt) * max(measured, self._policy.idle * fresh)
