"""What is committed stays: whatever the model believes next."""

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from asr.rates import RATE
from asr.speaker.checkpoint import Said, Utterance
from asr.speaker.stabilizer import Lasted, Look, StablePolicy, Tail, Written, borne, confirm
from asr.speaker.utterance import grow, retimed
from asr.whisper.passes import Aligned, Answer
from tests.scripted import Spelled

POLICY = StablePolicy()
PASS = st.lists(
    st.tuples(st.lists(st.integers(0, 3), min_size=1, max_size=2), st.floats(0, 1), st.floats(0.05, 0.6)),
    max_size=8,
)


def look(
    words: list[list[int]], chances: list[float], times: list[float], edge_s: float, voice_s: float
) -> Look:
    return Look([written(word) for word in words], chances, [0.0, *times], edge_s, voice_s)


def written(tokens: list[int]) -> Written:
    """A word; tokens from 100 on are its punctuation."""
    core = len([token for token in tokens if token < 100])
    return Written(tuple(tokens), core, "".join(f"w{token}" for token in tokens[:core]))


def twice(
    words: list[list[int]], chance: float, edge_s: float = 5.0, voice_s: float = 5.0
) -> tuple[int, int]:
    """Committed and seen after two equal looks at words of half a second each."""
    tokens = [token for word in words for token in word]
    times = [0.5 * (n + 1) for n in range(len(tokens))]
    first = confirm(Tail(), look(words, [], [], edge_s, voice_s), POLICY)
    second = confirm(first.tail, look(words, [chance] * len(tokens), times, edge_s, voice_s), POLICY)
    return len(second.committed), len(second.committed) + len(second.shown)


def test_a_sure_word_is_committed_when_it_was_seen_twice_but_for_the_last_which_may_still_grow() -> None:
    assert twice([[1], [2], [3]], 0.9) == (2, 3)


def test_the_last_word_is_committed_after_a_pause() -> None:
    assert twice([[1], [2], [3]], 0.9, edge_s=2.2, voice_s=1.6) == (3, 3)


def test_an_unsure_word_must_be_seen_three_times() -> None:
    assert twice([[1], [2], [3]], 0.6) == (0, 3)
    tail = Tail((1, 2, 3), (2, 2, 2))
    assert confirm(tail, look([[1], [2], [3]], [0.6] * 3, [0.5, 1, 1.5], 5, 5), POLICY).committed == (
        (1,),
        (2,),
    )


def test_a_word_said_twice_in_a_row_must_be_seen_three_times() -> None:
    assert twice([[1], [1], [3]], 0.9) == (1, 3)
    again = look([[1], [3]], [0.9] * 2, [0.5, 1], 5, 5)
    assert confirm(Tail((1, 3), (1, 1)), again, POLICY).committed == ((1,),)
    assert (
        confirm(
            Tail((1, 3), (1, 1)), msgspec.structs.replace(again, said=[Lasted((1,), 0.5)]), POLICY
        ).committed
        == ()
    )


def test_a_word_close_to_the_live_edge_waits() -> None:
    assert twice([[1], [2], [3]], 0.9, edge_s=1.2, voice_s=1.2)[0] == 1


def test_a_word_that_changed_is_neither_committed_nor_shown() -> None:
    tail = Tail((1, 2, 3), (1, 1, 1))
    outcome = confirm(tail, look([[1], [7], [3]], [0.9] * 3, [0.5, 1, 1.5], 5, 5), POLICY)
    assert (outcome.committed, outcome.shown) == (((1,),), ())
    assert outcome.tail.tokens == (7, 3)


def test_a_word_whose_punctuation_changed_is_committed_without_it() -> None:
    tail = Tail((1, 2, 100), (1, 1, 1))
    outcome = confirm(tail, look([[1], [2, 101], [3]], [0.9] * 3, [0.5, 1, 1.5], 5, 5), POLICY)
    assert outcome.committed == ((1,), (2,))
    assert outcome.tail == Tail((101, 3), (1, 1))


def test_punctuation_that_came_after_its_word_is_no_repetition_and_holds_nothing_back() -> None:
    words = [Written((100,), 1, ""), *(Written((n,), 1, f"w{n}") for n in (2, 4, 5))]
    again = Look(words, [0.9] * 4, [1.2, 1.2, 1.6, 2.0, 2.4], 5, 5, said=[Lasted((2,), 0.4)])
    assert confirm(Tail((100, 2, 4, 5), (2,) * 4), again, POLICY).committed == ((100,), (2,), (4,))


class Commas(Spelled):
    """Token 100 is a comma."""

    def words(self, tokens: Sequence[int], language: str) -> list[tuple[int, ...]]:
        words: list[tuple[int, ...]] = []
        for token in tokens:
            if token == 100 and words:
                words[-1] += (token,)
            else:
                words.append((token,))
        return words

    def text(self, tokens: tuple[int, ...]) -> str:
        return "".join("," if token == 100 else f" w{token}" for token in tokens)


