"""Deepgram's results, whatever the pipeline tells."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.events import (
    AudioFinalized,
    SpeechStarted,
    SpeechStopped,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from streaming.parts import Served, Word
from streaming.wire.deepgram.asked import Asked, understood
from streaming.wire.deepgram.listening import Listening
from streaming.wire.deepgram.results import Results, SpeechBegan, UtteranceEnd, about
from tests.pipelines import Pipeline, finals

SERVED = Served(role="asr", name="base", hash="ab" * 32, ref="base@abababababababab")
ABOUT = about("r1", [SERVED])


def asked(text: str = "encoding=linear16&sample_rate=16000&interim_results=true") -> Asked:
    return understood(text)


def final(text: str, start_ms: int = 500, channel: int = 0, segment: int = 1) -> TranscriptFinal:
    words = [
        Word(word, 0, start_ms + n * 100, start_ms + n * 100 + 90, 0.9) for n, word in enumerate(text.split())
    ]
    end = words[-1].end_ms if words else start_ms
    return TranscriptFinal(channel, segment, text, start_ms, end, words, "en", 0.9, "m@0")


def transcript(result: Any) -> str:
    return result.channel.alternatives[0].transcript


@settings(max_examples=300, deadline=None)
@given(st.data(), st.integers(1, 3))
def test_finals_are_told_once_and_in_order_and_time_never_goes_back(
    data: st.DataObject, channels: int
) -> None:
    events = Pipeline(data, channels).run()
    listening = Listening(asked(), ABOUT, channels)
    told: list[Any] = []
    heard = 0
    for event in events:
        heard += data.draw(st.integers(0, 2_000))
        told += listening.take(event, heard)
        if data.draw(st.booleans()):
            told += listening.rest()
        if data.draw(st.integers(0, 3)) == 0:
            told += listening.passed(heard)
    assert not listening.holds
    for channel in range(channels):
        results = [
            one for one in told if isinstance(one, Results) and one.channel_index == (channel, channels)
        ]
        said = [one for one in results if one.is_final and transcript(one)]
        assert [transcript(one) for one in said] == [one.text for one in finals(events, channel)]
        ends = [round((one.start + one.duration) * 1000) for one in results]
        assert ends == sorted(ends)
        starts = [one.start for one in said]
        assert starts == sorted(starts)
        for one in said:
            words = one.channel.alternatives[0].words
            assert [word.punctuated_word for word in words] == transcript(one).split()
            assert words[-1].end <= one.start + one.duration + 0.001
            assert words[0].start >= one.start
        turns = [event for event in events if isinstance(event, TurnEnded) and event.channel == channel]
        ended = [one for one in results if one.speech_final]
        assert len(ended) == sum(not turn.eager for turn in turns)
        assert [one.from_finalize for one in ended] == [
            turn.reason == "finalize" for turn in turns if not turn.eager
        ]
        assert all(one.is_final for one in ended)


def test_a_turns_end_is_with_its_last_final_when_it_follows_at_once_and_alone_when_it_does_not() -> None:
    listening = Listening(asked(), ABOUT, 1)
    assert listening.take(final("Hello there."), 2_000) == []
    assert listening.holds
    [result] = listening.take(TurnEnded(1, 0, [1], "silence"), 2_000)
    assert (transcript(result), result.is_final, result.speech_final) == ("Hello there.", True, True)  # type: ignore[union-attr]
    listening.take(final("And so.", 3_000), 5_000)
    [result] = listening.rest()
    assert (transcript(result), result.speech_final) == ("And so.", False)  # type: ignore[union-attr]
    [result] = listening.take(TurnEnded(2, 0, [2], "semantic"), 6_000)
    assert (transcript(result), result.is_final, result.speech_final) == ("", True, True)  # type: ignore[union-attr]


def test_without_endpointing_no_result_says_that_the_speaker_paused_unless_it_was_asked_for() -> None:
    listening = Listening(asked("encoding=mulaw&endpointing=false"), ABOUT, 1)
    listening.take(final("Hello."), 2_000)
    [result] = listening.take(TurnEnded(1, 0, [1], "silence"), 2_000)
    assert isinstance(result, Results)
    assert not result.speech_final
    listening.take(final("Again.", 4_000), 5_000)
    [result] = listening.take(TurnEnded(2, 0, [2], "finalize"), 5_000)
    assert isinstance(result, Results)
    assert (result.speech_final, result.from_finalize) == (True, True)


def test_a_partial_replaces_the_one_before_and_is_told_only_to_who_wants_it() -> None:
    partial = TranscriptPartial(0, 1, 1, "hello •••", 5, 200)
    assert Listening(asked("encoding=mulaw"), ABOUT, 1).take(partial, 1_000) == []
    listening = Listening(asked(), ABOUT, 1)
    listening.take(SpeechStarted(0, 300), 900)
    [result] = listening.take(partial, 1_000)
    assert isinstance(result, Results)
    assert (result.start, result.duration, result.is_final) == (0.0, 0.8, False)
    words = result.channel.alternatives[0].words
    assert [(word.word, word.confidence) for word in words] == [("hello", 1.0), ("•••", 0.5)]
    assert (words[0].start, words[-1].end) == (0.3, 0.8)
    [blank] = listening.take(final("", 300), 1_500)
    assert (transcript(blank), blank.is_final) == ("", True)  # type: ignore[union-attr]
    assert listening.take(final("", 300), 1_600) == []


def test_speech_that_goes_on_behind_a_stop_is_no_new_beginning() -> None:
    listening = Listening(asked("encoding=mulaw&vad_events=true"), ABOUT, 2)
    [began] = listening.take(SpeechStarted(1, 700), 1_000)
    assert began == SpeechBegan((1, 2), 0.7)
    listening.take(SpeechStopped(1, 1_500), 2_000)
    assert listening.take(SpeechStarted(1, 1_500), 2_500) == []
    listening.take(SpeechStopped(1, 3_000), 4_000)
    assert listening.take(SpeechStarted(1, 5_000), 5_500) == [SpeechBegan((1, 2), 5.0)]


def test_silence_is_told_once_for_as_long_as_was_asked_after_the_last_word() -> None:
    listening = Listening(asked("encoding=mulaw&utterance_end_ms=1000"), ABOUT, 1)
    assert listening.passed(9_000) == []
    listening.take(SpeechStarted(0, 400), 900)
    listening.take(final("Hello there."), 2_000)
    listening.take(TurnEnded(1, 0, [1], "silence"), 2_000)
    assert listening.passed(9_000) == []  # the voice has not stopped yet
    listening.take(SpeechStopped(0, 700), 2_000)
    assert listening.passed(1_689) == []
    assert listening.passed(1_690) == [UtteranceEnd((0, 1), 0.69)]
    assert listening.passed(9_000) == []
    listening.take(final("More.", 10_000), 11_000)
    listening.rest()
    assert listening.take(SpeechStarted(0, 12_000), 12_500) == [UtteranceEnd((0, 1), 10.09)]


def test_who_wants_a_final_is_answered_once_whether_there_was_anything_to_make_one_of_or_not() -> None:
    listening = Listening(asked(), ABOUT, 1)
    [result] = listening.take(AudioFinalized(0, 2_000), 2_500)
    assert isinstance(result, Results)
    assert (transcript(result), result.is_final, result.from_finalize) == ("", True, True)
    listening.take(final("Late.", 2_500), 3_000)
    [result] = listening.take(TurnEnded(1, 0, [1], "finalize"), 3_100)
    assert isinstance(result, Results)
    assert (transcript(result), result.from_finalize) == ("Late.", True)
    assert listening.take(AudioFinalized(0, 3_000), 3_200) == []
    listening.take(final("Cut", 3_500), 4_000)
    told = listening.take(AudioFinalized(0, 4_000), 4_100)
    assert [(transcript(one), one.from_finalize) for one in told] == [("Cut", False), ("", True)]  # type: ignore[union-attr]


def test_what_a_client_must_find_is_always_there() -> None:
    listening = Listening(asked(), ABOUT, 1)
    listening.take(final("Hello."), 2_000)
    [result] = listening.rest()
    body = msgspec.to_builtins(result)
    assert body["type"] == "Results"
    assert body["metadata"]["request_id"] == "r1"
    assert body["metadata"]["model_info"]["name"] == "base"
    assert body["channel_index"] == (0, 1)
    assert body["channel"]["alternatives"][0]["words"][0] == {
        "word": "hello", "start": 0.5, "end": 0.59, "confidence": 0.9, "punctuated_word": "Hello.",
    }  # fmt: skip
    assert body["channel"]["alternatives"][0]["languages"] == ["en"]
