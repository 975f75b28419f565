"""OpenAI Realtime, the session: deep updates, what cannot be done, and whatever a client may send."""

import json
import random
from typing import Any

import pytest

from streaming.wire import messages as said
from streaming.wire.openai.realtime.asked import TYPES
from streaming.wire.openai.realtime.effects import Say
from tests.talking import TENTH, Talking, types


def heard(**members: Any) -> dict[str, Any]:
    return {"audio": {"input": members}}


def test_an_update_leaves_what_it_does_not_name_and_only_null_clears() -> None:
    talking = Talking("transcription")
    wish = {"model": "gpt-4o-transcribe", "language": "de", "keywords": ["Vivavoce"]}
    detection = {"type": "server_vad", "silence_duration_ms": 700}
    talking.says("session.update", session=heard(transcription=wish, turn_detection=detection))
    [told] = talking.says("session.update", session=heard(transcription={"prompt": "Hm"}))
    now = told["session"]["audio"]["input"]
    assert now["transcription"] == {**wish, "prompt": "Hm"}
    assert now["turn_detection"]["silence_duration_ms"] == 700
    [told] = talking.says(
        "session.update",
        session=heard(turn_detection={"type": "semantic_vad", "eagerness": "low"}),
    )
    assert told["session"]["audio"]["input"]["turn_detection"]["silence_duration_ms"] is None
    [told] = talking.says(
        "session.update",
        session=heard(turn_detection=None, transcription={"language": None}),
    )
    now = told["session"]["audio"]["input"]
    assert (now["turn_detection"], now["transcription"]["language"]) == (None, None)
    assert now["transcription"]["model"] == "gpt-4o-transcribe"


