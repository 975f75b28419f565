"""The promise of the screen: what is decided of a prefix is right, whatever follows."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.finding import Finding
from tests.screening import SCREEN, TEXTS


@settings(max_examples=1000, deadline=None)
@given(TEXTS, st.integers(0, 200))
@example("five hundred", 4)
@example("double 4111 1111 1111 1111", 8)
@example("eight! hundred", 6)
def test_what_is_decided_of_a_prefix_stays_so_whatever_follows(text: str, size: int) -> None:
    prefix = text[:size]
    look = SCREEN.look(prefix, closed=False)
    decided = [found for found in look.findings if found.start < look.held]
    for closed in (False, True):
        later = SCREEN.look(text, closed=closed)
        assert [found for found in later.findings if found.start < look.held] == decided
    assert all(found.end <= look.held for found in decided)


@settings(max_examples=1000, deadline=None)
@given(TEXTS, st.integers(0, 200))
@example("1234567890123456789 -- 21 -- 255 -- 50 -- 123 ok", 44)
def test_a_text_read_again_from_its_anchor_is_judged_the_same(text: str, size: int) -> None:
    look = SCREEN.look(text[:size], closed=False)
    again = SCREEN.look(text[look.anchor :], closed=True, begun=look.begun)

    def moved(found: Finding, by: int) -> Finding:
        return Finding(found.start + by, found.end + by, found.categories, found.action, found.replacement)

    expected = [found for found in SCREEN.look(text, closed=True).findings if found.start >= look.held]
    assert [
        moved(found, look.anchor) for found in again.findings if found.start + look.anchor >= look.held
    ] == expected
