"""AssemblyAI's turns, whatever the pipeline tells."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.events import (
    AudioEnded,
    SessionStarted,
    SpeechStarted,
    SpeechStopped,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from streaming.parts import Limits, Word
from streaming.wire.assemblyai.asked import understood
from streaming.wire.assemblyai.shapes import Turn
from streaming.wire.assemblyai.turns import Turns
from streaming.wire.dialect import Tally
from tests.pipelines import Pipeline, finals


def final(text: str, start_ms: int = 500, segment: int = 1) -> TranscriptFinal:
    words = [
        Word(word, 0, start_ms + n * 100, start_ms + n * 100 + 90, 0.9) for n, word in enumerate(text.split())
    ]
    end = words[-1].end_ms if words else start_ms
    return TranscriptFinal(0, segment, text, start_ms, end, words, "es", 0.9, "m@0")


def told(messages: Any) -> list[Any]:
    return msgspec.to_builtins(messages)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_turns_are_told_once_and_in_order_and_a_transcript_only_grows(data: st.DataObject) -> None:
    events = Pipeline(data, 1).run()
    turns, heard = Turns(understood("")), 0
    messages: list[Any] = []
    for event in events:
        heard += data.draw(st.integers(0, 2_000))
        messages += turns.take(event, heard)
    grown = [one for one in messages if isinstance(one, Turn)]
    ended = [one for one in grown if one.end_of_turn]
    assert " ".join(one.transcript for one in ended) == " ".join(one.text for one in finals(events, 0))
    assert len(ended) == sum(isinstance(event, TurnEnded) and not event.eager for event in events)
    number, before = 0, ""
    for one in grown:
        assert one.turn_order == number
        assert one.transcript.startswith(before)
        sure = [word.text for word in one.words if word.word_is_final]
        assert sure == one.transcript.split()
        starts = [word.start for word in one.words]
        assert starts == sorted(starts)
        number, before = (number + 1, "") if one.end_of_turn else (number, one.transcript)


def test_a_turn_grows_word_by_word_and_its_end_says_that_it_is_formatted() -> None:
    turns = Turns(understood("language_detection=true"))
    assert told(turns.take(SpeechStarted(0, 480), 700)) == [{"type": "SpeechStarted", "timestamp": 480}]
    [first] = told(turns.take(TranscriptPartial(0, 1, 1, "Hello the", 5), 1_200))
    assert (first["transcript"], first["utterance"]) == ("Hello", "")
    assert [(word["text"], word["word_is_final"]) for word in first["words"]] == [
        ("Hello", True),
        ("the", False),
    ]
    [second] = told(turns.take(final("Hello there."), 1_600))
    assert (second["transcript"], second["utterance"], second["end_of_turn"]) == (
        "Hello there.",
        "Hello there.",
        False,
    )
    assert told(turns.take(SpeechStopped(0, 900), 1_600)) == []
    assert told(turns.take(SpeechStarted(0, 900), 1_600)) == []  # a pause within a number
    [last] = told(turns.take(TurnEnded(1, 0, [1], "silence"), 1_700))
    assert last == {
        "type": "Turn", "turn_order": 0, "turn_is_formatted": True, "end_of_turn": True,
        "transcript": "Hello there.", "utterance": "", "end_of_turn_confidence": 1.0, "language_code": "es",
        "words": [
            {"text": "Hello", "start": 500, "end": 590, "confidence": 0.9, "word_is_final": True},
            {"text": "there.", "start": 600, "end": 690, "confidence": 0.9, "word_is_final": True},
        ],
    }  # fmt: skip


def test_what_is_already_said_of_the_next_turn_is_not_in_the_one_that_ends() -> None:
    turns = Turns(understood("language_code=es"))
    turns.take(final("One."), 1_000)
    turns.take(TranscriptPartial(0, 2, 1, "Two", 3), 1_500)
    [ended] = told(turns.take(TurnEnded(1, 0, [1], "silence"), 1_500))
    assert (ended["transcript"], len(ended["words"]), "language_code" in ended) == ("One.", 1, False)
    [grown] = told(turns.take(TranscriptPartial(0, 2, 2, "Two th", 3), 1_800))
    assert (grown["turn_order"], grown["transcript"]) == (1, "Two")


def test_partial_turns_are_left_out_for_who_does_not_want_them_and_an_eager_end_is_none() -> None:
    turns = Turns(understood("include_partial_turns=false"))
    assert turns.take(TranscriptPartial(0, 1, 1, "Hello", 5), 1_000) == []
    assert turns.take(final("Hello."), 1_000) == []
    assert turns.take(TurnEnded(1, 0, [1], "silence", eager=True), 1_000) == []
    [last] = told(turns.take(AudioEnded([]), 1_200))
    assert (last["transcript"], last["end_of_turn"]) == ("Hello.", True)
    assert turns.take(AudioEnded([]), 1_200) == []


def test_a_session_begins_with_its_name_and_ends_with_how_long_it_was() -> None:
    turns = Turns(understood(""))
    started = SessionStarted("s1", "transcribe", [], Limits(20, 1, 60, 600), "2026-12-01T00:00:00.500Z")
    assert told(turns.begun(started)) == [
        {"type": "Begin", "id": "s1", "expires_at": 1_796_083_200 + 10_800},
    ]
    assert told(turns.over(Tally(2_600, 3_400, ""))) == [
        {"type": "Termination", "audio_duration_seconds": 3, "session_duration_seconds": 3},
    ]
