"""Log-mel: the same as Whisper's own, however the sound comes in."""

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.hearing.mel import LogMel, features, filters
from asr.hearing.sound import Int16, Sound


def noise(samples: int) -> Int16:
    rng = np.random.default_rng(samples)
    swell = np.abs(np.sin(np.arange(samples) / 4000)) * 8000
    return (rng.normal(0, 1, samples) * swell).astype(np.int16)


@pytest.mark.parametrize("bands", [80, 128])
def test_the_filters_are_whispers_own(bands: int) -> None:
    theirs = FeatureExtractor.get_mel_filters(16_000, 400, bands)
    assert np.abs(filters(bands) - theirs).max() < 1e-7


def test_the_features_of_a_window_equal_those_of_the_reference() -> None:
    pcm = noise(48_000)
    sound = Sound()
    sound.append(pcm)
    ours = features(LogMel(80).until(sound, 300), 300)
    quiet = np.zeros(1600)
    theirs = FeatureExtractor()(np.concatenate([quiet, pcm, quiet]).astype(np.float32) / 32768)
    assert np.abs(ours - theirs[:, 10:310]).max() < 2e-3


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=8), st.integers(0, 40))
def test_frames_do_not_depend_on_how_the_sound_came(pieces: list[int], drop: int) -> None:
    pcm, sound, mel = noise(sum(pieces)), Sound(), LogMel(80)
    for piece in pieces:
        sound.append(pcm[sound.end : sound.end + piece])
        log = mel.until(sound, max(sound.end // 160, mel.start + 1))
        mel.drop(min(drop, sound.end // 160))
    whole, once = Sound(), LogMel(80)
    whole.append(pcm)
    last = max(len(pcm) // 160, mel.start + 1)
    log = mel.until(sound, last)
    assert np.allclose(log, once.until(whole, last)[:, mel.start :], atol=1e-4)


def test_the_padding_is_the_windows_silence() -> None:
    log = np.full((80, 10), -2.0, np.float32)
    log[0, 0] = 3.0
    padded = features(log, 14)
    assert padded.shape == (80, 14)
    assert padded[5, 12] == pytest.approx((3 - 8 + 4) / 4)
    assert padded[5, 3] == pytest.approx((-2 + 4) / 4)