def test_what_is_said_twice_is_committed_though_its_comma_came_after_it() -> None:
    said = [
        Said((token,), begin * RATE // 10, end * RATE // 10, 0.9)
        for token, begin, end in ((2, 0, 4), (100, 4, 4))
    ]
    one = Utterance(1, 0, 0, 5 * RATE, announced=True, words=said, voice_seen=5 * RATE)
    one.tail = Tail((2, 4, 5), (2,) * 3)
    answer = Answer(one.tail.tokens, Aligned([0.9] * 5, [0.0, 0.4, 0.4, 0.8, 1.2, 1.6]), "en")
    assert grow(one, answer, Commas(), POLICY).committed == ((2,), (4,))


def test_a_word_that_was_part_of_a_longer_one_is_not_committed() -> None:
    words = [Written((1,), 1, "to"), Written((3,), 1, "leave"), Written((4,), 1, "now")]
    again = Look(words, [0.9, 0.1], [0.0, 0.4, 0.8], 5, 5, names=["today"])
    assert confirm(Tail((1, 2), (1, 1)), again, POLICY).committed == ()


def test_a_word_is_shown_when_only_its_case_changed() -> None:
    words = [Written((7,), 1, "to"), Written((3,), 1, "leave"), Written((5,), 1, "now")]
    again = Look(words, [0.1, 0.9], [0.0, 0.5, 1.0], 5, 5, names=["to", "leave"])
    assert confirm(Tail((2, 3), (1, 1)), again, POLICY).shown == (7, 3)


def test_a_likely_word_is_shown_at_once_but_for_the_last_which_may_still_grow() -> None:
    def shown(*likely: float) -> tuple[int, ...]:
        words = [written([n]) for n in range(len(likely))]
        return confirm(Tail(), Look(words, [], [0.0], 5, 5, likely=likely), POLICY).shown

    assert shown(0.9, 0.9, 0.9) == (0, 1)
    assert shown(0.9, 0.5, 0.9) == (0,)
    assert shown() == ()


def test_a_word_that_its_own_model_does_not_believe_is_left_to_the_last_pass() -> None:
    tail = Tail((1, 2, 3), (9, 9, 9))
    assert confirm(tail, look([[1], [2], [3]], [0.04] * 3, [0.5, 1, 1.5], 5, 5), POLICY).committed == ()
    assert confirm(tail, look([[1], [2], [3]], [0.06] * 3, [0.5, 1, 1.5], 5, 5), POLICY).committed == (
        (1,),
        (2,),
    )


def lasting(*words: tuple[int, float]) -> bool:
    """Whether the last of these words (token, s) is borne out."""
    return borne([Lasted((token,), lasts_s) for token, lasts_s in words])


def test_what_repeats_the_words_before_it_needs_time_for_both_rounds() -> None:
    assert lasting((8, 0.3), (9, 0.3), (8, 0.3))
    assert lasting((8, 0.3), (9, 0.3), (8, 0.3), (9, 0.3))
    assert not lasting((8, 0.3), (9, 0.3), (8, 0.3), (9, 0.02))
    assert not lasting((8, 0.3), (9, 0.0), (8, 0.3))
    assert lasting((1, 0.3), (1, 0.3))
    assert not lasting((1, 0.3), (1, 0.1))
    assert not lasting((1, 0.1), (1, 0.3))


def test_a_round_that_has_no_time_in_the_sound_is_not_committed() -> None:
    said = [Lasted((8,), 0.3), Lasted((9,), 0.3)]
    for ends, committed in (([1.0, 1.5, 2.0], 2), ([1.0, 1.0, 2.0], 1), ([0.0, 0.0, 2.0], 0)):
        again = msgspec.structs.replace(look([[8], [9], [5]], [0.9] * 3, ends, 5, 5), said=said)
        assert len(confirm(Tail((8, 9, 5), (9, 9, 9)), again, POLICY).committed) == committed


def test_nothing_is_taken_for_said_behind_two_words_without_time() -> None:
    assert lasting((1, 0.4), (7, 0.0), (9, 0.3))
    assert not lasting((1, 0.4), (7, 0.0), (0, 0.0), (9, 0.3))


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=4),
    st.lists(st.integers(10, 19), max_size=3, unique=True),
)
def test_a_third_round_is_left_to_the_last_pass(first: list[int], before: list[int]) -> None:
    words = [(token, 0.4) for token in [*before, *first * 3]]
    assert not lasting(*words)


@given(st.lists(st.floats(0.06, 1), min_size=1, max_size=20))
def test_words_that_are_no_repetition_need_hardly_any_time(lasts: list[float]) -> None:
    assert lasting(*enumerate(lasts))


@given(st.lists(PASS, max_size=8))
def test_committed_words_are_the_first_of_what_was_agreed_and_only_grow(
    passes: list[list[tuple[list[int], float, float]]],
) -> None:
    tail, committed = Tail(), list[int]()
    for words in passes:
        tokens = [token for word, _, _ in words for token in word]
        chances = (
            [words[n % len(words)][1] for n in range(len(tail.tokens))] if words else [0.0] * len(tail.tokens)
        )
        times = [0.3 * (n + 1) for n in range(len(tail.tokens))]
        outcome = confirm(tail, look([word for word, _, _ in words], chances, times, 4.0, 4.0), POLICY)
        fresh = [token for word in outcome.committed for token in word]
        assert fresh == list(tail.tokens[: len(fresh)])  # seen in the pass before as well
        assert list(outcome.shown) == tokens[len(fresh) :][: len(outcome.shown)]
        assert fresh + list(outcome.tail.tokens) == tokens
        assert len(outcome.tail.survived) == len(outcome.tail.tokens)
        tail, committed = outcome.tail, committed + fresh


def test_a_committed_word_does_not_grow_by_what_no_token_explains() -> None:
    spoken = Utterance(1, 0, 0, 0, words=[Said((1,), 0, 8_000, 0.9)])
    retimed(spoken, Aligned([0.9], [0.0, 14.4]))
    assert spoken.words[0].end == 8_000
    retimed(spoken, Aligned([0.9], [0.1, 0.7]))
    assert (spoken.words[0].begin, spoken.words[0].end) == (1_600, 11_200)
