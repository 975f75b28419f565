"""Speech by a real Chromium over a network that loses packets: no more is missing than the network dropped."""

import pytest

from tests.bench.webrtc_loss import measured
from tests.namespaces import cannot

WHY = cannot()


@pytest.mark.skipif(WHY is not None, reason=str(WHY))
@pytest.mark.slow
@pytest.mark.timeout(200)
def test_of_speech_with_five_per_cent_of_packets_lost_no_more_is_missing_and_the_account_adds_up() -> None:
    [row] = measured([5], ("conf-getpin", "agent-user"), "whip")["rows"]
    assert row["dropped"] > 1
    assert row["missing"] <= row["dropped"] + 1
    assert row["adds_up"]
    assert row["duration_ms"] > 10_000
    assert row["wer"] <= 20
