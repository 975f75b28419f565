"""What a recogniser's successor hears once more is told once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.events import (
    AudioFinalized,
    AudioGap,
    SpeechStarted,
    SpeechStopped,
    TranscriptFinal,
    TurnEnded,
)
from streaming.facts import EagerEndpoint, Endpoint, Heard, HeardFinal, HeardPartial, SoundEnded
from tests.scribing import ACCOUNT, Session


def said(channel: int, number: int, *, ends: bool = True) -> list[Heard]:
    """An utterance of a second, as a recogniser tells it; `ends`: its speaker's turn with it."""
    at = number * 1_000
    text = f"number {number} of {channel}"
    facts: list[Heard] = [
        SpeechStarted(channel, at),
        HeardPartial(number, channel, 1, "number", 0),
        HeardFinal(number, channel, text, at, at + 900, [], "en", 0.9, "asr@0"),
        AudioGap(channel, at + 910.0, at + 920.0, "lost"),
    ]
    return [*facts, SpeechStopped(channel, at + 900), Endpoint(channel, "silence")] if ends else facts


@st.composite
def calls(draw: st.DrawFn) -> list[list[Heard]]:
    """Utterances of two speakers."""
    numbers = {0: 0, 1: 0}
    out: list[list[Heard]] = []
    for channel in draw(st.lists(st.integers(0, 1), min_size=1, max_size=8)):
        numbers[channel] += 1
        out.append(said(channel, numbers[channel], ends=draw(st.booleans())))
    return out


@settings(max_examples=300, deadline=None)
@given(calls(), st.data())
def test_what_is_heard_again_from_an_earlier_place_on_is_told_once(
    call: list[list[Heard]], data: st.DataObject
) -> None:
    facts = [fact for utterance in call for fact in utterance]
    back = sum(map(len, call[: data.draw(st.integers(0, len(call) - 1))]))
    reached = data.draw(st.integers(back, len(facts)))
    straight, again = Session("transcribe"), Session("transcribe")
    straight.take_as_they_are(*facts, SoundEnded(ACCOUNT))
    for fact in facts[:reached]:
        again.take_as_they_are(fact)
    if data.draw(st.booleans()):
        again.restart()
    for fact in [*facts[back:], SoundEnded(ACCOUNT)]:
        again.take_as_they_are(fact)
    assert again.told == straight.told


def test_a_turn_that_goes_on_is_not_ended_by_one_that_ended_before() -> None:
    session = Session("transcribe")
    before, goes_on = said(0, 1), said(0, 2, ends=False)
    session.take_as_they_are(*before, *goes_on)
    session.take_as_they_are(*before[:3], EagerEndpoint(0, "silence", "number 1 of 0"), *before[3:], *goes_on)
    session.take_as_they_are(*said(0, 3))
    turns = [event.segments for event in session.log if isinstance(event, TurnEnded)]
    assert turns == [[1], [2, 3]]


def test_an_utterance_that_reaches_beyond_what_was_told_is_told_whatever_its_number() -> None:
    session = Session("transcribe")
    session.take_as_they_are(*said(0, 1), *said(0, 2), *said(0, 3))
    longer = HeardFinal(2, 0, "number 2 and 3 of 0", 2_000, 3_905, [], "en", 0.9, "asr@0")
    beyond = HeardFinal(3, 0, "number 4 of 0", 4_000, 4_900, [], "en", 0.9, "asr@0")
    session.take_as_they_are(longer, Endpoint(0, "silence"), beyond, Endpoint(0, "silence"))
    finals = [event.text for event in session.log if isinstance(event, TranscriptFinal)]
    assert finals == ["number 1 of 0", "number 2 of 0", "number 3 of 0", "number 4 of 0"]
    assert [event.segments for event in session.log if isinstance(event, TurnEnded)] == [[1], [2], [3], [4]]


def test_what_was_finalised_is_told_once_and_twice_where_it_was_asked_twice() -> None:
    session = Session("transcribe")
    done = AudioFinalized(0, 2_000)
    session.take_as_they_are(*said(0, 1), done, done, *said(0, 2), AudioFinalized(0, 3_000))
    session.take_as_they_are(*said(0, 1), done, done, *said(0, 2), AudioFinalized(0, 3_000))
    told = [event.at_ms for event in session.log if isinstance(event, AudioFinalized)]
    assert told == [2_000, 2_000, 3_000]
