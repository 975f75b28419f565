"""What a supervisor sees of a session, folded from its log."""

import msgspec
from msgspec import Struct

from streaming.answers import Alert, Summary
from streaming.events import (
    ModerationVerdict,
    SessionEnded,
    SpeechStarted,
    TranscriptFinal,
    TranscriptPartial,
)
from streaming.feed import Entry
from streaming.ingress.glance import LONGEST, Glance, Raised, Words, clipped, folded
from streaming.ingress.live import Live
from streaming.parts import Section, Target
from streaming.presence import AgentNote

NEW = Glance(Live("s", "assist", 1, 2))


def log(*events: Struct) -> list[Entry]:
    return [Entry("s:events", f"{1_000 + at}-0", msgspec.json.encode(one)) for at, one in enumerate(events)]


def final(channel: int, segment: int, text: str) -> TranscriptFinal:
    return TranscriptFinal(channel, segment, text, 0, 900, [], "en", 0.9, "m@0")


def test_the_last_words_of_each_speaker_are_shown_the_last_to_speak_first() -> None:
    seen = folded(
        NEW,
        log(
            final(0, 1, "Good morning."),
            TranscriptPartial(1, 2, 1, "my bi", 3),
            SpeechStarted(0, 1),
            final(1, 2, "My bill."),
            TranscriptPartial(0, 3, 1, "let me", 0),
        ),
    )
    assert seen.words == [
        Words(0, "let me", final=False, number=3),
        Words(1, "My bill.", final=True, number=2),
    ]
    taken_back = folded(seen, log(final(0, 3, "")))
    assert taken_back.words == [Words(1, "My bill.", final=True, number=2)]


def test_what_moderation_takes_out_later_is_not_shown_any_more() -> None:
    said = folded(NEW, log(final(1, 2, "My card is 4111.")))
    verdict = ModerationVerdict(Target(segment=2), (11, 15), "redact", ["card"], 1.0, 1.0, "r@0", "••••")
    assert folded(said, log(verdict)).words[0].text == "My card is ••••."
    other = msgspec.structs.replace(verdict, target=Target(reply=2))
    assert folded(said, log(other)).words[0].text == "My card is 4111."


def test_alerts_topic_summary_and_notes_are_counted_and_the_last_are_shown() -> None:
    alerts = [Alert(n, "dead_air", "dead air", 0, 1) for n in range(5)]
    told = [Alert(9, "topic", "cancelling", 0, 1), *alerts]
    summed = Summary(1, "progress", 1, [Section("issue", ""), Section("asked", "A refund.")], "m@0")
    seen = folded(NEW, log(*told, summed, AgentNote("Offer ten days.", "anna")))
    assert (seen.topic, seen.summary, seen.alerts_told, seen.notes) == ("cancelling", "A refund.", 6, 1)
    assert seen.alerts[0] == Raised("dead_air", "dead air", 1_005)
    assert len(seen.alerts) == 4


def test_a_long_text_is_sent_with_its_end() -> None:
    seen = clipped(folded(NEW, log(final(0, 1, "a" * 1_000 + "end"))))
    assert len(seen.words[0].text) == LONGEST + 1
    assert seen.words[0].text.endswith("end")


def test_a_session_whose_log_has_ended_is_over() -> None:
    assert not folded(NEW, log(final(0, 1, "Good-bye."))).over
    assert folded(NEW, log(SessionEnded("client", []))).over
