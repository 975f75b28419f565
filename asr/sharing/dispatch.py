"""All that decides what an engine does next: the queue, the demand and the ladder of a recogniser. Pure.

The desk drives it with real workers and a real clock, the simulation of `tests/bench/schedule.py` with neither.
"""

import math
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from asr.sharing.costs import Costs
from asr.sharing.demand import Demand, DemandPolicy, Mean, Steps
from asr.sharing.ladder import LadderPolicy, Place, Rung, Strain, climb, rungs
from asr.sharing.schedule import Schedule, SchedulePolicy
from asr.sharing.wishes import Batch, Key, Waiting, Wish
from asr.speaker.window import WindowPolicy
from streaming.capacity import Load


class Setup(Struct, frozen=True):
    """Of a recogniser: policies, what its passes cost, its workers, and whether a smaller model is loaded."""

    costs: Costs
    workers: int
    draft: bool = False
    schedule: SchedulePolicy = SchedulePolicy()
    ladder: LadderPolicy = LadderPolicy()
    demand: DemandPolicy = DemandPolicy()
    windows: WindowPolicy = WindowPolicy()


RECENT_S: Final = 3.0
SEARCHED: Final = 1.3
"""So much more does a partial cost at most that is searched for."""
AT_ONCE_S: Final = 0.15
"""Who asks again so soon after a pass has been waiting for it: sound comes in pieces."""


class Recent:
    """The mean of the last few seconds; 0 when nothing was seen in them."""

    def __init__(self) -> None:
        self._mean = Mean(0.0, 0.2)
        self._at = float("-inf")

    def see(self, value: float, now: float) -> None:
        """One more."""
        if now - self._at > RECENT_S:
            self._mean = Mean(value, 0.2)
        self._mean.see(value)
        self._at = now

    def at(self, now: float) -> float:
        """By now."""
        return self._mean.value if now - self._at <= RECENT_S else 0.0


class Fare:
    """How a tenant's passes fared lately: how far apart partials were, and lateness of finals."""

    def __init__(self) -> None:
        self.interval = Recent()
        self.late = Recent()
        self.place = Place()


