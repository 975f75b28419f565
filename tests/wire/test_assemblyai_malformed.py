"""Messages and addresses that no client of AssemblyAI's should send."""

import contextlib
import json
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.errors import ClientFault
from streaming.wire.assemblyai.asked import understood
from streaming.wire.assemblyai.turns import ASSEMBLYAI
from tests.malformed import JSON, Json, Junk, wrong_of

FIELDS = ("min_turn_silence", "max_turn_silence", "end_of_turn_confidence_threshold", "keyterms_prompt",
          "language_codes", "min_end_of_turn_silence_when_confident")  # fmt: skip
KINDS = ("Terminate", "ForceEndpoint", "KeepAlive", "UpdateConfiguration")
OPTIONAL: Any = dict.fromkeys(FIELDS, JSON)
BENT = st.fixed_dictionaries({"type": st.sampled_from([*KINDS, "Other", ""]) | JSON}, optional=OPTIONAL).map(
    json.dumps
)
NAMES = (*FIELDS, "encoding", "sample_rate", "inactivity_timeout", "include_partial_turns", "language_code",
         "language_detection", "speech_model", "webhook_url", "token")  # fmt: skip
VALUES = st.text() | st.integers().map(str) | JSON.map(json.dumps) | st.sampled_from(["true", "opus", "aac"])


@settings(max_examples=300)
@given(BENT | st.text() | JSON.map(json.dumps))
def test_whatever_a_client_says_is_done_or_ends_the_session_with_a_reason(frame: str) -> None:
    check(frame)


def test_five_thousand_malformed_messages_are_done_or_end_the_session() -> None:
    assert 2_000 < wrong_of(5_000, Bent(1), check) < 5_000


class Bent(Junk):
    """Messages of AssemblyAI's clients, bent as ours are elsewhere."""

    def _message(self) -> Json:
        kind = self._chance.choice(KINDS)
        more = {"keyterms_prompt": ["a"], "max_turn_silence": 900} if kind == "UpdateConfiguration" else {}
        return {"type": kind, **more}


def check(frame: str) -> bool:
    """Whether a frame ends the session, and can be told so."""
    turns = ASSEMBLYAI.translator(understood(""))
    try:
        read = turns.read(frame)
    except ClientFault as fault:
        closing = turns.closing(fault)
        [error] = closing.last
        assert json.loads(msgspec.json.encode(error))["error_code"] == closing.code == 3006
        assert len(closing.reason.encode()) <= 123
        return True
    assert not read.answers
    return False


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6))
def test_whatever_an_address_asks_for_is_understood_or_refused(parts: list[tuple[str, str]]) -> None:
    text = "&".join(f"{name}={value}" for name, value in parts)
    ASSEMBLYAI.shown({}, text, [])
    with contextlib.suppress(ClientFault):
        asked = understood(text)
        assert asked.start.audio is not None
        assert all(0 < len(word) <= 60 for word in asked.start.hotwords)
        silence = asked.start.endpointing.silence_ms
        assert not isinstance(silence, int) or 200 <= silence <= 5_000