def test_an_update_in_the_middle_reaches_the_recogniser() -> None:
    talking = Talking("transcription")
    talking.says("input_audio_buffer.append", audio=TENTH)
    before = len(talking.done)
    talking.says("session.update", session={"include": None})
    assert len(talking.done) == before
    semantic = {"type": "semantic_vad", "eagerness": "high"}
    talking.says("session.update", session={"audio": {"input": {"turn_detection": semantic}}})
    effect = talking.done[-1]
    assert isinstance(effect, Say)
    assert isinstance(effect.message, said.SessionUpdate)
    assert effect.message.endpointing == said.EndpointingAsked(300, semantic=True, eager_ms=0)


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"output_modalities": ["audio"]}, "output_modalities"),
        ({"tools": [{"type": "function", "name": "f"}]}, "tools"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"type": "video"}, "type"),
        ({"instructions": 5}, "instructions"),
        (heard(format={"type": "audio/mp3"}), "format.type"),
        (heard(format={"type": "audio/pcm", "rate": 16000}), "format.rate"),
        (heard(turn_detection={"idle_timeout_ms": 6000}), "turn_detection.idle_timeout_ms"),
        (heard(turn_detection={"silence_duration_ms": 9}), "turn_detection.silence_duration_ms"),
        (heard(turn_detection={"type": "semantic_vad"}), "turn_detection.type"),
        (heard(transcription={"prompt": "x" * 1001}), "transcription.prompt"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_named_and_nothing_of_it_holds(session: dict[str, Any], param: str) -> None:
    talking = Talking(semantic=False)
    [error] = talking.says("session.update", session={"instructions": "Held back.", **session}, event_id="e1")
    assert (error["type"], error["error"]["event_id"]) == ("error", "e1")
    assert error["error"]["param"] in (f"session.{param}", f"session.audio.input.{param}")
    assert error["error"]["type"] == "invalid_request_error"
    assert talking.realtime.session.instructions == ""


def test_what_changes_nothing_is_let_pass_and_is_not_in_force() -> None:
    talking = Talking()
    [told] = talking.says(
        "session.update",
        session={
            "type": "realtime", "output_modalities": ["text"], "truncation": "auto", "nobody_knows": 1,
            "audio": {"output": {"voice": "marin"}, "input": {"noise_reduction": {"type": "near_field"}}},
        },
    )  # fmt: skip
    assert told["type"] == "session.updated"
    assert told["session"]["audio"]["input"]["noise_reduction"] is None
    assert "output" not in told["session"]["audio"]


def test_a_session_may_become_one_that_transcribes() -> None:
    talking = Talking()
    [told] = talking.says("session.update", session={"type": "transcription"})
    assert told["session"]["object"] == "realtime.transcription_session"
    assert told["session"]["audio"]["input"]["transcription"] is not None
    [error] = talking.says("response.create")
    assert "transcription session" in error["error"]["message"]


@pytest.mark.parametrize(
    ("frame", "code", "names"),
    [
        ("{", "invalid_json", "JSON"),
        ("[1]", "invalid_json", "JSON"),
        ('{"type": "response.dance", "event_id": "e"}', "invalid_value", "response.dance"),
        ('{"type": "input_audio_buffer.append", "event_id": "e"}', "invalid_event", "audio"),
        ('{"type": "input_audio_buffer.append", "audio": "?", "event_id": "e"}', "invalid_audio", "base64"),
        ('{"type": "response.create", "event_id": "e", "response": {"output_modalities": ["audio"]}}',
         "unsupported_parameter", "speech"),
        ('{"type": "conversation.item.create", "event_id": "e", "item": {"type": "function_call_output"}}',
         "unsupported_parameter", "function_call_output"),
        ('{"type": "conversation.item.create", "event_id": "e", "item": {"type": "message", "role": "user",'
         '"content": [{"type": "input_audio"}]}}', "unsupported_content", "append"),
    ],
)  # fmt: skip
def test_a_bad_event_is_answered_with_what_is_wrong(frame: str, code: str, names: str) -> None:
    [error] = Talking().sends(frame)
    assert error["error"]["code"] == code
    assert names in error["error"]["message"]
    assert error["error"]["event_id"] == (None if code == "invalid_json" else "e")


JUNK: list[Any] = [
    None, 5, -1, "", "x", [], {}, {"type": "message"}, ["audio"], {"audio": None}, "AAAA", "inf", 1e300, True,
]  # fmt: skip
MEMBERS = ["audio", "session", "item", "item_id", "response", "response_id", "event_id", "previous_item_id"]
OF_SESSION = ["audio", "type", "tools", "instructions", "max_output_tokens"]
OF_SOUND = ["format", "turn_detection", "transcription"]


def malformed(chance: random.Random) -> tuple[dict[str, Any], str]:
    """An event, and its frame, which may be broken."""
    event: dict[str, Any] = {"type": chance.choice([*TYPES, "x", None])}
    event |= {chance.choice(MEMBERS): chance.choice(JUNK) for _ in range(chance.randrange(4))}
    if chance.random() < 0.3:
        nested = {"input": {chance.choice(OF_SOUND): chance.choice(JUNK)}}
        event["session"] = {chance.choice(OF_SESSION): chance.choice([nested, *JUNK])}
    frame = json.dumps(event)
    if chance.random() < 0.3:
        cut = chance.randrange(len(frame))
        frame = frame[:cut] + chance.choice(["", "\0", "}", "\udc80"]) + frame[cut + 1 :]
    return event, frame


def test_five_thousand_malformed_events_are_each_answered_or_taken() -> None:
    chance = random.Random(7)
    talking = Talking()
    for number in range(5_000):
        event, frame = malformed(chance)
        told = talking.sends(frame)
        assert told or event["type"] == "input_audio_buffer.append", (number, frame)
    assert talking.says("conversation.item.retrieve", item_id="x")[0]["type"] == "error"


def test_whoever_may_only_transcribe_does_not_become_one_who_is_answered() -> None:
    talking = Talking("transcription", answers=False)
    [error] = talking.says("session.update", session={"type": "realtime"})
    assert error["error"]["param"] == "session.type"
    assert types(talking.says("session.update", session=heard())) == ["session.updated"]
    assert talking.says("response.create")[0]["type"] == "error"
