"""A crowd of speakers before a recogniser of which only the time that its passes take is real: a simulation.

What decides is the product's own `dispatch.py`. A speaker talks in utterances of 1.5 to 8 s with pauses of 0.7 to
1.5 s between them, a word every 0.35 s; what a channel asks for, and when, is as `channel.py` has it. The clock is
the simulation's own, so a run is the same each time.
"""

import heapq
import itertools
import math
import random
from collections import defaultdict
from collections.abc import Callable

from msgspec import Struct, field

from asr.sharing.dispatch import Dispatch, Setup
from asr.sharing.wishes import Batch, Wish

WORD_S, HANGOVER_S, TICK_S, EDGE_S = 0.35, 0.45, 0.25, 0.1


class Heard(Struct):
    """What a tenant's speakers had: seconds from a word's end to its first sight, from the endpoint to the final, and
    between partials; `rungs`: seconds of the tenant on each rung."""

    first: list[float] = field(default_factory=list)
    final: list[float] = field(default_factory=list)
    interval: list[float] = field(default_factory=list)
    rungs: dict[str, float] = field(default_factory=dict)
    words: int = 0
    owed: int = 0


class Speaker:
    """One session with one channel. `seen`: sound up to here was looked at."""

    def __init__(self, name: str, tenant: str, begin: float) -> None:
        self.name, self.tenant = name, tenant
        self.chance = random.Random(name)
        self.asked: Wish | None = None
        self.begin = self.end = self.seen = begin
        self.words: list[list[float]] = []
        self.speak(begin)

    def speak(self, at: float) -> None:
        self.begin = max(at, self.end + self.chance.uniform(0.7, 1.5))
        self.end = self.begin + self.chance.uniform(1.5, 8.0)
        self.seen = self.begin
        count = int((self.end - self.begin) / WORD_S)
        self.words = [[self.begin + (n + 1) * WORD_S, 0] for n in range(count)]

    def window_s(self, now: float, final: bool, lean: bool = False) -> float:
        heard = min(now, self.end) - self.begin + 0.5
        if heard > 9:
            heard = 5 + (heard - 9) % 4
        least = (10.0 if lean else 15.0) if final else 5.0
        return max(least, heard + 1.0)

    def due(self, step_s: float, first_s: float) -> float:
        """When the next pass is due: a partial if anything is still to be heard then, else the final."""
        partial, last = max(self.begin + first_s, self.seen + step_s), self.end + HANGOVER_S
        return partial if self.seen < self.end and partial < last else last


