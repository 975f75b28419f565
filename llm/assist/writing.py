"""What a model is asked for beside answers: what to ask next, and summaries; both held to a JSON schema. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from llm.assist.dialogue import Line
from llm.assist.policy import ChecklistItem, SummarySection
from llm.grounding.fence import neutral
from llm.history import FRAME_TOKENS, Message, estimate
from streaming.parts import Section

NONE = "none"
QUESTION = 160
SECTION = 500


class Unreadable(ValueError):
    """What came is not what the schema says."""


def next_schema(items: Sequence[ChecklistItem]) -> dict[str, Any]:
    """A question, and which of the items fits now."""
    names = [*(item.name for item in items), NONE]
    return _object(
        {"question": {"type": "string", "maxLength": QUESTION}, "item": {"type": "string", "enum": names}}
    )


def next_messages(
    prompt: str, items: Sequence[ChecklistItem], lines: Sequence[Line], room: int
) -> list[Message]:
    """What to say or ask next, after `lines`; `room` in tokens."""
    listed = "\n".join(f"- {item.name}: {item.say}" for item in items) or "- (nothing)"
    head = f"Still to be said by the agent:\n{listed}\n\nThe conversation so far:\n"
    return _chat(prompt, head, lines, room)


def read_next(text: str, items: Sequence[ChecklistItem]) -> tuple[str, ChecklistItem | None]:
    """(question, item). Raises Unreadable."""
    found = _decoded(text)
    question, name = found.get("question"), found.get("item")
    if not isinstance(question, str) or not isinstance(name, str):
        raise Unreadable("the question or the item is missing")
    return " ".join(question.split()), next((item for item in items if item.name == name), None)


def summary_schema(sections: Sequence[SummarySection]) -> dict[str, Any]:
    """A text for each section."""
    return _object({one.name: {"type": "string", "maxLength": SECTION} for one in sections})


def summary_messages(
    prompt: str,
    sections: Sequence[SummarySection],
    before: Sequence[Section],
    lines: Sequence[Line],
    room: int,
) -> list[Message]:
    """A summary of what was summed up `before` and of `lines` since then; `room` in tokens."""
    asked = "\n".join(f"- {one.name}: {one.ask}" for one in sections)
    told = "\n".join(f"- {one.name}: {neutral(one.text)}" for one in before)
    head = f"Sections:\n{asked}\n\n" + (f"Summary so far:\n{told}\n\n" if told else "")
    return _chat(prompt, f"{head}The conversation:\n", lines, room)


def read_summary(text: str, sections: Sequence[SummarySection]) -> list[Section]:
    """Raises Unreadable."""
    found = _decoded(text)
    texts = [found.get(one.name) for one in sections]
    if not all(isinstance(text, str) for text in texts):
        raise Unreadable("a section is missing")
    return [Section(one.name, str(text).strip()) for one, text in zip(sections, texts, strict=True)]


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _decoded(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as wrong:
        raise Unreadable("no JSON object came") from wrong


def _chat(prompt: str, head: str, lines: Sequence[Line], room: int) -> list[Message]:
    """The newest lines that fit, oldest first."""
    room -= estimate(prompt) + estimate(head) + 2 * FRAME_TOKENS
    kept: list[str] = []
    for line in reversed(lines):
        told = neutral(line.told)
        room -= estimate(told) + 1
        if room < 0 and kept:
            break
        kept.insert(0, told)
    return [Message("system", prompt), Message("user", head + "\n".join(kept))]
