"""What a client of Flux asks for, at first and later, and messages that none should send."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.errors import ClientFault
from streaming.parts import AudioFormat
from streaming.wire.deepgram.flux.asked import understood
from streaming.wire.deepgram.flux.turns import FLUX
from streaming.wire.dialect import Refusal
from streaming.wire.messages import AudioFinalize, EndpointingAsked, SessionUpdate
from tests.malformed import JSON, Json, Junk, wrong_of

KINDS = ("CloseStream", "ForceEndTurn", "KeepAlive", "Configure")
THRESHOLDS = ("eot_threshold", "eager_eot_threshold", "eot_timeout_ms")
NUMBERS: Any = dict.fromkeys(THRESHOLDS, JSON)
OPTIONAL: Any = {
    "thresholds": JSON | st.fixed_dictionaries({}, optional=NUMBERS),
    "keyterms": JSON,
    "language_hints": JSON,
}
BENT = st.fixed_dictionaries({"type": st.sampled_from([*KINDS, "Other", ""]) | JSON}, optional=OPTIONAL).map(
    json.dumps
)
NAMES = (*THRESHOLDS, "encoding", "sample_rate", "keyterm", "language_hint", "model", "tag")
VALUES = (
    st.text() | st.integers().map(str) | st.floats().map(str) | st.sampled_from(["linear16", "opus", "en"])
)


def test_what_is_asked_for_becomes_a_session() -> None:
    asked = understood(
        "model=flux-general-en&encoding=linear16&sample_rate=16000&keyterm=Vivavoce&keyterm=two%20words&tag=x"
        "&mip_opt_out=true"
    )
    start = asked.start
    assert (start.audio, start.language, start.hotwords) == (
        AudioFormat("pcm_s16le", 16_000, 1), "en", ["Vivavoce", "two words"],
    )  # fmt: skip
    assert start.endpointing == EndpointingAsked(silence_ms=None, eager_ms=0)
    assert start.metadata == {"tag": "x", "api": "deepgram.flux"}
    assert understood("").source == "container"
    assert understood("encoding=opus").source == "packets"
    assert understood("encoding=ogg-opus&model=flux-general-multi").start.language is None
    assert understood("model=flux-general-multi&language_hint=es").start.language == "es"
    assert understood("model=flux-general-multi&language_hint=es&language_hint=en").start.language is None


@pytest.mark.parametrize(
    ("query", "silence_ms", "eager_ms"),
    [
        ("eot_threshold=0.7", 450, 0),
        ("eot_threshold=0.9", 579, 0),
        ("eot_threshold=1.0", 5_000, 0),
        ("eot_threshold=1&eot_timeout_ms=3000", 3_000, 0),
        ("eot_timeout_ms=5000", None, 0),
        ("eot_timeout_ms=300", 300, 0),
        ("eager_eot_threshold=0.4", None, 256),
        ("eot_threshold=0.8&eager_eot_threshold=0.4", 514, 256),
        ("eot_threshold=0.5&eager_eot_threshold=0.1", 321, 100),
    ],
)
def test_a_threshold_is_a_silence(query: str, silence_ms: int | None, eager_ms: int) -> None:
    assert understood(query).start.endpointing == EndpointingAsked(silence_ms=silence_ms, eager_ms=eager_ms)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("encoding=linear16", "sample_rate"),
        ("encoding=amr&sample_rate=8000", "amr"),
        ("eot_threshold=1.1", "eot_threshold"),
        ("eager_eot_threshold=0.8", "eager_eot_threshold"),
        ("eot_timeout_ms=60001", "eot_timeout_ms"),
        ("keyterm=" + "x" * 61, "keyterm"),
        ("language_hint=e;n", "language"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name_before_the_upgrade(query: str, named: str) -> None:
    with pytest.raises(ClientFault, match=named) as caught:
        understood(query)
    answer = FLUX.refusal(caught.value, "r7")
    assert isinstance(answer, Refusal)
    assert (answer.status, msgspec.to_builtins(answer.body)["err_msg"]) == (400, caught.value.message)


def test_what_a_client_says_is_done_and_what_it_changes_adds_up() -> None:
    flux = FLUX.translator(
        understood("model=flux-general-multi&encoding=mulaw&keyterm=old&eot_threshold=0.7")
    )
    assert flux.read('{"type":"CloseStream"}').over
    assert flux.read('{"type":"ForceEndTurn"}').does == [AudioFinalize()]
    assert not flux.read('{"type":"KeepAlive"}').does
    read = flux.read('{"type":"Configure","thresholds":{"eager_eot_threshold":0.35}}')
    assert read.does == [SessionUpdate(endpointing=EndpointingAsked(silence_ms=450, eager_ms=224))]
    assert json.loads(msgspec.json.encode(read.answers)) == [
        {
            "type": "ConfigureSuccess", "request_id": "", "sequence_id": 0, "keyterms": ["old"],
            "thresholds": {"eot_threshold": 0.7, "eager_eot_threshold": 0.35}, "language_hints": [],
        }
    ]  # fmt: skip
    read = flux.read('{"type":"Configure","keyterms":"new","language_hints":["es"]}')
    assert read.does == [SessionUpdate(hotwords=["new"], language="es")]
    read = flux.read('{"type":"Configure","thresholds":{"eager_eot_threshold":0.9}}')
    assert not read.does
    failed = msgspec.to_builtins(read.answers)[0]
    assert (failed["type"], failed["code"], failed["sequence_id"]) == (
        "ConfigureFailure", "INVALID_CONFIGURATION", 2,
    )  # fmt: skip
    assert flux.read('{"type":"Configure"}').does == [SessionUpdate()]


@settings(max_examples=300)
@given(BENT | st.text() | JSON.map(json.dumps))
def test_whatever_a_client_says_is_done_answered_or_ends_the_session(frame: str) -> None:
    check(frame)


def test_five_thousand_malformed_messages_are_done_answered_or_end_the_session() -> None:
    assert 2_000 < wrong_of(5_000, Bent(1), check) < 5_000


class Bent(Junk):
    """Messages of Flux's clients, bent as ours are elsewhere."""

    def _message(self) -> Json:
        kind = self._chance.choice(KINDS)
        more = {"keyterms": ["a"], "thresholds": {"eot_threshold": 0.8}} if kind == "Configure" else {}
        return {"type": kind, **more}


