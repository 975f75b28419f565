"""Which model calls go together."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr.whisper.batches import BUCKET, NEAR, Encoded, batches
from asr.whisper.passes import Align, Call, Detect, Encode, Generate

VIEW = np.zeros((80, 1), np.float32)


def window(frames: int) -> Encoded:
    return Encoded(None, 0, 1, frames)


frames = st.sampled_from([500, 520, 540, 560, 1500])
windows = frames.map(window)
languages = st.sampled_from(["en", "fr"])
texts = st.integers(0, 12).map(lambda count: (7,) * count)
calls: st.SearchStrategy[Any] = st.one_of(
    st.builds(Encode, st.just(VIEW), frames),
    st.builds(Detect, windows),
    st.builds(Align, windows, languages, texts, st.integers(10, 500), st.booleans()),
    st.builds(Generate, windows, languages, texts, st.integers(1, 9), st.sampled_from([1, 5])),
)
some = st.lists(calls, max_size=30).map(lambda calls: dict(enumerate(calls)))


@given(some)
def test_each_call_is_in_one_group(calls: dict[int, Call]) -> None:
    groups = batches(calls)
    assert sorted(number for group in groups for number in group) == sorted(calls)
    assert [group[0] for group in groups] == sorted(group[0] for group in groups)


@given(some)
def test_what_goes_together_can_be_made_as_one(calls: dict[int, Call]) -> None:
    for group in batches(calls):
        members = [calls[number] for number in group]
        assert len({type(member) for member in members}) == 1
        first = members[0]
        for one in members:
            if isinstance(one, Encode) and isinstance(first, Encode):
                assert abs(one.frames - first.frames) < BUCKET
            elif isinstance(one, Align) and isinstance(first, Align):
                assert one.encoded.frames == first.encoded.frames
                assert (one.language, one.translate) == (first.language, first.translate)
            elif isinstance(one, Generate) and isinstance(first, Generate):
                assert one.encoded.frames == first.encoded.frames
                assert one.beam == first.beam
                assert bool(one.prefix) == bool(first.prefix)
                assert abs(len(one.prefix) - len(first.prefix)) < NEAR


def test_windows_of_one_length_go_together() -> None:
    calls: dict[int, Call] = {n: Encode(VIEW, frames) for n, frames in enumerate([500, 1500, 500, 1500, 500])}
    assert batches(calls) == [[0, 2, 4], [1, 3]]
