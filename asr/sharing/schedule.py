"""Who is served next when an engine's worker is free, and with whom. Pure: time is an argument, in seconds.

Finals go before partials, and recordings (sound that came faster than anybody speaks) take what these leave; but each
kind is owed a share of the time that those before it take (`fairness.py`). Within a kind the tenant goes first that
used least, and of a tenant's wishes the one that is due earliest: of partials that is the one with the most unheard
sound, so that steps stretch for all alike.

Where a device takes batches, wishes of one kind whose windows are about as long go together. A batch is closed when it
is full, when its oldest member would be late, or when that has waited for `gather_s`. While anybody speaks, recordings
leave one worker alone: what is live waits for the end of another live pass at most, never for a long one of a file.
"""

import heapq
import itertools
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from asr.sharing.costs import Costs
from asr.sharing.fairness import KINDS, Counters, Kind, Shares
from asr.sharing.wishes import Batch, Key, Waiting, Wish


class SchedulePolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A partial is due after `step_s` of new sound; the first one of an utterance after `first_s` of it.

    One that says nothing new is sent all the same `repeat_s` after the last, so that clients see that we listen. Sound
    that is unheard and came `replay_s` faster than it lasts is a recording.

    A final should begin `final_due_s` after it was wanted, a partial `partial_due_s`, a recording's pass
    `replay_due_s`. Partials and recordings are owed `partial_share` and `replay_share` of the time that what goes
    before them takes. A batch is gathered for `gather_s`, of windows that differ by `bucket_s` at most. Whoever spoke
    `live_s` ago is still live.
    """

    step_s: float = 0.35
    first_s: float = 0.5
    repeat_s: float = 0.6
    replay_s: float = 2.0
    final_due_s: float = 0.3
    partial_due_s: float = 0.35
    replay_due_s: float = 10.0
    partial_share: float = 0.2
    replay_share: float = 0.1
    gather_s: float = 0.02
    bucket_s: float = 0.5
    live_s: float = 3.0


class Schedule:
    """The queue before `workers` workers, each of which takes a batch at a time that costs what `costs` says."""

    def __init__(self, policy: SchedulePolicy, costs: Costs, workers: int) -> None:
        self._policy = policy
        self._costs = costs
        self._workers = workers
        self._waiting: dict[Key, Waiting] = {}
        self._running: dict[int, Batch] = {}
        self._tenants = Counters()
        self._shares = Shares({"partial": policy.partial_share, "replay": policy.replay_share})
        self._numbers = itertools.count()
        self._live_at = float("-inf")
        self.again: float | None = None
        """When `take` has to be called again, should nothing happen before: a batch is being gathered."""

    @property
    def waiting(self) -> Sequence[Waiting]:
        """The queue, in no order."""
        return list(self._waiting.values())

    @property
    def idle(self) -> bool:
        """Whether nothing waits or runs."""
        return not (self._waiting or self._running)

    def ask(self, wish: Wish, now: float, later_s: float = 0.0) -> None:
        """Stand in the queue, once a channel: the newest wish replaces the older, in its place if it is of its sort.
        `later_s`: it is due so much later than usual."""
        known = self._waiting.get(wish.key)
        fresh = Waiting(wish, now, now, now + self._due_s(wish) + later_s)
        if known and known.wish.kind == wish.kind:
            due = known.deadline if wish.final else min(known.deadline, fresh.deadline)
            fresh = replace(fresh, since=known.since, deadline=due)
        self.leave(wish.key)
        self._waiting[wish.key] = fresh
        self._tenants.enter(wish.tenant)
        if not wish.replayed:
            self._live_at = now

    def replaces(self, wish: Wish) -> bool:
        """Whether the channel waits for a pass of this sort already: then its place is this wish's."""
        known = self._waiting.get(wish.key)
        return known is not None and known.wish.final == wish.final

    def leave(self, key: Key) -> None:
        """Stand in the queue no more."""
        left = self._waiting.pop(key, None)
        if left:
            self._tenants.leave(left.wish.tenant)

    def take(self, now: float) -> Batch | None:
        """What a worker is to begin now: nothing, if none is free, nobody waits, or it pays to wait until `again`."""
        self.again = None
        if len(self._running) >= self._workers:
            return None
        owed = self._owed()
        for kind in [*owed, *KINDS]:
            one = [waiting for waiting in self._waiting.values() if waiting.wish.kind == kind]
            if not one or (kind == "replay" and not self._spare(now)):
                continue
            members = self._gathered(one)
            full = len(members) >= self._costs.batch
            if not full and (closes := self._closes(members)) > now:
                self.again = closes
                return None
            return self._begin(members, owed=kind in owed)
        return None

    def drop(self, batch: Batch, key: Key) -> Batch:
        """Nothing of this member was due any more. Returns the batch without it; it may be empty, and is over then."""
        [gone] = [one for one in batch.members if one.wish.key == key]
        each = batch.seconds / len(batch.members)
        self._tenants.charge(gone.wish.tenant, -each)
        self._tenants.leave(gone.wish.tenant)
        rest = tuple(one for one in batch.members if one is not gone)
        left = replace(batch, members=rest, seconds=batch.seconds - each)
        self._running[batch.number] = left
        if batch.owed:
            self._shares.pay(gone.wish.kind, -each)
        if not rest:
            del self._running[batch.number]
        return left

    def done(self, batch: Batch, seconds: float) -> None:
        """A batch is over and took `seconds`."""
        del self._running[batch.number]
        for one in batch.members:
            self._tenants.charge(one.wish.tenant, (seconds - batch.seconds) / len(batch.members))
            self._tenants.leave(one.wish.tenant)
        if batch.owed:
            self._shares.pay(batch.wish.kind, seconds - batch.seconds)
        self._shares.ran(batch.wish.kind, seconds, {one.wish.kind for one in self._waiting.values()})

    # ---- who, and with whom --------------------------------------------------------------------------------------

    def _due_s(self, wish: Wish) -> float:
        match wish.kind:
            case "final":
                return self._policy.final_due_s
            case "partial":
                return self._policy.step_s + self._policy.partial_due_s - wish.unheard_s
            case "replay":
                return self._policy.replay_due_s

    def _owed(self) -> list[Kind]:
        """The kinds that go first this time."""
        kinds: dict[Kind, Waiting] = {one.wish.kind: one for one in self._waiting.values()}
        return [kind for kind, one in kinds.items() if self._shares.first(kind, self._seconds([one]))]

    def _spare(self, now: float) -> bool:
        """Whether a recording may have a worker."""
        if self._workers == 1 or now - self._live_at > self._policy.live_s:
            return True
        return sum(batch.wish.replayed for batch in self._running.values()) < self._workers - 1

    def _gathered(self, one_kind: Sequence[Waiting]) -> list[Waiting]:
        [head] = self._pick(one_kind, 1)
        alike = [
            one
            for one in one_kind
            if _sort(one.wish) == _sort(head.wish)
            and abs(one.wish.window_s - head.wish.window_s) <= self._policy.bucket_s
        ]
        return self._pick(alike, self._costs.batch)

    def _pick(self, among: Sequence[Waiting], room: int) -> list[Waiting]:
        """The most urgent, each of them counting as served when it comes to the next."""
        lines: dict[str, list[Waiting]] = {}
        for one in sorted(among, key=lambda one: (one.deadline, one.since), reverse=True):
            lines.setdefault(one.wish.tenant, []).append(one)
        tenants = [(self._tenants.used(name), line[-1].deadline, name) for name, line in lines.items()]
        heapq.heapify(tenants)
        picked: list[Waiting] = []
        while tenants and len(picked) < room:
            used, _, name = heapq.heappop(tenants)
            one = lines[name].pop()
            picked.append(one)
            if lines[name]:
                each = self._costs.each(one.wish.window_s, one.wish.said_s, lean=one.wish.lean)
                heapq.heappush(tenants, (used + each, lines[name][-1].deadline, name))
        return picked

    def _closes(self, members: Sequence[Waiting]) -> float:
        """When a batch that is not full begins all the same."""
        late = min(one.deadline for one in members) - self._seconds(members)
        return min(late, min(one.since for one in members) + self._policy.gather_s)

    def _seconds(self, members: Sequence[Waiting]) -> float:
        longest = max(one.wish.window_s for one in members)
        first = members[0].wish
        said = max(one.wish.unheard_s for one in members) if first.final else None
        return self._costs.seconds(longest, said, len(members), lean=first.lean)

    def _begin(self, members: Sequence[Waiting], *, owed: bool) -> Batch:
        batch = Batch(next(self._numbers), tuple(members), self._seconds(members), owed)
        if owed:
            self._shares.pay(batch.wish.kind, batch.seconds)
        for one in members:
            del self._waiting[one.wish.key]
            self._tenants.charge(one.wish.tenant, batch.seconds / len(members))
        self._running[batch.number] = batch
        return batch


def _sort(wish: Wish) -> tuple[bool, bool, bool]:
    """Passes of one sort may share a batch."""
    return wish.final, wish.draft, wish.lean
