"""What a transcription server's texts are taken for."""

from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.remote import matching, reply
from asr.remote.languages import code
from asr.remote.reply import Heard, Reply
from asr.remote.written import Written, read, written
from asr.speaker.checkpoint import Said, SessionState, pack, unpack
from asr.whisper.passes import Answer, Question

WORDS = Written()
VOICE = (0.5, 4.5)


def question(**changes: Any) -> Question:
    view = np.zeros(0, np.float32)
    plain: dict[str, Any] = {"view": view, "heard": 500, "frames": 600, "forced": (), "tail": ()}
    plain |= {"begin_s": 0.5, "said_s": 0.5, "voice_s": 4.5, "language": "en", "fallback": "en"}
    return Question(**{**plain, **changes})


def tokens(text: str) -> tuple[int, ...]:
    return WORDS.tokens(text)


def spoken(text: str, each_s: float = 0.5) -> list[Heard]:
    return [
        Heard(" " + word, 0.5 + n * each_s, 0.5 + (n + 1) * each_s) for n, word in enumerate(text.split())
    ]


def matched(text: str, **changes: Any) -> Answer:
    return matching.answer(question(**changes), spoken(text), "en", told=False)


# ---- the vocabulary ------------------------------------------------------------------------------------------------

Text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
Word = Text.filter(lambda text: bool(text) and not any(sign.isspace() for sign in text))


@given(Text)
def test_a_word_survives_being_written_in_tokens(word: str) -> None:
    assert read(written(word)) == word
    assert WORDS.text(written(word)) == word


@given(st.lists(Word, max_size=8))
def test_tokens_fall_into_the_words_that_they_were_made_of(said: list[str]) -> None:
    groups = [written(" " + word) for word in said]
    assert WORDS.words([token for group in groups for token in group], "en") == groups
    assert tokens(" ".join(said)) == tuple(token for group in groups for token in group)


@given(Word, Word)
def test_no_word_begins_another_word(one: str, other: str) -> None:
    if one != other:
        assert written(one) != written(other)[: len(written(one))]


def test_what_was_committed_is_read_by_a_successor() -> None:
    state = SessionState()
    said = Said(written(" Überraschungsmoment,"), 0, 16_000, 1.0)
    again = unpack(pack(state))
    assert again == state
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(said), type=Said)
    assert read(kept.tokens) == " Überraschungsmoment,"


def test_a_token_of_another_engine_says_nothing_and_breaks_nothing() -> None:
    assert isinstance(read([50_257, -3, 1 << 70, 0]), str)


# ---- replies -------------------------------------------------------------------------------------------------------


def test_the_text_has_the_punctuation_and_the_words_have_the_times() -> None:
    body = Reply(
        text="Hello, world. It's me!",
        words=msgspec.convert(
            [
                {"word": "Hello", "start": 0.5, "end": 0.9},
                {"word": "world", "start": 1.0, "end": 1.5},
                {"word": "It's", "start": 2.0, "end": 2.2},
                {"word": "me", "start": 2.2, "end": 2.5, "probability": 0.5},
            ],
            list[reply._Word],
        ),
    )
    heard = reply.words(body, "en", VOICE, 5.0)
    assert [word.text for word in heard] == [" Hello,", " world.", " It's", " me!"]
    assert [(word.begin_s, word.end_s) for word in heard] == [(0.5, 0.9), (1.0, 1.5), (2.0, 2.2), (2.2, 2.5)]
    assert [(word.probability, word.sure) for word in heard][2:] == [(None, False), (0.5, True)]


def test_without_times_of_words_those_of_the_segments_are_spread_over_their_letters() -> None:
    segments = [{"text": " aa bb", "start": 1.0, "end": 2.0}, {"text": " cc dd.", "start": 3.0, "end": 4.0}]
    body = msgspec.convert({"text": "aa bb cc dd.", "segments": segments}, Reply)
    heard = reply.words(body, "en", VOICE, 5.0)
    assert [(word.begin_s, word.end_s) for word in heard] == [(1.0, 1.5), (1.5, 2.0), (3.0, 3.5), (3.5, 4.0)]


def test_a_bare_text_is_spread_over_the_voice() -> None:
    heard = reply.words(Reply(text="aa bb cc dd"), "en", VOICE, 5.0)
    assert [(word.begin_s, word.end_s) for word in heard] == [(0.5, 1.5), (1.5, 2.5), (2.5, 3.5), (3.5, 4.5)]


def test_a_segment_in_which_nobody_spoke_is_left_out() -> None:
    noise = {"text": " Thank you.", "start": 0, "end": 1, "avg_logprob": -1.5, "no_speech_prob": 0.9}
    sure = {"text": " Thank you.", "start": 0, "end": 1, "avg_logprob": -0.3, "no_speech_prob": 0.9}
    for segment, count in ((noise, 0), (sure, 2)):
        body = msgspec.convert({"text": "Thank you.", "segments": [segment]}, Reply)
        assert len(reply.words(body, "en", VOICE, 5.0)) == count


