"""What can go wrong at a transcription server, and how long it is left alone then."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.remote import faults


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "asr_refused"),
        (413, "asr_refused"),
        (401, "asr_denied"),
        (404, "asr_denied"),
        (429, "asr_busy"),
        (503, "asr_busy"),
    ],
)
def test_a_refusal_is_about_the_sound_the_settings_or_the_moment(status: int, name: str) -> None:
    assert faults.refused(status, b"no", "").code == name


@pytest.mark.parametrize(
    "body",
    [
        b'{"error": {"message": "the key K3Y is wrong"}}',
        b'{"detail": "the key K3Y is wrong"}',
        b"the key K3Y is wrong",
    ],
)
def test_a_servers_own_words_are_passed_on_without_our_key(body: bytes) -> None:
    message = faults.refused(401, body, "K3Y").message
    assert message == "the transcription server answers 401: the key ••• is wrong"


def test_a_server_says_how_long_to_leave_it_alone_in_seconds_or_by_a_date() -> None:
    now = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
    assert faults.retry_after({"retry-after": "7"}, now) == 7
    assert faults.retry_after({"retry-after": "Thu, 01 Oct 2026 12:00:09 GMT"}, now) == 9
    assert faults.retry_after({"retry-after": "soon"}, now) is None
    assert faults.retry_after({}, now) is None


@given(st.integers(1, 100), st.none() | st.floats(0, 1000))
def test_a_server_is_left_alone_longer_each_time_but_not_for_ever(failures: int, asked: float | None) -> None:
    wait = faults.pause(failures, asked, 1.0, 30.0)
    assert 1 <= wait <= 30
    assert wait >= min(30, asked or 0)
    assert faults.pause(failures + 1, asked, 1.0, 30.0) >= wait
