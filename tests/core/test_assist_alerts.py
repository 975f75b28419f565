"""Alerts from what is said and from the sound, each told once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.assist.airtime import DeadAir, Heard, Pace, TalkOver
from llm.assist.alerts import Alerts
from llm.assist.checklist import Checklist
from llm.assist.phrases import Phrases
from llm.assist.policy import AssistPolicy, ChecklistItem, SoundPolicy
from streaming.events import AudioEnded, AudioGap, Event, SpeechStarted, SpeechStopped, TranscriptFinal
from streaming.parts import Word

SOUND = SoundPolicy(talk_over_ms=1_000, dead_air_s=10, pace=180, pace_s=10, calm_s=5)


def final(text: str, channel: int = 1, at: int = 0, segment: int = 1, word_ms: int = 300) -> TranscriptFinal:
    words = [
        Word(word, 0, at + place * word_ms, at + (place + 1) * word_ms, 0.9)
        for place, word in enumerate(text.split())
    ]
    return TranscriptFinal(channel, segment, text, at, at + len(words) * word_ms, words, "en", 0.9, "asr@0")


@pytest.mark.parametrize("text", ["I want my MONEY, back!", "mon\u00e9y back", "it is money back guaranteed"])
def test_a_phrase_is_found_whatever_its_case_accents_and_signs(text: str) -> None:
    assert Phrases({"refund": ["money back", "don't pay"]}).heard(1, text) == ["refund"]


def test_a_part_of_a_word_is_not_found_nor_a_phrase_of_two_speakers() -> None:
    phrases = Phrases({"refund": ["money back"], "one": ["back"]})
    assert phrases.heard(1, "the backpack of moneybags") == []
    assert phrases.heard(0, "money") == []
    assert phrases.heard(1, "back") == ["one"]


@given(
    st.lists(st.sampled_from(["money", "back", "and", "no"]), max_size=12),
    st.lists(st.integers(1, 4), min_size=12),
)
def test_however_speech_is_cut_into_segments_a_list_is_found_as_often(
    words: list[str], sizes: list[int]
) -> None:
    whole = sum(words[place : place + 2] == ["money", "back"] for place in range(len(words)))
    phrases, found, place = Phrases({"refund": ["money back"]}), 0, 0
    while words[place:]:
        piece = words[place : place + sizes[place]]
        inside = sum(
            words[end - 2 : end] == ["money", "back"]
            for end in range(place + 1, place + len(piece) + 1)
            if end > 1
        )
        assert phrases.heard(0, " ".join(piece)) == (["refund"] if inside else [])
        found += inside
        place += len(piece)
    assert found == whole


def test_an_item_is_ticked_off_by_the_agents_own_words_alone() -> None:
    items = [
        ChecklistItem("recording", "Say that the call is recorded.", ["is being recorded", "is recorded"])
    ]
    checklist = Checklist(items)
    checklist.heard(final("I know that this is recorded", channel=1))
    assert [place for place, _ in checklist.open()] == [0]
    checklist.heard(final("This call is", channel=0))
    checklist.heard(final("being recorded.", channel=0))
    assert checklist.open() == []


def test_a_list_is_told_once_a_while_on_each_channel() -> None:
    alerts = Alerts(AssistPolicy(keywords={"refund": ["money back"]}, again_s=60))
    told = [
        (channel, at)
        for channel, at in [(1, 0), (1, 30_000), (0, 31_000), (1, 60_000), (1, 70_000)]
        if alerts.heard(final("money back please", channel, at), at)
    ]
    assert told == [(1, 0), (0, 31_000), (1, 60_000)]


def test_talking_over_each_other_is_told_once_an_incident() -> None:
    over = TalkOver(SOUND)
    events: list[Event] = [
        SpeechStarted(0, 0),
        SpeechStarted(1, 500),
        SpeechStopped(1, 1_400),  # 0.9 s: not for long enough
        SpeechStarted(1, 20_000),
        SpeechStopped(0, 21_500),
        SpeechStarted(0, 22_000),
        SpeechStopped(1, 24_000),  # a second time within the same quarrel
        SpeechStarted(1, 30_000),
        SpeechStopped(1, 31_000),
    ]
    found = [one for event in events for one in over.heard(event)]
    assert [(one.from_ms, one.to_ms, one.value) for one in found] == [
        (20_000, 21_500, 1.5),
        (30_000, 31_000, 1.0),
    ]


def test_dead_air_is_told_by_the_clock_once_and_again_after_speech() -> None:
    air = DeadAir(SOUND)
    assert air.wait_ms(0) is None
    air.heard(SpeechStarted(1, 1_000), 1_000)
    air.heard(SpeechStopped(1, 5_000), 105_450)
    assert air.wait_ms(105_450) == 10_000
    assert air.due(115_449) == []
    assert air.due(115_450) == [Heard("dead_air", "dead air", 5_000, 15_000, value=10.0)]
    assert (air.due(130_000), air.wait_ms(130_000)) == ([], None)
    assert air.heard(SpeechStarted(0, 40_000), 140_000) == []
    assert air.due(200_000) == []


def test_dead_air_is_not_while_somebody_speaks_nor_while_paused_and_counts_from_the_pauses_end() -> None:
    air = DeadAir(SOUND)
    for event in (SpeechStarted(0, 0), SpeechStarted(1, 500), SpeechStopped(0, 900)):
        air.heard(event, 0)
    assert air.due(60_000) == []
    air.heard(SpeechStopped(1, 2_000), 2_000)
    air.heard(AudioGap(1, 2_500, 9_000, "paused"), 9_000)
    assert air.due(18_999) == []
    assert air.due(19_000) == [Heard("dead_air", "dead air", 9_000, 19_000, value=10.0)]


def test_dead_air_in_a_recording_is_known_when_somebody_speaks_again() -> None:
    air = DeadAir(SOUND)
    air.heard(SpeechStarted(0, 0), 0)
    air.heard(SpeechStopped(0, 1_000), 10)
    assert air.heard(SpeechStarted(1, 12_000), 20) == [
        Heard("dead_air", "dead air", 1_000, 12_000, value=11.0)
    ]


def test_no_timer_runs_behind_the_end() -> None:
    alerts = Alerts(AssistPolicy(sound=SOUND))
    for event in (SpeechStarted(0, 0), SpeechStopped(0, 1_000), AudioEnded([])):
        alerts.heard(event, 0)
    assert (alerts.due(60_000), alerts.wait_ms(60_000)) == ([], None)


def test_who_speaks_fast_is_told_once_until_it_has_calmed_down() -> None:
    pace = Pace(SOUND)
    text = " ".join(["word"] * 20)
    said = [
        (0, 600),
        (8_000, 250),
        (16_000, 250),
        (24_000, 250),
        (32_000, 500),
        (42_000, 500),
        (60_000, 250),
        (70_000, 250),
    ]
    told = [at for at, word_ms in said if pace.heard(final(text, 1, at, word_ms=word_ms))]
    assert told == [16_000, 70_000]
    assert pace.heard(final("far too quick", 0, 0, word_ms=50)) == []
