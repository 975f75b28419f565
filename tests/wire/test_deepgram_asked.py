"""What a client of Deepgram's asks for, who it says that it is, and how it is refused."""

from typing import Any

import msgspec
import pytest

from streaming.errors import ClientFault, Close, Overloaded, ServiceFault
from streaming.parts import AudioFormat
from streaming.wire.deepgram import faults
from streaming.wire.deepgram.asked import understood
from streaming.wire.deepgram.live import LIVE
from streaming.wire.dialect import Refusal, Shown, quiet
from streaming.wire.messages import AudioFinalize, EndpointingAsked, SessionUpdate

MONO = AudioFormat("pcm_s16le", 16_000, 1)


@pytest.mark.parametrize(
    ("query", "source", "audio", "mixed"),
    [
        ("encoding=linear16&sample_rate=48000", "raw", AudioFormat("pcm_s16le", 48_000, 1), 1),
        ("encoding=linear32&sample_rate=8000", "raw", AudioFormat("pcm_f32le", 8_000, 1), 1),
        ("encoding=mulaw", "raw", AudioFormat("mulaw", 8_000, 1), 1),
        ("encoding=ALAW&channels=2&multichannel=true", "raw", AudioFormat("alaw", 8_000, 2), 1),
        ("encoding=mulaw&channels=2", "raw", AudioFormat("pcm_s16le", 8_000, 1), 2),
        ("encoding=opus", "packets", AudioFormat("opus", 48_000, 1), 1),
        ("encoding=opus&channels=2&sample_rate=16000", "packets", AudioFormat("opus", 16_000, 1), 1),
        ("", "container", MONO, 1),
        ("encoding=flac&sample_rate=44100", "container", MONO, 1),
        ("multichannel=true", "container", AudioFormat("pcm_s16le", 16_000, 2), 1),
    ],
)
def test_sound_is_taken_as_the_address_says(query: str, source: str, audio: AudioFormat, mixed: int) -> None:
    asked = understood(query)
    assert (asked.source, asked.start.audio, asked.mixed) == (source, audio, mixed)


def test_what_is_asked_for_becomes_a_session_and_what_is_unknown_is_left_alone() -> None:
    asked = understood(
        "model=nova-3&encoding=mulaw&language=pt-BR&keyterm=Vivavoce&keyterm=two%20words&keywords=snuffle:2.5"
        "&keywords=a:b&endpointing=300&interim_results=true&vad_events=1&utterance_end_ms=1000&tag=x&tag=y"
        "&extra=ticket:7:8&redact=pci&smart_format=true&diarize=false&nobody=knows&punctuate"
    )
    start = asked.start
    assert (start.language, start.hotwords) == ("pt", ["Vivavoce", "two words", "snuffle", "a:b"])
    assert start.endpointing == EndpointingAsked(silence_ms=300)
    assert start.metadata == {"ticket": "7:8", "tag": "x, y", "api": "deepgram"}
    assert (asked.interim, asked.starts, asked.ends, asked.utterance_end_ms) == (True, True, True, 1_000)
    assert (asked.extra, asked.languages) == ({"ticket": "7:8"}, False)