def check(frame: str) -> bool:
    """Whether a frame was wrong, and can be told so."""
    flux = FLUX.translator(understood("encoding=mulaw"))
    try:
        read = flux.read(frame)
    except ClientFault as fault:
        closing = flux.closing(fault)
        [error] = closing.last
        assert json.loads(msgspec.json.encode(error))["code"] == "UNPARSABLE_CLIENT_MESSAGE"
        assert (closing.code, len(closing.reason.encode()) <= 123) == (1008, True)
        return True
    kinds = [json.loads(msgspec.json.encode(answer))["type"] for answer in read.answers]
    assert kinds in ([], ["ConfigureSuccess"], ["ConfigureFailure"])
    assert ("ConfigureFailure" in kinds) <= (not read.does)
    return "ConfigureFailure" in kinds


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6))
def test_whatever_an_address_asks_for_is_understood_or_refused(parts: list[tuple[str, str]]) -> None:
    with contextlib.suppress(ClientFault):
        asked = understood("&".join(f"{name}={value}" for name, value in parts))
        assert asked.start.audio is not None
        wanted = asked.start.endpointing
        assert wanted.silence_ms is None or 200 <= wanted.silence_ms <= 5_000  # type: ignore[operator]
        assert wanted.eager_ms == 0 or 100 <= wanted.eager_ms <= 5_000  # type: ignore[operator]
