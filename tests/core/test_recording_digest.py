"""What a recorded log comes to: lines as moderation left them, and what a list shows."""

from itertools import count

import msgspec
import pytest
from msgspec import Struct

from streaming.archive.kept import Line, LogEntry
from streaming.events import (
    AudioEnded,
    ChannelAccount,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    SessionEnded,
    Target,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from streaming.recording.digest import Digest

ACCOUNT = [ChannelAccount(0, 2_500.0, 2_000.0, 500.0, {})]


def final(segment: int, text: str, language: str = "en", **other: object) -> TranscriptFinal:
    place = (0, segment, text, 1_000 * segment, 1_000 * segment + 500)
    return TranscriptFinal(*place, [], language, 0.9, "tiny@0", **other)  # type: ignore[arg-type]


def verdict(action: str, span: tuple[int, int], replacement: str | None = None, **target: int):
    about = Target(**target)
    return ModerationVerdict(about, span, action, ["pii"], 1.0, 0.1, "rules@0", replacement)  # type: ignore[arg-type]


def digest(*events: Struct) -> Digest:
    ids, out = count(1), Digest()
    for event in events:
        out.take(LogEntry(f"{next(ids)}-0", msgspec.json.encode(event)))
    return out


def test_finals_and_replies_are_lines_and_a_reply_stands_where_its_turn_ended() -> None:
    out = digest(
        TranscriptPartial(0, 1, 1, "hel", 0),
        final(1, "hello there"),
        TurnEnded(1, 0, [1], "silence"),
        final(2, "typed", "", source="text"),
        ReplyDelta(1, "Good", 0),
        ReplyDone(1, 1, "completed", "Good day", "lm@0"),
    )
    assert out.changed() == [
        Line("speech", 1, 0, 1_000, 1_500, "hello there", "en"),
        Line("text", 2, 0, 2_000, 2_500, "typed"),
        Line("reply", 1, 0, 1_500, 1_500, "Good day"),
    ]
    assert out.changed() == []
    assert (out.words, out.languages) == (5, ["en"])


@pytest.mark.parametrize(
    ("action", "replacement", "text"),
    [
        ("redact", "[card]", "my card is [card] ok"),
        ("retract", None, "my card is  ok"),
        ("block", None, "my card is  ok"),
        ("flag", None, "my card is 4917 ok"),
        ("pass", None, "my card is 4917 ok"),
    ],
)
def test_a_later_verdict_changes_the_line_that_was_kept_before(
    action: str, replacement: str | None, text: str
) -> None:
    out = digest(final(1, "my card is 4917 ok"))
    out.changed()
    event = verdict(action, (11, 15), replacement, segment=1)
    out.take(LogEntry("9-0", msgspec.json.encode(event)))
    changed = out.changed()
    assert [line.text for line in changed] == ([] if text == "my card is 4917 ok" else [text])
    assert out.verdicts == ([] if action == "pass" else ["pii"])


def test_a_verdict_on_what_was_shown_masked_changes_nothing() -> None:
    out = digest(final(1, "my card is [card]"), verdict("redact", (11, 17), "[card]", segment=1))
    assert [line.text for line in out.changed()] == ["my card is [card]"]


def test_a_blank_final_is_no_line_and_the_end_tells_how_long_it_was() -> None:
    out = digest(final(1, ""), AudioEnded(ACCOUNT))
    assert out.changed() == []
    assert (out.heard_ms, out.ended) == (2_500, False)
    out.take(LogEntry("9-0", msgspec.json.encode(SessionEnded("client", ACCOUNT))))
    assert out.ended


def test_what_another_version_wrote_is_passed_over() -> None:
    out = digest(final(1, "one"))
    out.take(LogEntry("8-0", b'{"type":"of.tomorrow","x":1}'))
    out.take(LogEntry("9-0", b'{"type":"transcript.final"}'))
    assert [line.text for line in out.changed()] == ["one"]
