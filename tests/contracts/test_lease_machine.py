"""Two workers who take a session from each other at any moment, on a real Redis."""

import asyncio
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from streaming import keys
from streaming.bus import Bus
from streaming.lease import Lease, LeaseLost
from tests.sessions import SID, made

LOG = keys.heard(SID)
WORKERS = st.sampled_from(("a", "b"))


class Leasing(RuleBasedStateMachine):
    """Only who took the session last may write; `written` is what is there."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.bus = self.loop.run_until_complete(self.begin())
        self.leases: dict[str, Lease] = {}
        self.holder = ""
        self.written: list[bytes] = []
        self.state = b""
        self.number = 0

    async def begin(self) -> Bus:
        bus = Bus(self.url)
        await bus.call("FLUSHALL")
        await made(bus)
        return bus

    @rule(worker=WORKERS)
    def take(self, worker: str) -> None:
        lease = self.loop.run_until_complete(Lease.claim(self.bus, "asr", SID, worker))
        assert lease is not None
        assert lease.state == self.state
        self.leases[worker], self.holder = lease, worker

    @precondition(lambda self: bool(self.leases))
    @rule(worker=WORKERS, commits=st.booleans())
    def write(self, worker: str, commits: bool) -> None:
        if worker not in self.leases:
            return
        self.number += 1
        body, lease = b"%s %d" % (worker.encode(), self.number), self.leases[worker]
        doing = lease.commit(body, appends=[(LOG, body)]) if commits else lease.append(LOG, body)
        try:
            self.loop.run_until_complete(doing)
        except LeaseLost:
            assert worker != self.holder
            return
        assert worker == self.holder
        self.written.append(body)
        self.state = body if commits else self.state

    @invariant()
    def all_that_was_written_is_there_and_nothing_else(self) -> None:
        found = self.loop.run_until_complete(self.bus.read(LOG))
        assert [entry.body for entry in found] == self.written

    def teardown(self) -> None:
        self.loop.run_until_complete(self.bus.close())
        self.loop.close()


def test_only_who_took_a_session_last_writes_into_it(redis_url: str) -> None:
    Leasing.url = redis_url
    run_state_machine_as_test(
        Leasing,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
