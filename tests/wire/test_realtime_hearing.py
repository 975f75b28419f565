"""OpenAI Realtime, what is heard: deltas that only grow, items that turns or commits make, and what is taken back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.events import SessionEnded
from streaming.parts import AudioFormat, Target
from streaming.wire import messages as said
from streaming.wire.openai.realtime import speech
from streaming.wire.openai.realtime.effects import Begin, Say, Sound
from tests.talking import (
    SPOKEN,
    TENTH,
    Talking,
    final,
    finalized,
    partial,
    started,
    stopped,
    taken,
    turned,
    types,
)

DELTA = "conversation.item.input_audio_transcription.delta"
COMPLETED = "conversation.item.input_audio_transcription.completed"


def manual(kind: str = "transcription") -> Talking:
    talking = Talking(kind)  # type: ignore[arg-type]
    talking.says("session.update", session={"audio": {"input": {"turn_detection": None}}})
    return talking


def test_a_turn_is_an_item_and_its_deltas_are_its_transcript() -> None:
    talking = Talking("transcription")
    told = talking.hears(*SPOKEN)
    assert types(told) == [
        "speech_started", "item.input_audio_transcription.delta", "speech_stopped",
        "item.input_audio_transcription.delta", "committed", "item.added", "item.done",
        "item.input_audio_transcription.completed",
    ]  # fmt: skip
    assert len({one.get("item_id") or one["item"]["id"] for one in told}) == 1
    assert talking.texts(DELTA, "delta") == ["How ", "much is it?"]
    assert told[-1]["transcript"] == "How much is it?"
    assert told[-1]["usage"] == {"seconds": 0.9, "type": "duration"}
    assert told[-1]["languages"] == [{"code": "en"}]
    assert told[0]["audio_start_ms"] == 0
    assert told[2]["audio_end_ms"] == 900


@given(
    st.lists(st.tuples(st.text("abc ", max_size=12), st.lists(st.integers(0, 12))), min_size=1, max_size=4)
)
def test_whatever_is_confirmed_when_the_deltas_are_the_transcript(turn: list[tuple[str, list[int]]]) -> None:
    talking = Talking("transcription")
    spoken = [(text.strip(), looks) for text, looks in turn]
    for number, (text, looks) in enumerate(spoken, start=1):
        for stable in sorted(min(look, len(text)) for look in looks):
            talking.hears(partial(number, text + " and", stable))
        talking.hears(final(number, text))
    talking.hears(turned(*range(1, len(turn) + 1)))
    told = "".join(talking.texts(DELTA, "delta"))
    assert talking.texts(COMPLETED, "transcript") == ([told] if told else [])


def test_sound_comes_in_the_sessions_format_and_in_whole_samples() -> None:
    talking = Talking()
    talking.says(
        "session.update",
        session={"audio": {"input": {"transcription": {"language": "en-GB", "prompt": "At the bank"}}}},
    )
    talking.says("input_audio_buffer.append", audio="AAEC")
    talking.says("input_audio_buffer.append", audio="Aw==")
    begin, *sounds = talking.done
    assert isinstance(begin, Begin)
    assert begin.start.audio == AudioFormat("pcm_s16le", 24_000)
    assert (begin.start.language, begin.start.prompt) == ("en", "At the bank")
    assert sounds == [Sound(b"\0\1"), Sound(b"\2\3")]
    [error] = talking.says("session.update", session={"audio": {"input": {"format": {"type": "audio/pcmu"}}}})
    assert error["error"]["param"] == "session.audio.input.format"
    other = Talking()
    other.says("session.update", session={"audio": {"input": {"format": {"type": "audio/pcmu"}}}})
    other.says("input_audio_buffer.append", audio="AAEC")
    assert isinstance(other.done[0], Begin)
    assert other.done[0].start.audio == AudioFormat("mulaw", 8_000)


def test_a_commit_is_an_item_at_once_whose_words_come_until_it_is_finalised() -> None:
    talking = manual()
    talking.says("input_audio_buffer.append", audio=TENTH)
    talking.hears(started(), partial(1, "One two", 3))
    told = talking.says("input_audio_buffer.commit")
    assert types(told) == ["committed", "item.added", "item.done"]
    assert talking.done[-1] == Say(said.AudioFinalize())
    # What is said behind the commit is the next item, though words of the first are still to come.
    talking.says("input_audio_buffer.append", audio=TENTH)
    talking.says("input_audio_buffer.commit")
    told = talking.hears(
        stopped(), final(1, "One two."), turned(1), finalized(), final(2, "Three."), finalized()
    )
    assert [one["transcript"] for one in told if one["type"] == COMPLETED] == ["One two.", "Three."]
    assert [one["item_id"] for one in told if one["type"] == COMPLETED] == talking.texts(
        "input_audio_buffer.committed", "item_id"
    )
    assert "input_audio_buffer.speech_started" not in {one["type"] for one in talking.told}
    talking.says("input_audio_buffer.append", audio=TENTH)
    talking.says("input_audio_buffer.commit")
    [nothing] = talking.hears(finalized())
    assert nothing["transcript"] == ""


def test_what_was_cleared_is_told_no_more_and_is_no_item() -> None:
    talking = manual()
    talking.says("input_audio_buffer.append", audio=TENTH)
    talking.hears(partial(1, "Not this", 3))
    assert types(talking.says("input_audio_buffer.clear")) == ["cleared"]
    assert talking.hears(final(1, "Not this."), turned(1), finalized()) == []
    [error] = talking.says("input_audio_buffer.commit", event_id="mine")
    assert (error["error"]["code"], error["error"]["event_id"]) == ("input_audio_buffer_commit_empty", "mine")
    talking.says("input_audio_buffer.append", audio=TENTH)
    talking.says("input_audio_buffer.commit")
    assert talking.hears(final(2, "But this."), finalized())[-1]["transcript"] == "But this."


def test_words_that_are_taken_back_before_the_end_are_not_in_the_transcript_and_after_it_their_item_is_deleted() -> (
    None
):
    talking = Talking("transcription")
    talking.hears(final(1, "I am at 12 Elm"), taken(Target(segment=1), (8, 14), "[address]"), turned(1))
    assert talking.texts(COMPLETED, "transcript") == ["I am at [address]"]
    assert talking.hears(taken(Target(segment=1), (8, 17), "[address]")) == []  # it stands there already
    talking.hears(final(2, "More."), turned(2))
    told = talking.hears(taken(Target(segment=1), (0, 4), "•"))
    assert types(told) == ["item.deleted", "item.added", "item.done"]
    assert told[0]["item_id"] == talking.texts(COMPLETED, "item_id")[0]
    assert told[1]["item"]["content"][0]["transcript"] == "• at [address]"
    assert told[1]["previous_item_id"] is None
    [gone] = talking.hears(taken(Target(segment=2), (0, 5), ""))
    assert types([gone]) == ["item.deleted"]


def test_a_conversation_tells_what_was_said_when_it_is_asked_to() -> None:
    talking = Talking("realtime")
    assert DELTA not in [one["type"] for one in talking.hears(*SPOKEN)]
    talking.says("session.update", session={"audio": {"input": {"transcription": {"model": "x-diarize"}}}})
    told = talking.hears(started(), final(2, "Again."), turned(2))
    assert [one["text"] for one in told if one["type"].endswith(".segment")] == ["Again."]
    assert talking.texts(COMPLETED, "transcript") == ["Again."]


def test_a_session_that_is_over_tells_whoever_waits_for_words() -> None:
    talking = manual()
    talking.says("input_audio_buffer.append", audio=TENTH)
    talking.says("input_audio_buffer.commit")
    [failed] = talking.hears(SessionEnded("failed", []))
    assert failed["type"].endswith("transcription.failed")
    assert failed["item_id"] == talking.texts("input_audio_buffer.committed", "item_id")[0]


def test_the_sound_of_a_media_track_begins_at_once_and_no_other_is_taken() -> None:
    talking = Talking(track=AudioFormat("opus", 48_000, 1))
    [begin] = talking.done
    assert isinstance(begin, Begin)
    assert begin.start.audio == AudioFormat("opus", 48_000, 1)
    [error] = talking.says("input_audio_buffer.append", audio=TENTH)
    assert "media track" in error["error"]["message"]
    assert types(talking.says("input_audio_buffer.commit")) == ["committed", "item.added", "item.done"]


@pytest.mark.parametrize("voice", list(speech.Voice))
@pytest.mark.parametrize("sign", list(speech.Sign))
def test_where_a_speaker_may_go_is_a_table(voice: speech.Voice, sign: speech.Sign) -> None:
    walker = speech.Speech(lambda: "item")
    walker.voice = voice
    assert walker.sign(sign) == ((voice, sign) in speech.NEXT)
    assert walker.voice == speech.NEXT.get((voice, sign), voice)
    assert len(speech.table().splitlines()) == len(speech.NEXT)
    assert json.dumps(speech.table())