class Crowd:
    """Runs speakers against a dispatch, each from when it arrives. `slow`: by when a pass begins, how many times what
    it should it takes."""

    def __init__(
        self,
        setup: Setup,
        speakers: list[tuple[float, Speaker]],
        slow: Callable[[float], float] = lambda now: 1.0,
    ) -> None:
        self._slow = slow
        self.dispatch = Dispatch(setup)
        self.setup = setup
        self.now = 0.0
        self.heard: dict[str, Heard] = defaultdict(Heard)
        self.steps: list[tuple[float, str, str]] = []
        self.busy_s = 0.0
        self.limit = math.inf
        self.refused = 0
        self._speakers: dict[str, Speaker] = {}
        self._order = itertools.count()
        self._events: list[tuple[float, int, str, object]] = []
        for at, speaker in speakers:
            self._later(at, "come", speaker)
        self._later(0.0, "tick", None)

    def run(self, until: float) -> "Crowd":
        while self._events and self._events[0][0] <= until:
            self.now, _, what, about = heapq.heappop(self._events)
            match what, about:
                case "come", Speaker() as speaker:
                    self._come(speaker)
                case "due", Speaker() as speaker:
                    self._due(speaker)
                case "done", (Batch() as batch, float(began)):
                    self._done(batch, began)
                case "tick", _:
                    self._tick()
                case _:
                    pass
            self._fill()
        return self

    def leave(self, name: str) -> None:
        """A speaker goes."""
        self._speakers.pop(name, None)
        self.dispatch.give_up((name, 0))
        self.dispatch.leave(name)

    def _later(self, at: float, what: str, about: object) -> None:
        heapq.heappush(self._events, (max(at, self.now), next(self._order), what, about))

    def _come(self, speaker: Speaker) -> None:
        load = self.dispatch.load(self.now)
        if (load.busy + load.newcomer) / load.workers > self.limit:
            self.refused += 1
            return
        self._speakers[speaker.name] = speaker
        self.dispatch.enter(speaker.name, speaker.tenant, self.now)
        self._plan(speaker)

    def _plan(self, speaker: Speaker) -> None:
        at = speaker.due(self.dispatch.rung(speaker.tenant).partial_s, self.setup.schedule.first_s)
        self._later(math.ceil(at / EDGE_S - 1e-9) * EDGE_S, "due", speaker)

    def _due(self, speaker: Speaker) -> None:
        final = self.now >= speaker.end + HANGOVER_S
        if speaker.name not in self._speakers:
            return
        if speaker.asked and (speaker.asked.final or not final):
            return
        step_s = self.dispatch.rung(speaker.tenant).partial_s
        if not final and self.now < speaker.due(step_s, self.setup.schedule.first_s) - 1e-9:
            self._plan(speaker)
            return
        unheard_s = self.now - speaker.seen
        lean = final and self.dispatch.rung(speaker.tenant).lean
        window_s = speaker.window_s(self.now, final, lean)
        speaker.asked = Wish((speaker.name, 0), speaker.tenant, final, unheard_s, window_s, lean=lean)
        self.dispatch.ask(speaker.asked, self.now)
        if not final:
            self._later(speaker.end + HANGOVER_S, "due", speaker)

    def _fill(self) -> None:
        while batch := self.dispatch.take(self.now):
            self.dispatch.begun(batch, self.now)
            seconds = self._takes(batch) * self._slow(self.now)
            self.busy_s += seconds
            self._later(self.now + seconds, "done", (batch, self.now))
        if self.dispatch.again is not None:
            self._later(self.dispatch.again, "look", None)

    def _takes(self, batch: Batch) -> float:
        longest = max(one.wish.window_s for one in batch.members)
        said = max(one.wish.unheard_s for one in batch.members) if batch.wish.final else None
        whole = self.setup.costs.seconds(longest, said, len(batch.members), lean=batch.wish.lean)
        return whole * (0.4 if batch.wish.draft else 1.0)

    def _done(self, batch: Batch, began: float) -> None:
        self.dispatch.done(batch, self.now - began, self.now)
        for one in batch.members:
            speaker = self._speakers.get(one.wish.key[0])
            if speaker is None or speaker.asked is None or speaker.asked.final != one.wish.final:
                continue  # the answer to a partial that a final overtook is dropped
            speaker.asked = None
            if one.wish.final:
                self._conclude(speaker)
            else:
                self._grow(speaker, began)
            self._plan(speaker)

    def _grow(self, speaker: Speaker, edge: float) -> None:
        heard = self.heard[speaker.tenant]
        heard.interval.append(edge - speaker.seen)
        speaker.seen = edge
        for word in speaker.words:
            if word[0] <= edge - EDGE_S:
                word[1] += 1
                if word[1] == 2:
                    heard.first.append(self.now - word[0])

    def _conclude(self, speaker: Speaker) -> None:
        heard = self.heard[speaker.tenant]
        heard.final.append(self.now - speaker.end - HANGOVER_S)
        heard.first += [self.now - end for end, seen in speaker.words if seen < 2]
        heard.words += len(speaker.words)
        speaker.speak(self.now)

    def _tick(self) -> None:
        before = {
            name: self.dispatch.rung(name).step for name in {one.tenant for one in self._speakers.values()}
        }
        moved = self.dispatch.tick(self.now)
        for tenant, was in before.items():
            step = self.dispatch.rung(tenant).step
            spent = self.heard[tenant].rungs
            spent[step] = spent.get(step, 0.0) + TICK_S
            if step != was:
                self.steps.append((round(self.now, 2), tenant, step))
        if moved:
            for speaker in self._speakers.values():
                if not speaker.asked:
                    self._plan(speaker)
        self._later(self.now + TICK_S, "tick", None)
