"""Work that a newer version wrote: how long it is left to others, and that it is forgotten."""

from streaming.tenure import Unread


def test_what_cannot_be_read_is_left_to_others_for_a_while_and_only_then_counts() -> None:
    unread = Unread(600)
    assert [unread.left("a", now) for now in (0, 599, 600, 900)] == [True, True, False, False]


def test_of_sessions_that_did_not_come_back_nothing_is_remembered() -> None:
    unread = Unread(600)
    for now in range(0, 600_000, 100):
        unread.left(f"s{now}", now)
    assert len(unread) <= 13
