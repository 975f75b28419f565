"""When a crashed role is started again."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.service.restart import Crashes, RestartPolicy, crashed, hopeless

POLICY = RestartPolicy()


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=50))
def test_the_wait_stays_within_its_bounds(lives: list[float]) -> None:
    crashes = Crashes()
    for lived in lives:
        crashes, wait = crashed(crashes, lived, POLICY)
        assert POLICY.first_s <= wait <= POLICY.most_s


@given(st.integers(0, 5000))
def test_a_role_that_dies_at_once_waits_longer_each_time(count: int) -> None:
    _, wait = crashed(Crashes(count), 0, POLICY)
    _, longer = crashed(Crashes(count + 1), 0, POLICY)
    assert longer == min(wait * 2, POLICY.most_s)


@given(st.integers(0, 100), st.floats(POLICY.steady_s, 1e9))
def test_a_role_that_lived_long_is_started_again_soon(count: int, lived: float) -> None:
    assert crashed(Crashes(count), lived, POLICY) == (Crashes(1), POLICY.first_s)


def test_only_a_start_is_given_up() -> None:
    many = Crashes(POLICY.tries)
    assert hopeless(many, ever_ready=False, policy=POLICY)
    assert not hopeless(many, ever_ready=True, policy=POLICY)
    assert not hopeless(Crashes(POLICY.tries - 1), ever_ready=False, policy=POLICY)