class Dispatch:
    """See above. Time is in seconds, on any clock that only grows."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._schedule = Schedule(setup.schedule, setup.costs, setup.workers)
        self._demand = Demand(setup.demand, setup.costs, setup.workers, setup.windows)
        self._ladder = rungs(setup.schedule.step_s, setup.ladder, draft=setup.draft)
        self._fares: dict[str, Fare] = {}
        self.searches = True
        """Whether there is room to search for what partials add."""
        self._last: dict[str, dict[Key, tuple[float, float]]] = {}
        """By session and channel, when the last pass began and ended."""

    # ---- sessions ------------------------------------------------------------------------------------------------

    def enter(self, session: str, tenant: str, now: float) -> None:
        """A session is served from now on."""
        self._demand.enter(session, tenant, now)
        self._fare(tenant)
        self._last[session] = {}

    def leave(self, session: str) -> None:
        """It is no more. A tenant of whose sessions none is left begins anew on the ladder."""
        self._demand.leave(session)
        self._last.pop(session, None)
        for gone in self._fares.keys() - self._demand.tenants:
            del self._fares[gone]

    # ---- passes --------------------------------------------------------------------------------------------------

    @property
    def again(self) -> float | None:
        """When `take` has to be called again, should nothing happen before."""
        return self._schedule.again

    def ask(self, wish: Wish, now: float) -> None:
        """A channel wants a pass; a newer wish of it replaces the older."""
        rung = self.rung(wish.tenant)
        draft = rung.draft and not (wish.final or wish.ahead or wish.replayed)
        later_s = rung.later_s if wish.final else 0.0
        self._schedule.ask(replace(wish, draft=draft), now, later_s)

    def replaces(self, wish: Wish) -> bool:
        """Whether the channel waits for a pass of this sort already."""
        return self._schedule.replaces(wish)

    def give_up(self, key: Key) -> None:
        """It wants none any more."""
        self._schedule.leave(key)

    def take(self, now: float) -> Batch | None:
        """What a free worker is to begin now, if anything."""
        return self._schedule.take(now)

    def drop(self, batch: Batch, key: Key) -> Batch:
        """Nothing of this member was due any more. Returns the batch without it; an empty one is over."""
        return self._schedule.drop(batch, key)

    def begun(self, batch: Batch, now: float) -> None:
        """What is left of the batch runs."""
        for one in batch.members:
            if one.wish.replayed:
                continue
            fare = self._fare(one.wish.tenant)
            if one.wish.final:
                fare.late.see(max(0.0, now - one.deadline), now)
            else:
                fare.interval.see(self._interval_s(one, now), now)

    def done(self, batch: Batch, seconds: float, now: float) -> None:
        """It is over, and took so long."""
        self._schedule.done(batch, seconds)
        for one in batch.members:
            self._demand.ran(one.wish, seconds / len(batch.members), seconds / batch.seconds, now)
            self._last.get(one.wish.key[0], {})[one.wish.key] = (now - seconds, now)

    # ---- the ladder ----------------------------------------------------------------------------------------------

    def rung(self, tenant: str) -> Rung:
        """Where the sessions of `tenant` stand."""
        return self._ladder[self._fare(tenant).place.rung]

    def tick(self, now: float) -> bool:
        """To be called a few times a second. Whether anybody stands elsewhere now."""
        before = [fare.place.rung for fare in self._fares.values()]
        for tenant, fare in self._fares.items():
            fare.place = climb(fare.place, self._strain(tenant, now), now, self._ladder, self._setup.ladder)
        self.searches = self._roomy(now)
        return before != [fare.place.rung for fare in self._fares.values()]

    def _roomy(self, now: float) -> bool:
        """Once they are searched for passes cost more; that alone does not end it."""
        most = self._setup.ladder.search * (SEARCHED if self.searches else 1)
        return self._demand.of(self._steps(self._ladder[0]), now) < most * self._setup.workers

    def _strain(self, tenant: str, now: float) -> Strain:
        fare, ladder = self._fares[tenant], self._ladder
        waiting = [
            one for one in self._schedule.waiting if one.wish.tenant == tenant and not one.wish.replayed
        ]
        partials = [self._interval_s(one, now) for one in waiting if not one.wish.final]
        late = max((now - one.deadline for one in waiting if one.wish.final), default=0.0)
        late = max(late, fare.late.at(now))
        interval = max(fare.interval.at(now), sum(partials) / len(partials) if partials else 0.0)
        better = fare.place.rung - 1
        if better < 0:
            return Strain(interval, late, math.inf)
        steps = {name: self._steps(ladder[one.place.rung]) for name, one in self._fares.items()}
        work = self._demand.by_tenant(now, {**steps, tenant: self._steps(ladder[better])})
        return Strain(interval, late, work / self._setup.workers)

    def _interval_s(self, one: Waiting, now: float) -> float:
        """What this partial is behind the one before for want of a worker. A channel that was not asked for any while
        its speaker paused, its sound did not come or partials were left out has been waiting since it asked."""
        began, ended = self._last.get(one.wish.key[0], {}).get(one.wish.key, (-math.inf, -math.inf))
        if one.since > ended + AT_ONCE_S:
            step_s = self.rung(one.wish.tenant).partial_s
            began = one.since - (step_s if math.isfinite(step_s) else 0.0)
        return min(one.unheard_s(now), now - began)

    def _steps(self, rung: Rung) -> Steps:
        return Steps(rung.partial_s, rung.draft, rung.lean)

    def _fare(self, tenant: str) -> Fare:
        if tenant not in self._fares:
            self._fares[tenant] = Fare()
        return self._fares[tenant]

    # ---- admission -----------------------------------------------------------------------------------------------

    def load(self, now: float) -> Load:
        """How busy the workers will be. A session is admitted for partials every `slowest_s`; where somebody has less
        than that there is no room."""
        if self._schedule.idle:
            self._demand.rest(now)
        step_s = max(self._setup.schedule.step_s, self._setup.ladder.slowest_s)
        workers = float(self._setup.workers)
        steps = Steps(step_s, lean=self._setup.ladder.slowest_s > self._setup.schedule.step_s)
        busy = self._demand.of(steps, now)
        worst = max((fare.place.rung for fare in self._fares.values()), default=0)
        if self._ladder[worst].partial_s > step_s or self._ladder[worst].draft:
            busy = max(busy, workers)
        return Load(busy, workers, self._demand.newcomer(steps), self._ladder[worst].step)
