"""When a client comes back to a server that it lost."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.client.patience import PAUSES_S, STEADY_S, Patience


def test_the_first_try_is_at_once_and_the_pauses_grow_to_the_longest() -> None:
    patience = Patience(60)
    tries = [patience.pause() for _ in range(8)]
    assert tries == [*PAUSES_S, PAUSES_S[-1], PAUSES_S[-1]]
    assert tries[0] == 0


@given(asked=st.floats(0, 100), tries=st.integers(0, 10))
def test_a_time_that_the_server_asks_for_is_kept_once(asked: float, tries: int) -> None:
    patience, plain = Patience(60), Patience(60)
    for _ in range(tries):
        assert patience.pause() == plain.pause()
    patience.asked(asked)
    assert patience.pause() == max(asked, plain.pause())
    assert patience.pause() == plain.pause()


@given(st.lists(st.floats(0, STEADY_S, exclude_max=True), min_size=1, max_size=20))
def test_connections_that_hold_for_a_moment_and_bring_nothing_change_nothing(held: list[float]) -> None:
    patience, now = Patience(60), 100.0
    patience.opened(now)
    patience.news()
    patience.lost(now)
    for number, seconds in enumerate(held):
        assert patience.pause() == PAUSES_S[min(number, len(PAUSES_S) - 1)]
        patience.opened(now)
        patience.lost(now + min(seconds, STEADY_S - 1e-6))
        now += 5
    assert patience.until == 160


def test_a_connection_that_held_or_brought_something_new_was_one() -> None:
    for held, news in ((STEADY_S, False), (0.1, True)):
        patience = Patience(60)
        patience.pause()
        patience.pause()
        patience.opened(100)
        if news:
            patience.news()
        patience.lost(100 + held)
        assert patience.until == 160 + held
        assert patience.pause() == PAUSES_S[0]
