"""The lists: their words are found in disguise, and not inside other words."""

import pytest

from tests.screening import whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("you sh1t, fuuuuck! аsshole", "you [profanity], [profanity]! [profanity]"),
        ("kiII yourself", "[removed]"),
        ("a classic assassin in Scunthorpe", "a classic assassin in Scunthorpe"),
    ],
)
def test_a_listed_word_is_masked_in_disguise_and_left_alone_inside_another(text: str, expected: str) -> None:
    assert whole(text) == expected
