"""Yes and no are the same words in every dialect whose values are text; anything else is told, with what it was."""

import pytest

from streaming.errors import ClientFault
from streaming.wire import whip
from streaming.wire.query import Query
from streaming.wire.truth import TRUTH, truth


def test_yes_and_no_are_the_same_words_everywhere() -> None:
    for word, meant in TRUTH.items():
        for written in (word, word.upper(), f" {word} "):
            assert truth(written) is meant
        assert Query(f"punctuate={word}").flag("punctuate", not meant) is meant
        assert whip.asked([("record", word)]).record is meant
    assert truth("maybe") is None


def test_what_is_neither_is_told() -> None:
    with pytest.raises(ClientFault, match="punctuate must be true or false, not 'maybe'"):
        Query("punctuate=maybe").flag("punctuate", False)
    with pytest.raises(ClientFault, match="record is true or false, not 'maybe'"):
        whip.asked([("record", "maybe")])
