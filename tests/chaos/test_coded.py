"""The checker itself: sound whose every frame says its number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.whisper.passes import Question
from tests.chaos import coded
from tests.chaos.decoding import MARGIN, Decoding
from tests.chaos.scenarios import ALL


@given(st.lists(st.integers(-1, coded.FATAL - 1), max_size=40))
def test_every_frame_says_its_number(numbers: list[int]) -> None:
    found = coded.decode(coded.encode(numbers))
    assert [(frame.begin // coded.FRAME, frame.number) for frame in found] == [
        (place, number) for place, number in enumerate(numbers) if number >= 0
    ]


@given(st.integers(0, 39), st.integers(0, coded.FRAME - 1), st.integers(1, 30_000))
def test_a_frame_with_one_wrong_sample_is_no_frame(frame: int, sample: int, by: int) -> None:
    pcm = coded.encode(range(40))
    at = frame * coded.FRAME + sample
    pcm[at] = (int(pcm[at]) + by + 32_768) % 65_536 - 32_768
    assert frame not in [one.number for one in coded.decode(pcm)]


@given(st.integers(0, 4_000), st.sets(st.integers(0, coded.WORD - 1), min_size=1))
def test_the_text_of_a_word_names_its_frames(word: int, there: set[int]) -> None:
    frames = [word * coded.WORD + frame for frame in sorted(there)]
    assert coded.read(coded.spell(frames)) == frames


@given(st.integers(0, 10_000))
def test_nothing_is_wrong_when_all_frames_came_out_once_and_in_order(seed: int) -> None:
    said = coded.plan(seed, 20).frames
    assert coded.compare(said, said) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("heard", "verdict"),
    [
        ([0, 1, 3], (1, 0, 0, 0)),
        ([0, 1, 1, 2, 3], (0, 1, 0, 1)),
        ([0, 1, 2, 3, 9], (0, 0, 1, 0)),
        ([0, 2, 1, 3], (0, 0, 0, 1)),
        (coded.read("bbbb word"), (0, 0, 9, 0)),
    ],
    ids=["lost", "twice", "invented", "moved", "no word of ours"],
)
def test_the_checker_sees_what_is_wrong(heard: list[int], verdict: tuple[int, ...]) -> None:
    assert coded.compare([0, 1, 2, 3], heard) == verdict


@given(st.integers(0, 9), st.integers(0, 60))
def test_the_engine_hears_the_words_that_are_not_forced(forced: int, late: int) -> None:
    """It passes as any engine does: what is behind the forced words, with times that grow."""
    engine = Decoding()
    pcm = coded.encode([*range(120), *[-1] * late])
    view = np.zeros(len(pcm) + 2 * MARGIN, np.float32)
    view[MARGIN:-MARGIN] = pcm / np.float32(32_768)
    words = [coded.spell(range(word * 12, word * 12 + 12)) for word in range(10)]
    known = engine.words.tokens(" ".join(words[:forced]))
    question = Question(
        view=view,
        heard=len(pcm) // 160,
        frames=len(pcm) // 160 + 100,
        forced=known,
        tail=(),
        begin_s=0.0,
        said_s=forced * 0.24,
        voice_s=2.4,
        language="en",
        fallback="en",
        final=True,
    )
    [answer] = engine.run([question])
    assert engine.words.text(answer.tokens).split() == words[forced:]
    assert list(answer.aligned.times) == sorted(answer.aligned.times)


async def test_sessions_lose_nothing_while_parts_die_one_after_the_other() -> None:
    figures = await ALL["one_after_the_other"](True)
    assert figures["faults"] == []
