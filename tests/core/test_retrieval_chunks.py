"""How documents are cut into passages, and how rankings are made of words and fused."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from llm.retrieval import bm25
from llm.retrieval.blocks import Block, Kind, Read, plain
from llm.retrieval.chunks import LONGEST, passages
from llm.retrieval.fusion import fused

WORDS = st.lists(
    st.sampled_from(["lamp", "refund", "it", "is", "blue.", "Why?", "ten"]), min_size=1, max_size=20
)
BLOCKS = st.builds(
    lambda kind, words, times, level, page: Block(kind, " ".join(words * times), level, page),
    st.sampled_from(Kind),
    WORDS,
    st.sampled_from([1, 30]),
    st.integers(1, 3),
    st.integers(0, 2),
)


@given(st.lists(BLOCKS, max_size=8))
def test_passages_hold_every_word_that_is_no_heading_at_the_place_they_say(blocks: list[Block]) -> None:
    text, found = passages("guide.md", Read("Guide", tuple(blocks)))
    held: set[int] = set()
    for one in found:
        assert text[one.span[0] : one.span[1]] == one.text
        assert 1 <= len(one.text.split()) <= LONGEST
        held |= set(range(*one.span))
    assert len({one.name for one in found}) == len(found)
    at = 0
    for block in blocks:
        at = text.index(block.text, at)
        letters = {at + n for n, sign in enumerate(block.text) if sign != " "}
        assert letters.isdisjoint(held) if block.kind is Kind.HEADING else letters <= held
        at += len(block.text)


def test_a_passage_never_crosses_a_heading_and_says_where_it_stands() -> None:
    read = Read(
        "Guide",
        (
            Block(Kind.HEADING, "Guide", 1),
            Block(Kind.HEADING, "Returns", 2),
            Block(Kind.PARAGRAPH, "Within ten days.", page=3),
            Block(Kind.PARAGRAPH, "Unused.", page=4),
            Block(Kind.HEADING, "Lamps", 2),
            Block(Kind.PARAGRAPH, "Blue.", page=4),
        ),
    )
    _, found = passages("guide.md", read)
    assert [(one.place, one.text) for one in found] == [
        ("Returns, pages 3-4", "Within ten days.\n\nUnused."),
        ("Lamps, page 4", "Blue."),
    ]


def test_only_passages_of_one_paragraph_share_a_sentence() -> None:
    sentences = [f"This is the sentence number {n} of a long paragraph here." for n in range(30)]
    _, found = passages("a.txt", Read("", (Block(Kind.PARAGRAPH, " ".join(sentences)),)))
    assert len(found) > 1
    for before, after in pairwise(found):
        assert before.text.endswith(after.text.split(".")[0] + ".")
    apart = tuple(Block(Kind.ITEM, f"- {'word ' * 30}end.") for _ in range(12))
    _, found = passages("a.txt", Read("", apart))
    assert all(a.span[1] < b.span[0] for a, b in pairwise(found))


def test_a_passage_keeps_its_name_while_its_text_and_place_stay() -> None:
    old = (Block(Kind.HEADING, "A", 1), Block(Kind.PARAGRAPH, "Same."))
    new = (Block(Kind.HEADING, "Z", 1), Block(Kind.PARAGRAPH, "New."), *old)
    [before], [_, after] = passages("a.md", Read("T", old))[1], passages("a.md", Read("T", new))[1]
    assert before.name == after.name
    assert before.span != after.span


@given(st.text())
def test_a_block_is_one_line_that_utf8_can_hold(text: str) -> None:
    line = plain(text + "\u202e\x1b[2J\ud800")
    assert "  " not in line
    assert not {"\n", "\r", "\t", "\x1b", "\u202e"} & set(line)
    line.encode()


def test_words_are_found_whatever_their_case_accents_and_number() -> None:
    words = bm25.counted(["Réfunds are paid.", "The policies of E42.", "Nothing here."])
    assert [row for row, _ in bm25.ranked(words, "REFUND", 3)] == [0]
    assert [row for row, _ in bm25.ranked(words, "policy e42", 3)] == [1]
    assert bm25.ranked(words, "?!", 3) == bm25.ranked(words, "lamp", 3) == []


def test_a_rare_word_counts_more_than_a_common_one_and_a_short_text_more_than_a_long_one() -> None:
    words = bm25.counted(["lamp blue", "lamp red", "lamp red " + "and so on " * 20, "lamp green"])
    assert bm25.ranked(words, "lamp blue red", 4)[0][0] == 0
    assert [row for row, _ in bm25.ranked(words, "red", 4)] == [1, 2]


def test_rankings_are_fused_by_reciprocal_rank() -> None:
    assert fused([[7, 3], [3, 9]], 2) == [(3, 1 / 62 + 1 / 61), (7, 1 / 61)]
    assert fused([[], []], 3) == []
