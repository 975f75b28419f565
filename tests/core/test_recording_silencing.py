"""Which sound of a recording is to be silent: that of what moderation masked, and rather too much than too little."""

import pytest

from streaming.archive.kept import Silence, Sound
from streaming.archive.pieces import silenced
from streaming.events import ModerationVerdict, Target, TranscriptFinal, Word
from streaming.recording.silencing import ACROSS_MS, EDGE_MS, REACH_MS, Silencing
from tests.archives import noise

CARD = "[card number]"


def final(
    segment: int, text: str, times: list[tuple[int, int]], channel: int = 0, source: str = "speech"
) -> TranscriptFinal:
    """Its words are `text` at blanks, but for the mask, which is one."""
    words, at = list[Word](), 0
    for word, (begin, end) in zip(text.replace("card number", "card_number").split(), times, strict=True):
        words.append(Word(word, at, begin, end, 0.9))
        at += len(word) + 1
    start, stop = (times[0][0], times[-1][1]) if times else (1_000, 2_000)
    return TranscriptFinal(channel, segment, text, start, stop, words, "en", 0.9, "m@0", source)  # type: ignore[arg-type]


def verdict(segment: int, text: str, category: str = "pii/card", action: str = "redact") -> ModerationVerdict:
    span = (text.index(CARD), text.index(CARD) + len(CARD))
    return ModerationVerdict(Target(segment=segment), span, action, [category], 1.0, 0.1, "rules@0", CARD)  # type: ignore[arg-type]


def silences(*events: TranscriptFinal | ModerationVerdict, categories: tuple[str, ...] = ("pii/",)):
    """As (channel, from_ms, to_ms)."""
    made = Silencing(categories)
    for event in events:
        if isinstance(event, TranscriptFinal):
            made.said(event)
        else:
            made.judged(event)
    return [(one.channel, one.begin / 16, one.end / 16) for one in made.silences]


INSIDE = f"it is {CARD} thanks bye"
TIMES = [(1_000, 1_200), (1_300, 1_500), (1_900, 5_000), (5_600, 6_000), (6_100, 6_300)]


def test_it_reaches_from_the_end_of_the_word_before_to_the_beginning_of_the_word_after() -> None:
    assert silences(final(1, INSIDE, TIMES, channel=1), verdict(1, INSIDE)) == [(1, 1_500, 5_600)]


def test_where_words_touch_it_reaches_a_little_into_them() -> None:
    times = [(1_000, 1_200), (1_200, 1_900), (1_900, 5_000), (5_000, 6_000), (6_100, 6_300)]
    told = silences(final(1, INSIDE, times), verdict(1, INSIDE))
    assert told == [(0, 1_900 - REACH_MS, 5_000 + REACH_MS)]


def test_at_the_ends_of_a_segment_it_reaches_beyond_and_not_before_the_sound() -> None:
    text = f"{CARD} thanks"
    assert silences(final(1, text, [(300, 900), (1_000, 1_400)]), verdict(1, text)) == [(0, 0, 1_200)]
    text = f"number {CARD}"
    told = silences(final(1, text, [(3_000, 3_900), (4_000, 5_000)]), verdict(1, text))
    assert told == [(0, 4_000 - REACH_MS, 5_000 + EDGE_MS)]


FIRST, SECOND = f"number {CARD}", f"{CARD} thanks"
BEGUN = final(1, FIRST, [(3_000, 3_900), (4_000, 5_000)])


def gone_on(pause: int, channel: int = 0) -> TranscriptFinal:
    return final(2, SECOND, [(5_000 + pause, 7_000 + pause), (7_400 + pause, 7_500 + pause)], channel)


def test_of_a_number_in_two_segments_the_pause_is_silent_too() -> None:
    told = silences(BEGUN, verdict(1, FIRST), gone_on(4_000), verdict(2, SECOND))
    assert told[1:] == [(0, 5_000, 9_000), (0, 5_000, 11_400)]


def test_what_was_said_long_ago_or_by_others_is_no_neighbour() -> None:
    for late, channel in ((ACROSS_MS + 1, 0), (4_000, 1)):
        told = silences(BEGUN, verdict(1, FIRST), gone_on(late, channel), verdict(2, SECOND))
        assert told[1:] == [(channel, 5_000 + late - EDGE_MS, 7_400 + late)]


def test_digits_that_were_missed_between_two_segments_are_silent_too() -> None:
    plain = final(1, "number is", [(3_000, 3_900), (4_000, 5_000)])
    assert silences(plain, gone_on(2_000), verdict(2, SECOND)) == [(0, 5_000, 9_400)]
    after = final(2, "thank you", [(8_000, 8_900), (9_000, 9_500)])
    assert silences(BEGUN, verdict(1, FIRST), after)[1:] == [(0, 5_000, 8_000)]


def test_without_times_of_words_the_whole_segment_is_silent() -> None:
    said = TranscriptFinal(0, 1, INSIDE, 1_000, 2_000, [], "en", 0.9, "m@0")
    assert silences(said, verdict(1, INSIDE)) == [(0, 1_000 - EDGE_MS, 2_000 + EDGE_MS)]


@pytest.mark.parametrize(
    "events",
    [
        [final(1, INSIDE, TIMES), verdict(1, INSIDE, "profanity")],
        [final(1, INSIDE, TIMES), verdict(1, INSIDE, action="flag")],
        [final(1, INSIDE, TIMES, source="text"), verdict(1, INSIDE)],
        [final(1, INSIDE, TIMES), verdict(2, INSIDE)],
    ],
    ids=["another category", "a flag", "typed", "another segment"],
)
def test_nothing_else_is_silent(events: list[TranscriptFinal | ModerationVerdict]) -> None:
    assert silences(*events) == []


def test_categories_can_be_chosen() -> None:
    said = [final(1, INSIDE, TIMES), verdict(1, INSIDE, "pii/phone")]
    assert silences(*said, categories=("pii/card",)) == []
    assert silences(*said, categories=()) == []
    assert len(silences(*said, categories=("pii/card", "pii/phone"))) == 1


def test_zeros_are_where_they_are_to_be_and_nowhere_else() -> None:
    sound = noise(1_000, 500)
    made = silenced(sound, [Silence(1, 900, 1_100), Silence(0, 1_490, 9_000), Silence(5, 0, 9_000)])
    for channel, (begin, end) in ((1, (0, 100)), (0, (490, 500))):
        was, now = _samples(sound, channel), _samples(made, channel)
        assert now[begin:end] == [0] * (end - begin)
        assert now[:begin] + now[end:] == was[:begin] + was[end:]
    assert silenced(made, [Silence(1, 950, 1_100)]) is made, "nothing was left to change"


def _samples(sound: Sound, channel: int) -> list[int]:
    return list(memoryview(sound.pcm).cast("h"))[channel :: sound.channels]
