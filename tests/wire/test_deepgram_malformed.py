"""Messages and addresses that no client of Deepgram's should send."""

import contextlib
import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.errors import ClientFault
from streaming.wire.deepgram import faults
from streaming.wire.deepgram.asked import understood
from streaming.wire.deepgram.live import LIVE
from tests.malformed import JSON, Json, Junk, wrong_of

KINDS = st.sampled_from(["KeepAlive", "Finalize", "CloseStream", "Configure", "Other", "", "keepalive"])
NAMES = ("encoding", "sample_rate", "channels", "multichannel", "endpointing", "utterance_end_ms", "keyterm",
         "keywords", "language", "extra", "tag", "interim_results", "vad_events", "callback", "unknown")  # fmt: skip
VALUES = (
    st.text()
    | st.integers().map(str)
    | st.sampled_from(["true", "false", "linear16", "opus", "mulaw", "en", "multi"])
)
BENT = st.fixed_dictionaries(
    {"type": KINDS | JSON}, optional={"keyterms": JSON, "features": JSON, "channel": JSON, "more": JSON}
).map(lambda body: json.dumps(body, allow_nan=True))


@settings(max_examples=300)
@given(BENT | st.text() | JSON.map(json.dumps))
def test_whatever_a_client_says_is_done_or_answered_and_the_answer_can_be_sent(frame: str) -> None:
    check(frame)


def test_five_thousand_malformed_messages_are_done_or_answered() -> None:
    assert 2_000 < wrong_of(5_000, Bent(1), check) < 5_000


class Bent(Junk):
    """Messages of Deepgram's clients, bent as ours are elsewhere."""

    def _message(self) -> Json:
        kind = self._chance.choice(["KeepAlive", "Finalize", "CloseStream", "Configure"])
        more = {"keyterms": ["a", "b"], "features": {"numerals": True}} if kind == "Configure" else {}
        return {"type": kind, **more}


def check(frame: str) -> bool:
    """Whether a frame was told to be wrong; then nothing was done about it."""
    read = LIVE.translator(understood("encoding=mulaw")).read(frame)
    for answer in read.answers:
        assert json.loads(msgspec.json.encode(answer))["type"] in (
            "Error",
            "ConfigureSuccess",
            "ConfigureFailure",
        )
    wrong = any(isinstance(answer, faults.Wrong) for answer in read.answers)
    assert not (wrong and read.does)
    assert not (wrong and read.over)
    return wrong


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6))
def test_whatever_an_address_asks_for_is_understood_or_refused(parts: list[tuple[str, str]]) -> None:
    text = "&".join(f"{name}={value}" for name, value in parts)
    with contextlib.suppress(ClientFault):
        asked = understood(text)
        assert asked.start.audio is not None
        assert 1 <= asked.start.audio.channels <= 8
        assert all(0 < len(word) <= 60 for word in asked.start.hotwords)
