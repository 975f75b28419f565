"""What moderation takes back of a call is in nothing that is made of it later."""

import pytest

from llm.assist.dialogue import Dialogue
from streaming.events import ModerationVerdict, Summary, TranscriptFinal, TurnEnded
from streaming.parts import Section, Target


def said(segment: int, text: str) -> TranscriptFinal:
    return TranscriptFinal(1, segment, text, 0, 900, [], "en", 0.9, "asr@0")


@pytest.mark.parametrize(
    ("segment", "put", "kept"), [(1, "[removed]", False), (1, "something bad", True), (2, "[removed]", True)]
)
def test_a_summary_made_with_words_that_were_taken_back_is_not_gone_on_from(
    segment: int, put: str, kept: bool
) -> None:
    dialogue, summary = Dialogue(), Summary(1, "progress", 1, [Section("all", "It was bad.")], "llm@0")
    for number in (1, 2):
        dialogue.heard(said(number, "something bad"))
        dialogue.heard(TurnEnded(number, 1, [number], "silence"))
    dialogue.heard(summary)
    target = Target(segment=segment)
    dialogue.heard(ModerationVerdict(target, (0, 13), "retract", ["violence"], 0.9, 1.0, "judge@0", put))
    assert dialogue.summary == (summary if kept else None)
    assert [line.text for line in dialogue.lines()][segment - 1] == put
