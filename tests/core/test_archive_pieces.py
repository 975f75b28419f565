"""Sound and logs as they are packed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.archive import pieces
from streaming.archive.kept import Batch, LogEntry, Progress, Sound

CUTS = st.lists(st.integers(1, 700_000), min_size=1, max_size=6)


def sound(begin: int, samples: int, channels: int = 1) -> Sound:
    made = np.arange(begin * channels, (begin + samples) * channels) % 60_000 - 30_000
    return Sound(begin, channels, made.astype("<i2").tobytes())


@settings(deadline=None, max_examples=40)
@given(CUTS, st.integers(0, 3))
def test_pieces_are_the_same_sound_in_at_most_thirty_seconds(sizes: list[int], gap: int) -> None:
    begin, given_sounds = 0, []
    for size in sizes:
        given_sounds.append(sound(begin, size))
        begin += size + gap
    made = list(pieces.pieces(given_sounds))
    assert all(0 < one.end - one.begin <= pieces.PIECE for one in made)
    assert b"".join(one.pcm for one in made) == b"".join(one.pcm for one in given_sounds)
    for one in made:
        assert one == sound(one.begin, one.end - one.begin)
    if not gap:
        assert len(made) == -(-begin // pieces.PIECE)


@pytest.mark.parametrize("channels", range(1, 9))
def test_flac_gives_back_every_sample(channels: int) -> None:
    for samples in (1, 17, 4_097):
        noise = np.random.default_rng(samples).integers(-32_768, 32_768, samples * channels).astype("<i2")
        given_sound = Sound(5, channels, noise.tobytes())
        assert pieces.unpacked_sound(pieces.packed_sound(given_sound), 5, channels) == given_sound


@given(st.lists(st.binary(max_size=50), max_size=8))
def test_a_log_is_given_back_to_the_byte(bodies: list[bytes]) -> None:
    log = [LogEntry(f"{at}-{at}", body) for at, body in enumerate(bodies)]
    assert pieces.unpacked_log(pieces.packed_log(log)) == log


@given(st.integers(0, 400), st.integers(0, 12), st.integers(0, 12))
def test_only_what_is_behind_the_progress_is_new(samples: int, ms: int, number: int) -> None:
    batch = Batch(
        None,  # type: ignore[arg-type]
        [sound(0, 100), sound(100, 200)],
        [LogEntry(f"{at}-{part}", b"") for at in range(10) for part in range(9, 12)],
    )
    new, log = pieces.beyond(batch, Progress(samples, f"{ms}-{number}"))
    assert b"".join(one.pcm for one in new) == sound(0, 300).pcm[samples * 2 :]
    assert [pieces.place(entry.id) > (ms, number) for entry in log] == [True] * len(log)
    assert len(log) == sum(pieces.place(entry.id) > (ms, number) for entry in batch.log)
