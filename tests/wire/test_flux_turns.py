"""Flux's turns, whatever the pipeline tells: the rules of Deepgram's page "Understanding the Flux State Machine"."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.errors import ClientFault, Close
from streaming.events import (
    AudioEnded,
    SessionStarted,
    SpeechStarted,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
    TurnResumed,
)
from streaming.parts import Limits, Word
from streaming.wire.deepgram.flux.asked import understood
from streaming.wire.deepgram.flux.shapes import TurnInfo
from streaming.wire.deepgram.flux.turns import Flux
from streaming.wire.dialect import quiet
from tests.pipelines import Pipeline, finals

EAGER = "encoding=mulaw&eager_eot_threshold=0.4"
STARTED = SessionStarted("s1", "transcribe", [], Limits(20, 1, 60, 600), "2026-12-01T00:00:00.500Z")


def final(text: str, start_ms: int = 500, segment: int = 1) -> TranscriptFinal:
    words = [
        Word(word, 0, start_ms + n * 100, start_ms + n * 100 + 90, 0.9) for n, word in enumerate(text.split())
    ]
    end = words[-1].end_ms if words else start_ms
    return TranscriptFinal(0, segment, text, start_ms, end, words, "es", 0.9, "m@0")


def told(messages: Any) -> list[Any]:
    return msgspec.to_builtins(messages)


def seen(messages: Any) -> list[tuple[str, str]]:
    return [(one["event"], one["transcript"]) for one in told(messages)]


@settings(max_examples=250, deadline=None)
@given(st.data(), st.booleans())
def test_turns_follow_the_state_machine_and_tell_every_final_once(data: st.DataObject, eager: bool) -> None:
    events = Pipeline(data, 1).run()
    flux, heard = Flux(understood(EAGER if eager else "encoding=mulaw")), 0
    messages: list[Any] = []
    for event in events:
        heard += data.draw(st.integers(0, 2_000))
        messages += flux.take(event, heard)
    infos = [one for one in messages if isinstance(one, TurnInfo)]
    assert [one.sequence_id for one in messages] == list(range(len(messages)))
    ended = [one for one in infos if one.event == "EndOfTurn"]
    said = [one.transcript for one in ended if one.transcript]
    assert " ".join(said) == " ".join(one.text for one in finals(events, 0))
    assert all((one.trigger is msgspec.UNSET) == (one.event != "EndOfTurn") for one in infos)
    state, index, sure, reach = "Initial", 0, "", 0.0
    for one in infos:
        assert one.turn_index == index
        assert [word.word for word in one.words] == one.transcript.split()
        assert one.audio_window_start <= one.audio_window_end >= reach
        reach = one.audio_window_end
        match one.event:
            case "StartOfTurn":
                assert (state, bool(one.transcript)) == ("Initial", True)
                state = "Ongoing"
            case "Update":
                assert state == "Ongoing"
            case "EagerEndOfTurn":
                assert (state, bool(one.transcript), eager) == ("Ongoing", True, True)
                state, sure = "Awaiting", one.transcript
            case "TurnResumed":
                assert state == "Awaiting"
                state = "Ongoing"
            case "EndOfTurn":
                assert state in ("Ongoing", "Awaiting")
                assert state == "Ongoing" or one.transcript == sure
                state, index = "Initial", index + 1
    assert state == "Initial"


def test_a_turn_begins_with_its_first_words_and_ends_eagerly_with_all_of_them() -> None:
    flux = Flux(understood(EAGER))
    assert told(flux.begun(STARTED)) == [{"type": "Connected", "request_id": "s1", "sequence_id": 0}]
    assert flux.take(SpeechStarted(0, 480), 700) == []
    [first] = told(flux.take(TranscriptPartial(0, 1, 1, "Hello the", 5, 100), 1_200))
    assert first == {
        "type": "TurnInfo", "request_id": "s1", "sequence_id": 1, "event": "StartOfTurn", "turn_index": 0,
        "audio_window_start": 0.48, "audio_window_end": 1.1, "transcript": "Hello the",
        "words": [
            {"word": "Hello", "confidence": 1.0, "start": 0.48, "end": 0.824},
            {"word": "the", "confidence": 0.5, "start": 0.893, "end": 1.1},
        ],
        "end_of_turn_confidence": 0.0,
    }  # fmt: skip
    eager = TurnEnded(1, 0, [1], "silence", eager=True, text="Hello there.")
    [sooner] = told(flux.take(eager, 1_400))
    assert (sooner["event"], sooner["transcript"], sooner["end_of_turn_confidence"]) == (
        "EagerEndOfTurn", "Hello there.", 0.4,
    )  # fmt: skip
    assert flux.take(final("Hello there."), 1_500) == []
    [last] = told(flux.take(TurnEnded(1, 0, [1], "silence"), 1_600))
    assert (last["event"], last["transcript"], last["trigger"]) == ("EndOfTurn", "Hello there.", "model")
    assert (last["end_of_turn_confidence"], last["languages"], last["turn_index"]) == (1.0, ["es"], 0)


def test_an_eager_end_is_taken_back_before_anything_else_is_said() -> None:
    flux = Flux(understood(EAGER))
    flux.take(TranscriptPartial(0, 1, 1, "Hello", 5), 1_000)
    flux.take(TurnEnded(1, 0, [], "silence", eager=True, text="Hello."), 1_200)
    assert seen(flux.take(TurnResumed(1, 0), 1_300)) == [("TurnResumed", "Hello")]
    assert seen(flux.take(TranscriptPartial(0, 1, 2, "Hello and", 5), 1_500)) == [("Update", "Hello and")]
    flux.take(TurnEnded(1, 0, [], "silence", eager=True, text="Hello and."), 1_700)
    flux.take(final("Hello and more."), 2_000)
    assert seen(flux.take(TurnEnded(1, 0, [1], "finalize"), 2_000)) == [
        ("TurnResumed", "Hello and more."),
        ("EndOfTurn", "Hello and more."),
    ]
    assert seen(flux.take(TranscriptPartial(0, 2, 1, "Next", 4), 3_000)) == [("StartOfTurn", "Next")]


def test_without_a_threshold_nothing_ends_eagerly_and_what_ends_is_told_why() -> None:
    flux = Flux(understood("encoding=mulaw"))
    flux.take(final("One."), 1_000)
    assert flux.take(TurnEnded(1, 0, [1], "silence", eager=True), 1_000) == []
    assert told(flux.take(TurnEnded(1, 0, [1], "finalize"), 1_000))[-1]["trigger"] == "manual"
    flux.take(final("Two.", 2_000), 3_000)
    assert told(flux.take(TurnEnded(2, 0, [2], "length"), 3_000))[-1]["trigger"] == "timeout"
    flux.take(final("Three.", 4_000), 5_000)
    assert seen(flux.take(AudioEnded([]), 5_000)) == [("EndOfTurn", "Three.")]
    assert flux.take(AudioEnded([]), 5_000) == []


def test_a_turn_of_which_all_is_taken_back_ends_without_a_word() -> None:
    flux = Flux(understood("encoding=mulaw"))
    assert seen(flux.take(TranscriptPartial(0, 1, 1, "Ah", 0), 1_000)) == [("StartOfTurn", "Ah")]
    assert seen(flux.take(final(""), 1_500)) == [("EndOfTurn", "")]
    assert flux.take(final(""), 1_500) == []
    assert flux.take(AudioEnded([]), 2_000) == []


def test_faults_are_numbered_like_all_else() -> None:
    flux = Flux(understood("encoding=mulaw"))
    flux.begun(STARTED)
    assert told(flux.wrong(ClientFault("unsupported", "no"))) == {
        "type": "Warning", "request_id": "s1", "sequence_id": 1, "code": "UNSUPPORTED", "description": "no",
    }  # fmt: skip
    closing = flux.closing(quiet(60))
    assert closing.code == Close.INTERNAL
    assert told(closing.last) == [
        {
            "type": "Error", "sequence_id": 2, "code": "CLIENT_MESSAGE_TIMEOUT",
            "description": "neither sound nor KeepAlive came for 60 s",
        }
    ]  # fmt: skip
