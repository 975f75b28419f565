"""Flags in the middle band, as they are read from a log."""

import msgspec
from msgspec import Struct

from streaming.archive.export.flags import Flag, Flags
from streaming.archive.kept import LogEntry
from streaming.events import Action, ModerationVerdict, ReplyDone, SpeechStarted, Target, TranscriptFinal

SAID = Target(segment=1)
TEXT = "it was a secret hour, and a dull one"


def final(text: str = TEXT) -> TranscriptFinal:
    return TranscriptFinal(0, 1, text, 0, 900, [], "en", 0.9, "asr@0")


def verdict(
    span: tuple[int, int],
    score: float = 0.6,
    *,
    target: Target = SAID,
    action: Action = "flag",
    category: str = "hate",
) -> ModerationVerdict:
    put = None if action == "flag" else "[removed]"
    return ModerationVerdict(target, span, action, [category], score, 1.0, "heads@0", put)


def found(*events: Struct) -> list[Flag]:
    flags = Flags(lambda category: 0.95 if category == "violence" else 0.8)
    for at, event in enumerate(events):
        flags.take(LogEntry(f"{at}-0", msgspec.json.encode(event)))
    return flags.found()


def shown(flags: list[Flag]) -> list[tuple[str, str]]:
    return [(one.event, one.text[slice(*one.span)]) for one in flags]


def test_only_flags_below_the_level_of_blocking_of_their_category_are_found() -> None:
    scores = [0.0, 0.01, 0.79, 0.8, 1.0]
    assert [one.score for one in found(final(), *(verdict((0, 6), score) for score in scores))] == [
        0.01,
        0.79,
    ]
    [one] = found(
        final(), verdict((0, 6), 0.9, category="violence"), verdict((0, 6), 0.95, category="violence")
    )
    assert (one.event, one.categories, one.made_by, one.target) == ("1-0", ["violence"], "heads@0", SAID)
    assert found(final(), verdict((0, 6), action="redact"), SpeechStarted(0, 1)) == []


def test_what_was_flagged_moves_with_what_is_put_before_it_and_shows_nothing_that_was_taken_away() -> None:
    behind, over = verdict((28, 36)), verdict((0, 20))
    gone = verdict((9, 15), action="retract")
    flags = found(final(), behind, over, gone)
    assert shown(flags) == [("1-0", "dull one"), ("2-0", "it was a [removed] hour")]
    assert "secret" not in repr(flags)
    inside = found(final(), verdict((9, 15)), verdict((11, 20)), gone)
    assert shown(inside) == [("1-0", "[removed]"), ("2-0", "[removed] hour")]


def test_a_flag_of_a_reply_has_the_text_with_which_the_reply_ended() -> None:
    reply = Target(reply=1)
    [one] = found(verdict((3, 7), target=reply), ReplyDone(1, 1, "completed", "So dull it is.", "llm@0"))
    assert shown([one]) == [("0-0", "dull")]
    [early] = found(verdict((3, 7), target=reply))
    assert early.text == ""
