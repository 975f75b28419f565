"""How the scenarios are run: all of them, and none that ended without a word passes for a good one."""

from tests.chaos.__main__ import apart
from tests.chaos.scenarios import ALL, ALONE, BESIDE


def test_each_scenario_runs_alone_or_beside_others() -> None:
    assert sorted([*ALONE, *BESIDE]) == sorted(ALL)


async def test_a_scenario_that_did_not_get_to_its_end_has_a_fault() -> None:
    assert await apart("what_is_none", short=True) == {"faults": ["it ended with 2"]}
