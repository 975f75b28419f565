"""How names are counted: whole ones, parted ones, and masks that have nothing of a name; and the sentences for it."""

import re

from moderation.finding import Finding
from moderation.names.scoring import HERE, Found, scored, sentence, sentences
from moderation.policy import ModerationPolicy
from streaming.bench import moderation_names
from streaming.bench.moderation_names import judged, names
from tests.naming import BookNamer


def test_a_sentence_is_what_is_between_the_brackets_and_around_them() -> None:
    told = sentence("ask [Maria] or [Wei Zhang].")
    assert told.text == "ask Maria or Wei Zhang."
    assert [told.text[a:b] for a, b in told.names] == ["Maria", "Wei Zhang"]


def test_a_name_counts_when_all_of_it_is_masked_and_a_mask_is_wrong_when_nothing_of_it_is_a_name() -> None:
    rows = [sentence("[Wei Zhang] and [Maria] met [Tom Baker] in Paris")]
    masks = {"Wei Zhang": "whole", "Tom": "part", "Paris": "wrong"}
    found = [
        Finding(rows[0].text.index(one), rows[0].text.index(one) + len(one), ("pii/name",)) for one in masks
    ]
    told = scored(rows, lambda _: found)
    assert told == Found(names=3, whole=1, parted=1, masks=3, wrong=1)
    assert (told.told["recall"], told.told["precision"]) == (0.333, 0.667)
    assert Found().told["recall"] is None


def test_there_are_enough_sentences_with_names_and_without() -> None:
    rows = sentences(HERE.read_bytes())
    assert len(rows["named"]) >= 60
    assert len(rows["without"]) >= 60
    assert all(row.names for row in (*rows["named"], *rows["small"]))
    assert not any(row.names or re.search(r"[\[\]]", row.text) for row in rows["without"])
    assert len({row.text for some in rows.values() for row in some}) == sum(map(len, rows.values()))


async def test_what_is_measured_is_what_would_be_masked() -> None:
    rows = [sentence("my name is [Maria Schmidt]."), sentence("I am [Priya], and Will you?")]
    assert await judged(BookNamer(), rows) == Found(names=2, whole=1, parted=0, masks=2, wrong=1)


async def test_where_spacy_is_not_installed_that_is_told() -> None:
    told = await names(ModerationPolicy(names_model="no_such_pipeline"), 1)
    assert list(told) == ["not_measured"]
    assert "pip install" in told["not_measured"]


def test_how_many_words_wait_is_counted_as_they_come() -> None:
    assert moderation_names.ahead("so it was Maria and then it went on") == 3
    assert moderation_names.ahead("so it was not") == 0
