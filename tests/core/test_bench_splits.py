"""Splits of replies with something forbidden in them: a short form of `python -m tests.bench.splits`."""

import random

from tests.bench.splits import Seen, bare, card, measure, played, showings


def test_no_split_and_no_restart_shows_a_part_of_what_is_forbidden() -> None:
    told, seen = measure(60, seed=7)
    assert seen == list[Seen]()
    forbidden = told["forbidden"]
    assert isinstance(forbidden, dict)
    assert sorted(forbidden) == ["card", "card in words", "e-mail", "iban", "phrase"]


def test_what_is_shown_on_the_way_and_taken_back_later_is_seen_by_this() -> None:
    text = "Good morning, this is long enough to be shown. The red fox jumps over it. And on it goes, as it was. "
    log = played([*text], "stream_first", random.Random(1))
    assert any("redfoxjumps" in bare(shown) for shown in showings(log))
    assert "redfoxjumps" not in bare(showings(log)[-1])


def test_cards_are_such_as_have_a_right_last_digit() -> None:
    for seed in range(20):
        digits = [int(digit) for digit in card(random.Random(seed))][::-1]
        doubled = [sum(divmod(digit * 2, 10)) for digit in digits[1::2]]
        assert (sum(digits[::2]) + sum(doubled)) % 10 == 0
        assert len(digits) == 16
