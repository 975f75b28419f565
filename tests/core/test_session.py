"""What may come when, clocks and credit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming import audio
from streaming.errors import ClientFault, Close
from streaming.events import AudioFormat
from streaming.session import NEXT, Clock, Input, Lag, Phase, SessionPolicy, advance

POLICY = SessionPolicy()


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("what", Input)
def test_what_may_not_come_now_ends_the_session_with_1002(phase: Phase, what: Input) -> None:
    if (phase, what) in NEXT:
        assert advance(phase, what) is NEXT[phase, what]
        return
    with pytest.raises(ClientFault, match=what.value) as caught:
        advance(phase, what)
    assert caught.value.close == Close.ORDER


def test_sound_beyond_the_credit_is_refused_and_says_where_the_limit_is() -> None:
    clock = Clock(POLICY, AudioFormat(sample_rate=8_000))
    clock.receive(160_000)
    with pytest.raises(ClientFault, match="sample 160000") as caught:
        clock.receive(1)
    assert caught.value.close == Close.POLICY
    clock.ack(320_000, 320_000, 0)
    clock.receive(1)
    assert clock.received == 160_001


def test_speech_at_its_own_pace_is_acknowledged_however_far_behind_the_recogniser_is() -> None:
    clock = Clock(POLICY, AudioFormat(sample_rate=48_000))
    assert clock.ack(stored=100 * audio.RATE, processed=0, elapsed_s=100) == 100 * 48_000


def test_a_file_sent_at_once_is_read_no_faster_than_the_recogniser_gets_on() -> None:
    clock = Clock(POLICY, AudioFormat())
    assert clock.ack(stored=60 * audio.RATE, processed=0, elapsed_s=0) == 20 * audio.RATE
    assert clock.ack(stored=60 * audio.RATE, processed=15 * audio.RATE, elapsed_s=1) == 35 * audio.RATE


STEP = st.tuples(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(0, 600))


@given(rate=st.sampled_from(audio.RATES), steps=st.lists(STEP, max_size=20))
def test_an_ack_never_goes_back_and_never_beyond_what_is_stored(
    rate: int, steps: list[tuple[int, int, float]]
) -> None:
    clock = Clock(POLICY, AudioFormat(sample_rate=rate))
    last = most = 0
    for stored, processed, elapsed in steps:
        most = max(most, stored)
        now = clock.ack(stored, processed, elapsed)
        assert last <= now <= clock.at_rate(most)
        last = now


@given(rate=st.sampled_from(audio.RATES), periods=st.integers(0, 10**5))
def test_after_a_resume_the_client_goes_on_at_the_very_sample_that_is_missing(
    rate: int, periods: int
) -> None:
    stored = audio.Resampler(rate, 1).up * periods
    clock = Clock(POLICY, AudioFormat(sample_rate=rate), stored)
    assert clock.inside(clock.have) == stored
    assert clock.have == clock.received


@pytest.mark.parametrize(
    ("stored_s", "processed_s", "elapsed_s", "late_s"),
    [
        (10, 9.5, 10, 0.5),  # live, and as usual
        (10, 4, 10, 6),  # live, and late
        (60, 4, 5, 1),  # a file: what came ahead of the clock is not late yet
        (10, 10, 90, 0),  # nothing came for long
        (10, 12, 9, 0),
    ],
)
def test_late_is_what_should_have_been_heard_by_now_at_the_pace_of_speech(
    stored_s: float, processed_s: float, elapsed_s: float, late_s: float
) -> None:
    clock = Clock(POLICY, AudioFormat(sample_rate=48_000))
    stored, processed = round(stored_s * audio.RATE), round(processed_s * audio.RATE)
    assert clock.late_s(stored, processed, elapsed_s) == pytest.approx(late_s)
    resumed = Clock(POLICY, AudioFormat(), stored=5 * audio.RATE)
    assert resumed.late_s(stored + 5 * audio.RATE, processed + 5 * audio.RATE, elapsed_s) == pytest.approx(
        late_s
    )


def test_a_lag_is_told_once_a_second_while_it_lasts_and_once_when_it_is_over() -> None:
    lag = Lag(POLICY)
    late = [0.5, 2.9, 3.0, 4.0, 4.0, 4.0, 2.0, 1.5, 0.5, 3.5]
    told = [lag.told(one, at / 2) for at, one in enumerate(late)]
    assert told == [None, None, 3000, None, 4000, None, None, 0, None, 3500]


def test_who_comes_back_is_told_at_once_that_the_lag_is_over_or_goes_on() -> None:
    for late_s, told in ((0.0, [0, None]), (2.0, [None, None]), (4.0, [4000, None])):
        lag = Lag(POLICY, back=True)
        assert [lag.told(late_s, at / 2) for at in range(2)] == told
