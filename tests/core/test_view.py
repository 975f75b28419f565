"""What the terminal shows of a session."""

import io

import pytest

from streaming.client.client import Message
from streaming.events import (
    Event,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SessionDegraded,
    SuggestionDelta,
    SuggestionDone,
    SuggestionStarted,
    TranscriptFinal,
    TranscriptPartial,
)
from streaming.parts import Citation, Target
from streaming.view import Lines, View
from streaming.wire.messages import SessionLag


def seen(lines: Lines, *events: Event) -> list[str]:
    """The lines that these events complete."""
    return [line.plain for event in events for line in lines.take(Message("1-0", event, ""))]


def final(text: str, channel: int = 0) -> TranscriptFinal:
    return TranscriptFinal(channel, 1, text, 0, 9, [], "en", 1.0, "")


def test_what_may_still_change_is_dimmed_below_what_is_done() -> None:
    lines = Lines()
    assert seen(lines, TranscriptPartial(0, 1, 1, "hello wor", 6)) == []
    pending = lines.pending()
    assert pending.plain == "hello wor"
    assert [(span.start, span.end, span.style) for span in pending.spans] == [(6, 9, "dim italic")]
    assert seen(lines, final("hello world")) == ["hello world"]
    assert not lines.pending()


def test_a_segment_that_had_nothing_in_it_leaves_no_line() -> None:
    lines = Lines()
    assert seen(lines, TranscriptPartial(0, 1, 1, "uh", 0), final("")) == []
    assert not lines.pending()


def test_speakers_are_told_apart_and_a_reply_says_how_it_ended() -> None:
    lines = Lines(channels=2)
    assert seen(lines, final("hi", channel=1)) == ["[1] hi"]
    done = ReplyDone(1, 1, "failed", "Half a", "m", error="the model is away")
    assert seen(lines, ReplyStarted(1, 1, "m"), ReplyDelta(1, "Half a", 0)) == []
    assert lines.pending().plain == "> Half a"
    assert seen(lines, done) == ["> Half a [failed: the model is away]"]


def test_below_an_answer_stand_its_sources() -> None:
    cited = Citation(2, "lamp.md", "p1", "1.4 kg", (0, 6), "docs@0", 1, place="Weights")
    done = ReplyDone(1, 1, "completed", "It weighs 1.4 kg [2].", "m", citations=[cited])
    assert seen(Lines(), done) == ["> It weighs 1.4 kg [2].", "    [2] lamp.md > Weights"]


def test_a_suggestion_grows_and_is_a_line_with_its_sources_behind_it() -> None:
    lines = Lines(channels=2)
    begun = SuggestionStarted(1, 1, "answer", "m")
    assert seen(lines, begun, SuggestionDelta(1, "Ten days", 0), SuggestionDelta(2, "stale", 0)) == []
    assert lines.pending().plain == "> Ten days"
    source = Citation(1, "parcels.md", "p1", "Ten days", (0, 8), "docs@0", 1, title="Parcels", place="Lost")
    done = SuggestionDone(1, 1, "answer", "completed", "Ten days [1]", "m", citations=[source])
    assert seen(lines, done) == ["  [say] Ten days [1]", "    [1] Parcels > Lost"]


def test_a_busy_server_says_how_late_words_come_and_when_it_is_over() -> None:
    lines = Lines()
    steps = [
        SessionDegraded("slower", 0.7, "load"),
        SessionDegraded("finals", None, "load"),
        SessionDegraded("full", 0.35, "recovered"),
    ]
    told = seen(lines, *steps)
    assert ["every 0.7 s" in told[0], "when you pause" in told[1], "as usual" in told[2]] == [True] * 3
    lags = [SessionLag(lag_ms) for lag_ms in (4_200, 5_100, 3_900, 0)]
    late, over = [line.plain for lag in lags for line in lines.take(Message("", lag, ""))]
    assert ("4 s behind" in late, "caught up" in over) == (True, True)


@pytest.mark.parametrize("terminal", [True, False])
def test_how_quick_the_server_is_is_no_part_of_a_transcript_in_a_pipe(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1" if terminal else "")
    out = io.StringIO()
    with View(out=out) as view:
        for event in (final("hi"), SessionDegraded("finals", None, "load"), SessionLag(4_200)):
            view.show(Message("1-0", event, ""))
    assert "hi" in out.getvalue()
    assert ("behind" in out.getvalue(), "busy" in out.getvalue()) == (terminal, terminal)


def test_what_is_taken_back_of_a_reply_is_not_left_below() -> None:
    lines = Lines()
    seen(lines, ReplyStarted(1, 1, ""), ReplyDelta(1, "All is well. Something bad.", 0))
    taken = ModerationVerdict(Target(reply=1), (13, 27), "retract", ["hate"], 0.9, 1.0, "", "[removed]")
    assert seen(lines, taken) == ["  moderation: retract (hate)"]
    assert lines.pending().plain == "> All is well. [removed]"
