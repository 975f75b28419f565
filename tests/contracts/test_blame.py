"""Who is to blame when workers die again and again."""

import pytest

from streaming import keys
from streaming.blame import guilty
from streaming.bus import Bus
from streaming.lease import Lease
from tests.sessions import SID, made


@pytest.mark.parametrize(
    ("tries", "count", "is_guilty"),
    [(3, 3, False), (4, 4, True), (4, 1, False), (1, 40, False), (3, 18, False), (3, 19, True)],
    ids=["its last try", "one too many", "was handed back", "gets on", "is tried alone", "is never well"],
)
def test_work_is_given_up_that_gets_nowhere(tries: int, count: int, is_guilty: bool) -> None:
    assert guilty(tries, count, 3) is is_guilty


async def taken(bus: Bus) -> Lease:
    lease = await Lease.claim(bus, "asr", SID, "worker")
    assert lease
    return lease


async def test_a_session_that_got_on_before_its_worker_died_begins_to_count_anew(bus: Bus) -> None:
    await made(bus)
    sound = keys.audio(SID)
    assert [(await taken(bus)).tries for _ in range(3)] == [1, 2, 3]
    await (await taken(bus)).commit(b"1", trims=[(sound, "320-0")])
    lease = await taken(bus)
    assert lease.tries == 1
    await lease.commit(b"2", trims=[(sound, "320-0")])  # the same again: it got nowhere
    assert (await taken(bus)).tries == 2
