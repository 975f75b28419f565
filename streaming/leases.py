"""Which worker works on which sessions: leases of the work that is posted (jobs.py).

A holder renews its lease every second; when it is silent for three seconds somebody else takes it. Work that kills
its workers again and again is put aside, and what its role owed the session is written in its place, so that the
session ends and says so. When a session's keys are gone, so is the work on it.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

import msgspec
from msgspec import Struct

from streaming import dead, keys
from streaming.blame import ALONE_S, OWED, guilty
from streaming.bus import Bus, BusDown
from streaming.errors import first_of
from streaming.jobs import Job, Jobs
from streaming.lease import Lease, LeaseLost
from streaming.standing import Server
from streaming.tenure import LeasePolicy, Unread

log = logging.getLogger(__name__)

POLL_S: Final = 0.5
SWEEP_S: Final = 2.0
"""All shards are looked through this often, should a word of something new have been lost."""
BRISK: Final = 10
"""Once nobody wanted a session, a busy worker takes those that wait behind it so many times as fast, and not all at
once: another one that is as busy gets its part."""


class Held(Struct):
    """A lease that is being served."""

    session_id: str
    since: float
    task: asyncio.Task[None]


Serve = Callable[[Lease], Awaitable[None]]


class Leases:
    """Takes leases of a role, as many as there is room for, and serves each in a task of its own."""

    def __init__(self, bus: Bus, role: str, worker: str, policy: LeasePolicy) -> None:
        self._bus = bus
        self._role = role
        self._jobs = Jobs(bus, role, worker, policy.silent_s)
        self._worker = worker
        self._policy = policy
        self._held: dict[Job, Held] = {}
        self._dropped: list[Job] = []
        self._excused: list[Job] = []
        self._unread = Unread(policy.newer_s)
        self._taking = asyncio.Lock()  # so that nobody takes more than there is room for

    @property
    def held(self) -> int:
        """Sessions being served now."""
        return len(self._held)

    @property
    def _room(self) -> int:
        return self._policy.capacity - len(self._held)

    async def run(self, serve: Serve, busy: Callable[[], bool] = lambda: False) -> None:
        """Until cancelled; then what is held is handed back at once, for others to take. `busy`: see `yield_s`."""
        self._bus.standing.tell(self._returned)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._jobs.follow(), name=f"{self._role}-jobs")
                group.create_task(self._renew(), name=f"{self._role}-renew")
                group.create_task(self._look(), name=f"{self._role}-look")
                group.create_task(self._take_over(group, serve), name=f"{self._role}-take-over")
                await self._take_new(group, serve, busy)
        finally:
            self._bus.standing.untell(self._returned)
            await asyncio.shield(self._hand_back())

    # ---- taking ------------------------------------------------------------------------------------------------------

    async def _take_new(self, group: asyncio.TaskGroup, serve: Serve, busy: Callable[[], bool]) -> NoReturn:
        left, swept = False, float("-inf")
        while True:
            try:
                if time.monotonic() - swept > SWEEP_S:
                    await self._jobs.join()
                    self._jobs.sweep()
                    swept = time.monotonic()
                await self._jobs.news(POLL_S)
                if self._jobs.promising and busy():
                    await asyncio.sleep(self._policy.yield_s / (BRISK if left else 1))
                left = await self._take(group, serve)
            except BusDown as down:
                log.warning("%s: %s", self._role, down.message)
                self._jobs.doubt()
                swept = float("-inf")
                await asyncio.sleep(POLL_S)

    async def _take(self, group: asyncio.TaskGroup, serve: Serve) -> bool:
        """One job that nobody had yet, if there is room. Whether there was one."""
        async with self._taking:
            if self._room > 0:
                job = await self._jobs.fresh()
                if job is not None:
                    await self._begin(group, serve, job)
                return job is not None
        await asyncio.sleep(POLL_S)
        return False

    async def _take_over(self, group: asyncio.TaskGroup, serve: Serve) -> NoReturn:
        """What silent holders left, as much as there is room for; a busy worker leaves it to nobody."""
        while True:
            back = self._bus.standing.since + self._policy.silent_s - time.monotonic()
            await asyncio.sleep(max(0.0, back))  # while Redis was away nobody could renew
            with contextlib.suppress(BusDown):  # who takes new ones says it
                async with self._taking:
                    await self._jobs.join()
                    for job in await self._jobs.silent(self._room):
                        if lease := await self._begin(group, serve, job):
                            await self._clear(job, lease)
            await asyncio.sleep(POLL_S)

    async def _clear(self, job: Job, lease: Lease) -> None:
        """If it does not end us in a while, it is not what ended the others: it has another try."""
        await asyncio.sleep(ALONE_S)
        if job in self._held:
            await lease.count(self._policy.deliveries - 1)

    async def _begin(self, group: asyncio.TaskGroup, serve: Serve, job: Job) -> Lease | None:
        """Serve one lease; it, if this is its last try. Whatever is wrong with one session harms no other."""
        try:
            if job in self._held:
                return None
            lease = await Lease.claim(self._bus, self._role, job.session_id, self._worker)
            if lease is None:  # the session expired before anybody came
                await self._jobs.finish(job)
                return None
            if await self._given_up(job, lease):
                return None
            lease.posted(job.stream, job.entry)
        except BusDown:
            raise
        except Exception:
            log.exception("a lease could not be taken; it is tried again", extra={"sid": job.session_id})
            return None
        task = group.create_task(self._serve(serve, lease, job), name=f"{self._role}-{job.session_id}")
        self._held[job] = Held(job.session_id, time.monotonic(), task)
        return lease if lease.tries == self._policy.deliveries else None

    async def _given_up(self, job: Job, lease: Lease) -> bool:
        """Whether this was tried too often: then it is put aside, and what the role owed the session is written."""
        sid, tries = job.session_id, self._policy.deliveries
        if not guilty(lease.tries, await self._jobs.tries(job), tries):
            return False
        log.error("%s: given up after %d tries", self._role, tries, extra={"sid": sid})
        await dead.put_aside(self._bus, self._role, sid, self._policy.dead_days)
        if self._role in OWED:
            where, fact = OWED[self._role]
            await lease.append(where(sid), msgspec.json.encode(fact))
        await self._jobs.finish(job)
        return True

    # ---- serving -----------------------------------------------------------------------------------------------------

    async def _serve(self, serve: Serve, lease: Lease, job: Job) -> None:
        """Done or failed, the job is let go; after a failure it is delivered again."""
        context = {"sid": lease.session_id, "role": self._role}
        try:
            await serve(lease)
            await self._jobs.finish(job)
        except asyncio.CancelledError:
            if job in self._held:  # we are stopping; a lease that was lost is no longer among the held
                self._dropped.append(job)
            raise
        except Exception as error:
            match first_of(error):
                case LeaseLost() as lost:
                    log.warning("lease lost: %s", lost, extra=context)
                case BusDown() as down:
                    self._excused.append(job)
                    log.warning("session let go: %s", down.message, extra=context)
                case msgspec.ValidationError() as unread if self._unread.left(
                    lease.session_id, time.monotonic()
                ):
                    self._excused.append(job)
                    log.info("left to a newer version: %s", type(unread).__name__, extra=context)
                case _:
                    log.exception("serving failed; it is tried again", extra=context)
        finally:
            self._held.pop(job, None)

    # ---- keeping -----------------------------------------------------------------------------------------------------

    async def _renew(self) -> NoReturn:
        while True:
            await asyncio.sleep(self._policy.renew_s)
            healthy = time.monotonic() - self._policy.healthy_s
            held = {job: one.since < healthy for job, one in self._held.items()}
            try:
                mine = await self._jobs.renew(held, self._bus)
                await self._excuse()
            except BusDown:
                continue
            for job in held.keys() - mine:
                self._stop(job)

    async def _excuse(self) -> None:
        """Hand back what was let go for no fault of its own. Raises BusDown."""
        while self._excused:
            await self._jobs.hand_back(self._excused[:1])
            del self._excused[0]

    async def _returned(self, server: Server, changed: bool) -> None:
        """Redis is back: before anybody takes us for silent, and as if it knew all that it may have forgotten."""
        held = dict.fromkeys(self._held, False)
        mine = await self._jobs.renew(held, server, again=changed)
        for job in held.keys() - mine:
            self._stop(job)

    async def _look(self) -> NoReturn:
        """Sessions whose keys are gone need nobody any more."""
        while True:
            await asyncio.sleep(self._policy.look_s)
            held = list(self._held)
            with contextlib.suppress(BusDown):
                await dead.keep(self._bus, self._policy.dead_days)
                await self._jobs.forget()
                there = await self._bus.each(*(("EXISTS", keys.session(job.session_id)) for job in held))
                for job in (job for job, found in zip(held, there, strict=True) if found == 0):
                    log.warning("a session is gone", extra={"sid": job.session_id, "role": self._role})
                    self._stop(job)
                    await self._jobs.finish(job)

    def _stop(self, job: Job) -> None:
        if one := self._held.pop(job, None):
            one.task.cancel()

    async def _hand_back(self) -> None:
        with contextlib.suppress(BusDown):
            await self._jobs.hand_back({*self._dropped, *self._held})  # some had not even begun
