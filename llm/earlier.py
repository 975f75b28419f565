"""What was said before the turns that a reply is still told word for word, summed up. Pure.

A summary stands for the very texts that it was made of. Once one of them is another, because a verdict replaced
something in it, the summary may hold what is not to be told any more: it stands for nothing then.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from llm.grounding.fence import neutral
from llm.history import EARLIER, FRAME_TOKENS, Count, Message, Turn, fallen

LONGEST: Final = 160
"""Tokens that are asked for at most."""


class Summary(Struct, frozen=True):
    """`text` says what the turns `covers` do, the oldest ones with words."""

    text: str = ""
    covers: tuple[Turn, ...] = ()


NOTHING: Final = Summary()


def holds(summary: Summary, turns: Sequence[Turn]) -> bool:
    """Whether the turns that it covers are still the same."""
    spoken = [turn for turn in turns if turn.said]
    return tuple(spoken[: len(summary.covers)]) == summary.covers


def tokens(budget: int) -> int:
    """How long a summary may be, of the `budget` of all that was said."""
    return min(LONGEST, budget // 4)


def due(summary: Summary, turns: Sequence[Turn], budget: int, count: Count) -> list[Turn]:
    """The turns that have fallen out of the window of `budget` tokens, and that `summary` does not cover."""
    used = count(EARLIER + summary.text) if summary.text else 0
    return fallen(turns, budget - used, count)[len(summary.covers) :]


def asking(
    prompt: str, summary: Summary, turns: Sequence[Turn], room: int, count: Count
) -> tuple[int, list[Message]]:
    """How many of `turns`, at least one, the next summary takes in, and what is asked of the model for it; `room` in
    tokens. The turns are never none."""
    told = [f"Summary so far: {neutral(summary.text)}"] if summary.text else []
    room -= count(prompt) + 2 * FRAME_TOKENS + sum(count(one) for one in told)
    taken = 0
    for turn in turns:
        lines = _lines(turn)
        room -= count(lines) + 1
        if room < 0 and taken:
            break
        told.append(_cut(lines, room + count(lines), count))
        taken += 1
    return taken, [Message("system", prompt), Message("user", "\n".join(told))]


def grown(summary: Summary, text: str, turns: Sequence[Turn], room: int, count: Count) -> Summary:
    """The summary that a model wrote of `summary` and `turns`; no longer than `room` tokens."""
    return Summary(_cut(" ".join(text.split()), room, count), (*summary.covers, *turns))


def _lines(turn: Turn) -> str:
    answer = f"\nAssistant: {neutral(turn.answered)}" if turn.answered else ""
    return f"User: {neutral(turn.said)}{answer}"


def _cut(text: str, room: int, count: Count) -> str:
    while text and count(text) > max(0, room):
        text = text[: len(text) * 7 // 8]
    return text
