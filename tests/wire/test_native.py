"""The native dialect: what is wrong is named, what is not there yet is said."""

import json

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.errors import ClientFault, Close
from streaming.events import AudioFormat, SessionDegraded, SpeechStarted
from streaming.facts import Endpointing, Hints
from streaming.wire import messages as said
from streaming.wire import native


@pytest.mark.parametrize(
    ("frame", "names", "close"),
    [
        ("{", "JSON", Close.MALFORMED),
        ("[]", "object", Close.MALFORMED),
        ('{"type":"nonsense"}', "nonsense", Close.MALFORMED),
        ('{"type":"text","text":"hi","txet":1}', "txet", Close.MALFORMED),
        ('{"type":"audio.skip","samples":"x"}', "samples", Close.MALFORMED),
        ('{"type":"audio.skip","samples":0}', "above 0", Close.MALFORMED),
        ('{"type":"session.start","mode":"transcribe"}', "audio", Close.MALFORMED),
        ('{"type":"session.start","mode":"assist"}', "two channels", Close.MALFORMED),
        (
            '{"type":"session.start","mode":"assist","audio":{"channels":1}}',
            "1 the customer",
            Close.MALFORMED,
        ),
        (
            '{"type":"session.start","mode":"chat","endpointing":{"silence_ms":5}}',
            "100 to 5000",
            Close.MALFORMED,
        ),
        (
            '{"type":"session.start","mode":"chat","endpointing":{"eager_ms":50}}',
            "100 to 5000, or 0",
            Close.MALFORMED,
        ),
        ('{"type":"session.update","endpointing":{"silence_ms":0}}', "100 to 5000", None),
        ('{"type":"session.update","endpointing":{"eager_ms":-1}}', "or 0", None),
        (
            '{"type":"session.resume","session_id":"s","resume_token":"t","last_event_id":"x"}',
            "'x'",
            Close.MALFORMED,
        ),
        (
            '{"type":"suggestion.feedback","suggestion":1,"action":"edited","text":"' + "x" * 8_001 + '"}',
            "up to 8000",
            None,
        ),
        ('{"type":"text","text":"  "}', "blank", None),
    ],
)
def test_a_bad_message_is_answered_with_what_is_wrong(frame: str, names: str, close: int | None) -> None:
    with pytest.raises(ClientFault) as caught:
        native.decode(frame)
    assert names in caught.value.message
    assert caught.value.close == close


def test_of_the_endpointing_what_is_left_out_stays_and_null_is_the_servers_default() -> None:
    start = native.decode(
        '{"type":"session.start","mode":"chat","endpointing":{"silence_ms":800,"eager_ms":0,"semantic":true}}'
    )
    assert isinstance(start, said.SessionStart)
    assert native.semantic(start.endpointing)
    config = native.started(start, "s1", "default")
    assert config.endpointing == Endpointing(silence_ms=800, semantic=True, eager_ms=0)
    update = native.decode(
        '{"type":"session.update","endpointing":{"silence_ms":null,"semantic":false,"eager_ms":300}}'
    )
    assert isinstance(update, said.SessionUpdate)
    assert not native.semantic(update.endpointing)
    changed = native.updated(config, update)
    assert changed.endpointing == Endpointing(silence_ms=None, semantic=False, eager_ms=300)
    alone = native.decode('{"type":"session.update","endpointing":{"eager_ms":0}}')
    assert isinstance(alone, said.SessionUpdate)
    assert native.updated(config, alone).endpointing == config.endpointing
    assert native.updated(config, said.SessionUpdate(language="fr")).endpointing == config.endpointing


@given(st.text() | st.recursive(st.none() | st.booleans() | st.text(), st.lists).map(json.dumps))
def test_no_text_frame_gets_past_the_translator_as_anything_but_a_message_or_a_fault(frame: str) -> None:
    with pytest.raises(ClientFault):
        native.decode(frame)


def test_the_schema_takes_what_we_send_and_what_we_are_sent_and_refuses_the_rest() -> None:
    schema = native.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    start = said.SessionStart(audio=AudioFormat())
    for message in (
        start,
        said.Text(text="hi"),
        SpeechStarted(0, 5),
        said.AudioAck(3),
        said.SessionLag(4_000),
        SessionDegraded("finals", None, "load"),
        said.ErrorTold("a", "b"),
    ):
        check.validate(json.loads(msgspec.json.encode(message)))
    assert not check.is_valid({"type": "text", "text": "hi", "more": 1})


def test_an_event_is_sent_as_it_stands_in_the_log_with_its_id() -> None:
    body = msgspec.json.encode(SpeechStarted(0, 5, "now"))
    sent = json.loads(native.joined("7-0", body, [("resume_token", "t")]))
    assert sent == {"id": "7-0", "resume_token": "t", **json.loads(body)}


def test_what_an_update_leaves_out_stays() -> None:
    started = native.started(said.SessionStart(audio=AudioFormat(), language="de"), "s", "t")
    assert native.updated(started, said.SessionUpdate()) == started
    assert native.updated(started, said.SessionUpdate(language=None)).language is None


def test_hot_words_and_a_prompt_are_taken_at_the_start_and_changed_one_by_one() -> None:
    audio = AudioFormat()
    start = said.SessionStart(audio=audio, hotwords=["Digium", "DAHDI"], prompt="A call.", translate=True)
    config = native.started(start, "s", "t")
    assert (config.hints, config.translate) == (Hints(("Digium", "DAHDI"), "A call."), True)
    config = native.updated(config, said.SessionUpdate(hotwords=[]))
    assert config.hints == Hints((), "A call.")
    config = native.updated(config, said.SessionUpdate(prompt="Two calls."))
    assert config.hints == Hints((), "Two calls.")
    assert native.updated(config, said.SessionUpdate(language="fr")).hints == config.hints


@pytest.mark.parametrize(
    "wrong",
    [
        {"hotwords": ["x"] * 101},
        *[{"hotwords": [word]} for word in ("x" * 61, " ", "x" + " " * 60)],
        {"prompt": "x" * 1001},
    ],
)
@pytest.mark.parametrize("kind", ["session.start", "session.update"])
def test_hints_beyond_their_bounds_are_refused(kind: str, wrong: dict[str, object]) -> None:
    audio = {"audio": {"sample_rate": 16_000}} if kind == "session.start" else {}
    with pytest.raises(ClientFault) as caught:
        native.decode(json.dumps({"type": kind, "ref": "7", **audio, **wrong}))
    assert (caught.value.code, caught.value.ref) == ("bad_message", "7")
    assert (caught.value.close is not None) == (kind == "session.start")
    assert next(iter(wrong)) in caught.value.message


def test_a_session_is_moderated_in_the_mode_that_it_asks_for() -> None:
    for mode in ("hold", "stream_first", "block_all"):
        start = said.SessionStart(mode="chat", moderation=mode)
        assert native.started(start, "s1", "default").moderation == mode
