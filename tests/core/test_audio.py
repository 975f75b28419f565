"""What clients send becomes 16 kHz PCM16, sample by sample accounted for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming import audio
from streaming.errors import ClientFault, Close
from streaming.events import AudioFormat

CUTS = st.lists(st.integers(1, 5_000), min_size=1, max_size=40)


def tone(rate: int, samples: int) -> audio.Int16:
    return audio.to_int16(10_000 * np.sin(2 * np.pi * 440 * np.arange(samples) / rate))[:, None]


def resampled(rate: int, sound: audio.Int16, cuts: list[int]) -> audio.Int16:
    resampler = audio.Resampler(rate, sound.shape[1])
    made, at = [], 0
    for cut in [*cuts, len(sound)]:
        made.append(resampler.push(sound[at : at + cut]))
        at += cut
    done = sum(map(len, made))
    return np.concatenate([*made, resampler.flush(len(sound) * audio.RATE // rate - done)])


@settings(deadline=None, max_examples=60)
@given(rate=st.sampled_from(audio.RATES), samples=st.integers(0, 20_000), cuts=CUTS)
def test_every_sample_is_there_however_the_sound_was_cut(rate: int, samples: int, cuts: list[int]) -> None:
    sound = tone(rate, samples)
    cut, whole = resampled(rate, sound, cuts), resampled(rate, sound, [samples])
    assert len(cut) == samples * audio.RATE // rate
    assert np.abs(cut.astype(int) - whole).max(initial=0) <= 1


@pytest.mark.parametrize("rate", audio.RATES)
def test_output_sample_n_stands_at_input_time_n(rate: int) -> None:
    made = resampled(rate, tone(rate, rate), [rate])[:, 0]
    wanted = 10_000 * np.sin(2 * np.pi * 440 * np.arange(len(made)) / audio.RATE)
    assert np.abs(made - wanted)[100:-100].max() < 3


@pytest.mark.parametrize("rate", audio.RATES)
def test_a_place_in_the_output_is_a_place_in_the_input(rate: int) -> None:
    resampler = audio.Resampler(rate, 1)
    done = 0
    for _ in range(50):
        done += len(resampler.push(tone(rate, 333)))
        assert done * rate % audio.RATE == 0


def test_what_is_above_the_new_band_does_not_fold_back() -> None:
    high = audio.to_int16(10_000 * np.sin(2 * np.pi * 12_000 * np.arange(48_000) / 48_000))[:, None]
    assert np.abs(resampled(48_000, high, [48_000])[100:-100]).max() < 10


def test_channels_stay_apart() -> None:
    left = tone(48_000, 4_800)
    both = resampled(48_000, np.concatenate([left, np.zeros_like(left)], axis=1), [480])
    assert np.abs(both[:, 0]).max() > 9_000
    assert not both[:, 1].any()


@pytest.mark.parametrize(
    ("law", "code", "value"), [("mulaw", 0x00, -32124), ("mulaw", 0xFF, 0), ("alaw", 0xD5, 8)]
)
def test_g711_values_are_those_of_the_recommendation(law: audio.Encoding, code: int, value: int) -> None:
    assert audio.decode(AudioFormat(law, 8_000, 1), bytes([code]))[0, 0] == value


def test_floats_are_scaled_and_clipped_and_not_numbers_are_silence() -> None:
    frame = np.array([0.5, 2.0, -2.0, np.nan], "<f4").tobytes()
    made = audio.decode(AudioFormat("pcm_f32le", 16_000, 1), frame)[:, 0]
    assert made.tolist() == [16_384, 32_767, -32_768, 0]


def test_half_a_sample_is_the_clients_fault_and_says_what_to_send() -> None:
    with pytest.raises(ClientFault, match="multiples of 4") as caught:
        audio.count(AudioFormat("pcm_s16le", 16_000, 2), 6)
    assert caught.value.close == Close.ENCODING


@pytest.mark.parametrize(
    "wrong", [AudioFormat(sample_rate=16_001), AudioFormat(channels=0), AudioFormat(channels=9)]
)
def test_rates_and_channels_that_we_do_not_take_are_named(wrong: AudioFormat) -> None:
    with pytest.raises(ClientFault) as caught:
        audio.check(wrong)
    assert caught.value.close == Close.ENCODING
    assert str(wrong.sample_rate if wrong.channels == 1 else wrong.channels) in caught.value.message
