"""What a client of AssemblyAI's asks for, who it says that it is, and how it is refused."""

from typing import Any

import msgspec
import pytest

from streaming.errors import ClientFault, Close, Overloaded, ServiceFault
from streaming.parts import AudioFormat
from streaming.wire.assemblyai.asked import understood
from streaming.wire.assemblyai.turns import ASSEMBLYAI
from streaming.wire.dialect import Closing, Shown, quiet
from streaming.wire.messages import AudioFinalize, EndpointingAsked, SessionUpdate


@pytest.mark.parametrize(
    ("query", "source", "audio"),
    [
        ("sample_rate=48000", "raw", AudioFormat("pcm_s16le", 48_000, 1)),
        ("encoding=pcm_mulaw&sample_rate=8000", "raw", AudioFormat("mulaw", 8_000, 1)),
        ("encoding=opus", "packets", AudioFormat("opus", 48_000, 1)),
        ("encoding=ogg_opus", "container", AudioFormat("pcm_s16le", 16_000, 1)),
        ("encoding=aac", "container", AudioFormat("pcm_s16le", 16_000, 1)),
    ],
)
def test_sound_is_taken_as_the_address_says(query: str, source: str, audio: AudioFormat) -> None:
    asked = understood(query)
    assert (asked.source, asked.start.audio) == (source, audio)


def test_what_is_asked_for_becomes_a_session_and_what_is_unknown_is_left_alone() -> None:
    asked = understood(
        "sample_rate=16000&speech_model=universal-streaming-english&format_turns=True&inactivity_timeout=30"
        "&keyterms_prompt=%5B%22Vivavoce%22%2C%20%22two%20words%22%5D&include_partial_turns=false&redact_pii=true"
    )
    assert (asked.start.language, asked.start.hotwords) == ("en", ["Vivavoce", "two words"])
    assert asked.start.endpointing == EndpointingAsked()
    assert (asked.quiet_s, asked.growing, asked.languages) == (30, False, False)
    assert understood("keyterms_prompt=a&keyterms_prompt=b").start.hotwords == ["a", "b"]


@pytest.mark.parametrize(
    ("query", "language", "told"),
    [
        ("", None, True),
        ("speech_model=universal-streaming-multilingual", None, True),
        ("speech_model=universal-streaming-english&language_detection=true", None, True),
        ('language_codes=["es"]', "es", False),
        ('language_codes=["es","en"]', None, True),
        ("language_code=pt-BR&language_detection=true", "pt", True),
    ],
)
def test_a_language_is_the_one_that_was_named_or_told_from_the_voice(
    query: str, language: str | None, told: bool
) -> None:
    asked = understood(query)
    assert (asked.start.language, asked.languages) == (language, told)


@pytest.mark.parametrize(
    ("query", "silence_ms"),
    [
        ("min_turn_silence=400&max_turn_silence=1280&end_of_turn_confidence_threshold=0.4", 752),
        ("min_end_of_turn_silence_when_confident=160&max_turn_silence=2400", 1_056),
        ("max_turn_silence=300", 300),
        ("min_turn_silence=2000", 2_000),
        ("min_turn_silence=0&max_turn_silence=100", 200),
        ("max_turn_silence=9000&end_of_turn_confidence_threshold=1", 5_000),
    ],
)
def test_the_surer_a_turns_end_is_to_be_the_longer_is_its_silence(query: str, silence_ms: int) -> None:
    assert understood(query).start.endpointing == EndpointingAsked(silence_ms=silence_ms)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("encoding=flac", "flac"),
        ("sample_rate=fast", "sample_rate"),
        ("max_turn_silence=-1", "max_turn_silence"),
        ("end_of_turn_confidence_threshold=2", "end_of_turn_confidence_threshold"),
        ("inactivity_timeout=0", "inactivity_timeout"),
        ("keyterms_prompt=[1]", "keyterms_prompt"),
        ("keyterms_prompt=" + "x" * 61, "keyterm"),
        ("language_code=en;drop", "language"),
        ("webhook_url=https://x.example", "webhook_url"),
        ("llm_gateway={}", "llm_gateway"),
        ("include_partial_turns=perhaps", "include_partial_turns"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name_on_an_open_socket(query: str, named: str) -> None:
    with pytest.raises(ClientFault, match=named) as caught:
        understood(query)
    told = ASSEMBLYAI.refusal(caught.value, "r7")
    assert isinstance(told, Closing)
    assert told.code == 3006
    assert msgspec.to_builtins(told.last) == [
        {"type": "Error", "error_code": 3006, "error": caught.value.message},
    ]


@pytest.mark.parametrize(
    ("headers", "query", "shown"),
    [
        ({"authorization": "K1"}, "sample_rate=8000", Shown(["K1"], either=True)),
        ({"authorization": "Bearer K1 "}, "", Shown(["K1"], either=True)),
        ({}, "token=T1", Shown([], ticket="T1", either=True)),
        ({}, "&".join(["a=b"] * 1_001), Shown([], either=True)),
    ],
)
def test_a_key_is_in_the_head_and_a_ticket_in_the_head_or_the_address(
    headers: dict[str, str], query: str, shown: Shown
) -> None:
    assert ASSEMBLYAI.shown(headers, query, []) == shown


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ClientFault("unauthorized", "no", close=Close.POLICY), 1008),
        (ClientFault("bad_origin", "no", close=Close.POLICY), 1008),
        (ClientFault("bad_sound", "no sound", close=Close.ENCODING), 3006),
        (ServiceFault("internal", "é" * 100), 3005),
        (ServiceFault("draining", "gone", close=Close.DRAINING), 1012),
        (ServiceFault("slow", "read", close=Close.OVERLOAD), 1013),
        (Overloaded("full", retry_after=3), 3009),
        (quiet(10), 4031),
    ],
)
def test_a_fault_is_an_error_and_a_close_with_the_same_code(fault: Any, code: int) -> None:
    closing = ASSEMBLYAI.translator(understood("")).closing(fault)
    assert closing.code == code
    assert len(closing.reason.encode()) <= 123
    assert msgspec.to_builtins(closing.last) == [
        {"type": "Error", "error_code": code, "error": fault.message},
    ]


def test_what_a_client_says_is_done_and_what_it_changes_adds_up() -> None:
    turns = ASSEMBLYAI.translator(understood("max_turn_silence=1000"))
    assert turns.read('{"type":"Terminate"}').over
    assert turns.read('{"type":"ForceEndpoint"}').does == [AudioFinalize()]
    assert not turns.read('{"type":"KeepAlive","more":1}').does
    read = turns.read('{"type":"UpdateConfiguration","min_turn_silence":200,"format_turns":true}')
    assert read.does == [SessionUpdate(endpointing=EndpointingAsked(silence_ms=520))]
    read = turns.read('{"type":"UpdateConfiguration","end_of_turn_confidence_threshold":1}')
    assert read.does == [SessionUpdate(endpointing=EndpointingAsked(silence_ms=1_000))]
    read = turns.read('{"type":"UpdateConfiguration","keyterms_prompt":["a "],"language_codes":["fr"]}')
    assert read.does == [SessionUpdate(hotwords=["a"], language="fr")]
    assert turns.read('{"type":"UpdateConfiguration"}').does == [SessionUpdate()]
    for junk in ('{"type":"Other"}', "{", "[]", '{"type":"UpdateConfiguration","max_turn_silence":-1}'):
        with pytest.raises(ClientFault) as caught:
            turns.read(junk)
        assert turns.closing(caught.value).code == 3006