@pytest.mark.parametrize(
    ("endpointing", "silence_ms", "ends"),
    [("10", 200, True), ("9999", 5_000, True), ("true", None, True), ("false", None, False)],
)
def test_a_pause_is_as_near_to_what_was_asked_as_there_is_one(
    endpointing: str, silence_ms: int | None, ends: bool
) -> None:
    asked = understood(f"encoding=mulaw&endpointing={endpointing}")
    wanted = EndpointingAsked() if silence_ms is None else EndpointingAsked(silence_ms=silence_ms)
    assert (asked.start.endpointing, asked.ends) == (wanted, ends)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("encoding=linear16", "sample_rate"),
        ("encoding=amr-nb&sample_rate=8000", "amr-nb"),
        ("encoding=mulaw&sample_rate=fast", "sample_rate"),
        ("encoding=mulaw&channels=9", "channels"),
        ("encoding=mulaw&channels=-1", "channels"),
        ("encoding=mulaw&multichannel=perhaps", "multichannel"),
        ("endpointing=soon", "endpointing"),
        ("utterance_end_ms=1e3", "utterance_end_ms"),
        ("language=en;drop", "language"),
        ("callback=https://x.example", "callback"),
        ("keyterm=" + "x" * 61, "keyterm"),
        ("&".join(["keyterm=x"] * 101), "keyterm"),
        ("extra=" + "x" * 65 + ":y", "extra"),
        ("&".join(["a=b"] * 1_001), "parts"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(query: str, named: str) -> None:
    with pytest.raises(ClientFault, match=named) as caught:
        understood(query)
    answer = LIVE.refusal(caught.value, "r7")
    assert isinstance(answer, Refusal)
    assert answer.status == 400
    assert msgspec.to_builtins(answer.body) == {
        "err_code": "Bad Request", "err_msg": caught.value.message, "request_id": "r7",
    }  # fmt: skip
    assert answer.headers["dg-request-id"] == "r7"


@pytest.mark.parametrize(
    ("headers", "offered", "keys", "subprotocol"),
    [
        ({"authorization": "Token K1"}, [], ["K1"], None),
        ({"authorization": "token  K1 "}, [], ["K1"], None),
        ({"authorization": "Bearer K1"}, [], ["K1"], None),
        ({}, ["token", "K1"], ["K1"], "token"),
        ({}, ["bearer", "K1"], ["K1"], "bearer"),
        ({"authorization": "Basic K1"}, [], [], None),
        ({"authorization": "Token"}, ["other"], [], None),
    ],
)
def test_a_key_comes_in_the_head_or_as_a_subprotocol(
    headers: dict[str, str], offered: list[str], keys: list[str], subprotocol: str | None
) -> None:
    assert LIVE.shown(headers, "", offered) == Shown(keys, subprotocol, either=bool(keys))


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        (ClientFault("odd", "no sound", close=Close.ENCODING), 1008, "DATA-0000: no sound"),
        (ClientFault("order", "not now", close=Close.ORDER), 1008, "not now"),
        (quiet(10), 1011, "NET-0001: neither sound nor KeepAlive came for 10 s"),
        (ServiceFault("internal", "é" * 100), 1011, "NET-0000: " + "é" * 56),
        (Overloaded("full", retry_after=3), 1013, "full"),
    ],
)
def test_a_fault_after_the_upgrade_is_a_code_and_a_reason_that_fits(
    fault: Any, code: int, reason: str
) -> None:
    closing = LIVE.translator(understood("encoding=mulaw")).closing(fault)
    assert (closing.code, closing.reason) == (code, reason)
    assert len(closing.reason.encode()) <= 123


def test_who_is_full_says_when_to_come_back_and_who_has_no_key_that_it_is_wrong() -> None:
    full = LIVE.refusal(Overloaded("full\r\nnow é", retry_after=2.5), "r")
    assert isinstance(full, Refusal)
    assert (full.status, full.headers["retry-after"], full.headers["dg-error"]) == (503, "3", "full  now ?")
    wrong = LIVE.refusal(ClientFault("unauthorized", "no"), "r")
    assert isinstance(wrong, Refusal)
    assert isinstance(wrong.body, faults.Refused)
    assert (wrong.status, wrong.body.err_code) == (401, "INVALID_AUTH")


def test_what_a_client_says_is_done_or_told_to_be_wrong() -> None:
    live = LIVE.translator(understood("encoding=mulaw"))
    assert live.read('{"type":"KeepAlive","more":1}') == live.read('{"type":"KeepAlive"}')
    assert live.read('{"type":"Finalize","channel":[0,1]}').does == [AudioFinalize()]
    assert live.read('{"type":"CloseStream"}').over
    read = live.read('{"type":"Configure","keyterms":["a "],"features":{"numerals":true}}')
    assert read.does == [SessionUpdate(hotwords=["a"])]
    assert msgspec.to_builtins(read.answers) == [
        {"type": "ConfigureSuccess", "request_id": "", "keyterms": ["a"]},
    ]
    over = live.read(msgspec.json.encode({"type": "Configure", "keyterms": ["x"] * 101}).decode())
    assert not over.does
    assert msgspec.to_builtins(over.answers)[0]["code"] == "CONFIGURE_KEYTERM_LIMIT_EXCEEDED"
    for junk in ('{"type":"Other"}', "{", "[]", "\ud83d", "[" * 5_000, '{"type":"Finalize","channel":"x"}'):
        [answer] = live.read(junk).answers
        assert isinstance(answer, faults.Wrong)
        assert answer.variant == "SchemaError"
        msgspec.json.encode(answer)
