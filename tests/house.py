"""Workers of the recogniser that take what they are given, on a clock and with costs of the test's own."""

import heapq
from collections.abc import Callable

from asr.sharing.costs import Costs
from asr.sharing.schedule import Schedule, SchedulePolicy
from asr.sharing.wishes import Batch, Wish

POLICY = SchedulePolicy()
EVEN = Costs(call=0, second=0.02, align=0, token=0)


def wish(name: str, kind: str = "partial", *, unheard_s: float = 0.4, window_s: float = 5.0) -> Wish:
    """A wish of session `tenant/…`; `kind` "file" is the final of a recording."""
    return Wish((name, 0), name.split("/")[0], kind != "partial", unheard_s, window_s, kind == "file")


class House:
    """Workers that take what they are given. Who is served asks again at once if `loud`."""

    def __init__(
        self, workers: int = 1, costs: Costs = EVEN, cost: Callable[[Wish], float] | None = None
    ) -> None:
        self.schedule = Schedule(POLICY, costs, workers)
        self.cost = cost
        self.now = 0.0
        self.at: dict[str, list[float]] = {}
        self.used: dict[str, float] = {}
        self.ends: list[tuple[float, int, Batch]] = []
        self.loud: dict[str, Wish] = {}

    def ask(self, one: Wish) -> None:
        self.schedule.ask(one, self.now)

    def always(self, one: Wish) -> None:
        self.loud[one.key[0]] = one
        self.ask(one)

    def begin(self) -> None:
        while batch := self.schedule.take(self.now):
            seconds = self.cost(batch.wish) if self.cost else batch.seconds
            heapq.heappush(self.ends, (self.now + seconds, batch.number, batch))
            for one in batch.members:
                self.at.setdefault(one.wish.key[0], []).append(self.now)
                self.used[one.wish.tenant] = self.used.get(one.wish.tenant, 0.0) + seconds / len(
                    batch.members
                )

    def end(self) -> Batch:
        began, (self.now, _, batch) = self.now, heapq.heappop(self.ends)
        assert self.now >= began
        self.schedule.done(batch, self.cost(batch.wish) if self.cost else batch.seconds)
        for one in batch.members:
            if one.wish.key[0] in self.loud:
                self.ask(self.loud[one.wish.key[0]])
        return batch

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        self.begin()
        while self.ends and self.ends[0][0] <= until:
            self.end()
            self.begin()
        self.now = until

    def order(self) -> list[str]:
        """Everybody in the order of being served."""
        names: list[str] = []
        self.begin()
        while self.ends:
            names += [one.wish.key[0] for one in self.end().members]
            self.begin()
        return names