def test_a_language_without_spaces_has_a_word_for_each_sign() -> None:
    assert reply.split("你好。再见", "zh") == ["你", "好。", "再", "见"]
    body = msgspec.convert({"text": "你好。", "words": [{"word": "你好", "start": 1.0, "end": 2.0}]}, Reply)
    heard = reply.words(body, "zh", VOICE, 5.0)
    assert [(word.text, word.begin_s, word.end_s) for word in heard] == [("你", 1.0, 1.5), ("好。", 1.5, 2.0)]


Timed = st.tuples(st.text("ab .", max_size=6), st.floats(-1, 9), st.floats(-1, 9))


@given(Text, st.lists(Timed, max_size=6), st.booleans())
def test_words_stand_in_order_and_within_the_window_whatever_a_server_says(
    text: str, timed: list[tuple[str, float, float]], inside: bool
) -> None:
    words = [{"word": word, "start": begin, "end": end} for word, begin, end in timed]
    segments = [{"text": text, "start": begin, "end": end, "words": words} for _, begin, end in timed]
    body = msgspec.convert(
        {"text": text, "segments": segments} if inside else {"text": text, "words": words}, Reply
    )
    heard = reply.words(body, "en", VOICE, 5.0)
    assert all(0 <= word.begin_s <= word.end_s <= 5 for word in heard)
    assert all(one.begin_s <= other.begin_s for one, other in pairwise(heard))
    if not inside:
        assert "".join(word.text for word in heard).split() == text.split()


@pytest.mark.parametrize(
    ("name", "found"),
    [("english", "en"), ("English", "en"), ("en", "en"), ("en-US", "en"), ("pt_BR", "pt"), ("klingon", None)],
)
def test_a_server_may_name_a_language_as_it_likes(name: str, found: str | None) -> None:
    assert code(name) == found
    assert code(None) is None
    assert code("unknown") is None


# ---- what is new, and what is borne out ----------------------------------------------------------------------------


def test_what_is_committed_is_not_said_again_however_it_is_spelled_now() -> None:
    answer = matched("okay, so the cat sat", forced=tokens("Okay so the"), said_s=2.0)
    assert read(answer.tokens) == " cat sat"
    assert list(answer.aligned.times)[:2] == [0.5, 1.0]


def test_a_word_that_was_committed_and_is_not_heard_any_more_does_not_swallow_the_next() -> None:
    answer = matched("the cat sat", forced=tokens("well the"), said_s=1.0)
    assert read(answer.tokens) == " cat sat"


def test_of_a_word_said_many_times_only_the_committed_ones_are_taken_off() -> None:
    answer = matched("no no no no", forced=tokens("no no"), said_s=1.5)
    assert read(answer.tokens) == " no no"


def test_where_the_committed_words_are_not_recognised_their_time_tells_where_they_end() -> None:
    answer = matched("alpha beta gamma delta", forced=tokens("ex why"), said_s=1.5)
    assert read(answer.tokens) == " gamma delta"


def test_the_tail_is_borne_out_as_far_as_it_is_heard_again() -> None:
    answer = matched("the cat sat down", tail=tokens("the cat sang"))
    assert list(answer.aligned.probabilities) == [1.0, 1.0, 0.0]
    assert list(answer.aligned.times)[:3] == [0.5, 1.0, 1.5]
    assert read(answer.tokens) == " the cat sat down"


def test_a_server_that_doubts_a_word_is_not_overruled_by_hearing_it_twice() -> None:
    heard = [Heard(" the", 0.5, 1.0, 0.3, sure=True), Heard(" cat", 1.0, 1.5, 0.3)]
    answer = matching.answer(question(tail=tokens("the cat")), heard, "en", told=False)
    assert list(answer.aligned.probabilities) == [0.3, 1.0]


def test_a_final_has_the_times_of_all_its_words_and_the_servers_probabilities() -> None:
    heard = [*spoken("the cat"), Heard(" sat", 1.5, 2.0, 0.8)]
    answer = matching.answer(question(forced=tokens("the"), said_s=1.0, final=True), heard, "en", told=True)
    assert read(answer.tokens) == " cat sat"
    assert list(answer.aligned.probabilities) == [1.0, 1.0, 0.8]
    assert list(answer.aligned.times) == [0.5, 1.0, 1.5, 2.0]
    assert answer.told


def test_a_final_in_which_nothing_is_said_says_nothing() -> None:
    answer = matched("", forced=tokens("the cat"), said_s=1.5, final=True)
    assert answer.tokens == ()
    assert list(answer.aligned.probabilities) == []


Few = st.lists(st.sampled_from(["no", "yes", "No,", "a", "bb.", "internationalisation"]), max_size=6)


@given(Few, Few, Few, st.booleans(), st.floats(0, 5))
def test_an_answer_fits_its_question_whatever_was_heard(
    forced: list[str], tail: list[str], heard: list[str], final: bool, said_s: float
) -> None:
    asked = question(forced=tokens(" ".join(forced)), tail=tokens(" ".join(tail)), said_s=said_s, final=final)
    answer = matching.answer(asked, spoken(" ".join(heard)), "en", told=False)
    aligned = answer.aligned
    count = len(asked.forced) + len(answer.tokens if final else asked.tail)
    if not final or answer.tokens:
        assert [len(aligned.probabilities), len(aligned.times)] == [count, count + 1]
        assert all(0 <= one <= other <= 5 for one, other in pairwise(aligned.times))
    assert " ".join(heard).endswith(read(answer.tokens).strip())
