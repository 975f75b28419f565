"""What was said so far, as messages for a chat model. Pure; made from the session's log, so from moderated text only.

A turn is what the user said and what was shown of the reply to it; one that ended eagerly and was taken back is none.
What was shown and then cut off is kept as far as it was shown; a reply that failed or was blocked is as if it had never
been.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from streaming.events import (
    ContextGiven,
    Event,
    ModerationVerdict,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    TranscriptFinal,
    TurnEnded,
    TurnResumed,
)
from streaming.parts import Role, replaced

Count = Callable[[str], int]
"""Tokens of a text; a longer text never has fewer."""

FRAME_TOKENS = 8
"""What a chat template puts around a message, generously."""


EARLIER = "(Summary of what was said before, no instruction: "


class Message(Struct, frozen=True):
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class Turn(Struct, frozen=True):
    """What the user said in turn `number`, and what was shown as the answer ("" when nothing was)."""

    number: int
    said: str
    answered: str = ""
    ended_at: str = ""


def estimate(text: str) -> int:
    """Tokens of a text when no tokenizer is at hand: a third of its bytes, rounded up.

    English has about four bytes a token, so this errs upwards; a token is never shorter than a byte, so the truth is
    at most three times as much.
    """
    return -(-len(text.encode(errors="replace")) // 3)


class History:
    """Folds the log into turns. `heard` takes every event of the log in order; those of no interest change nothing."""

    def __init__(self) -> None:
        self._segments: dict[int, str] = {}
        self._replies: dict[int, str] = {}
        self._answers: dict[int, int] = {}
        self._ended: dict[int, TurnEnded] = {}
        self._given: list[ContextGiven] = []
        self.changes = 0
        """How often something came that may change a turn."""

    def heard(self, event: Event) -> None:
        """Take note of the log's next event."""
        self.changes += 1
        match event:
            case TranscriptFinal(segment=segment, text=text):
                self._segments[segment] = text
            case ContextGiven(segment=segment, text=text):
                self._segments[segment] = text
                self._given.append(event)
            case TurnEnded(turn=turn):
                self._ended[turn] = event
            case TurnResumed(turn=turn):
                self._ended.pop(turn, None)
            case ReplyStarted(reply=reply, answers=turn):
                self._answers[reply], self._replies[reply] = turn, ""
            case ReplyDelta(reply=reply, text=text, offset=offset):
                self._replies[reply] = self._replies.get(reply, "")[:offset] + text
            case ReplyDone(reply=reply, answers=turn, status=status, text=text):
                self._answers[reply] = turn
                self._replies[reply] = text if status in ("completed", "cancelled") else ""
            case ModerationVerdict():
                self._replace(event)
            case _:
                self.changes -= 1  # sound, partials and the session's own life say nothing to a chat model

    @property
    def given(self) -> list[tuple[Role, str]]:
        """What was said before the session began, oldest first."""
        return [(one.role, self._segments[one.segment]) for one in self._given]

    def turns(self, newest: int) -> list[Turn]:
        """All turns up to number `newest`, which comes last and without an answer; [] when it never ended."""
        if newest not in self._ended:
            return []
        *before, last = [turn for turn in self.so_far() if turn.number <= newest]
        return [*before, replace(last, answered="")]

    def so_far(self) -> list[Turn]:
        """All turns, each with what was shown of its answer until now."""
        answered: dict[int, str] = {}
        for reply in sorted(self._answers):  # a second try counts, if it showed anything
            turn = self._answers[reply]
            answered[turn] = self._replies[reply].strip() or answered.get(turn, "")
        return [
            Turn(number, self._said(ended), answered.get(number, ""), ended.time)
            for number, ended in sorted(self._ended.items())
        ]

    def _said(self, ended: TurnEnded) -> str:
        texts = [*(self._segments.get(segment, "").strip() for segment in ended.segments), ended.text.strip()]
        return " ".join(text for text in texts if text)

    def _replace(self, verdict: ModerationVerdict) -> None:
        """Text may be replaced after it was shown; where it already was, putting it there again changes nothing."""
        if verdict.replacement is None:
            return
        target, span = verdict.target, verdict.span
        for number, texts in ((target.segment, self._segments), (target.reply, self._replies)):
            if number is not None and number in texts and span[1] <= len(texts[number]):
                texts[number] = replaced(texts[number], span, verdict.replacement)


def messages(turns: Sequence[Turn], budget: int, count: Count, earlier: str = "") -> list[Message]:
    """The newest turns that fit into `budget` tokens, oldest first; the last message is the newest turn's.

    When turns no longer fit, the oldest go until half of the budget is free, not one each time: so the beginning stays
    the same over many turns, and engines keep its prefix. The newest turn is always there; if it alone is too long,
    its end is. [] when the newest turn has no words. `earlier`: what was said in the beginning, summed up; it stands
    before the first message that is left, once something has gone.
    """
    if not turns or not turns[-1].said:
        return []
    spoken = [turn for turn in turns if turn.said]
    budget -= count(EARLIER + earlier) if earlier else 0
    *before, newest = _window(spoken, budget, count)
    gone = len(before) + 1 < len(spoken)
    room = max(0, budget - FRAME_TOKENS)
    if not before:
        newest = Turn(newest.number, _tail(newest.said, room, count))
    chat = _chat([*before, newest])
    return (
        [Message("user", f"{EARLIER}{earlier})\n\n{chat[0].content}"), *chat[1:]]
        if earlier and gone
        else chat
    )


def fallen(turns: Sequence[Turn], budget: int, count: Count) -> list[Turn]:
    """The turns with words that `messages` has no room for, oldest first."""
    spoken = [turn for turn in turns if turn.said]
    return spoken[: len(spoken) - len(_window(spoken, budget, count))]


def _window(turns: Sequence[Turn], budget: int, count: Count) -> list[Turn]:
    first, used = 0, 0
    costs = [_cost(turn, count) for turn in turns]
    for last, cost in enumerate(costs):
        used += cost
        if used <= budget:
            continue
        while first < last and used > budget // 2:
            used -= costs[first]
            first += 1
    return list(turns[first:])


def _cost(turn: Turn, count: Count) -> int:
    texts = [text for text in (turn.said, turn.answered) if text]
    return sum(count(text) + FRAME_TOKENS for text in texts)


def _tail(text: str, room: int, count: Count) -> str:
    """The longest end of `text` that has at most `room` tokens, but at least its last code point."""
    return text[-max(1, longest(len(text), lambda size: count(text[len(text) - size :]) <= room)) :]


def longest(most: int, fits: Callable[[int], bool]) -> int:
    """The greatest number from 0 to `most` that `fits`; whatever is less than one that does, does too."""
    least = 0
    if fits(most):
        return most
    while least < most:
        middle = (least + most + 1) // 2
        if fits(middle):
            least = middle
        else:
            most = middle - 1
    return least


def _chat(turns: Sequence[Turn]) -> list[Message]:
    """User and assistant in turn: many chat templates refuse two messages of the same role in a row."""
    chat: list[Message] = []
    asked: list[str] = []
    for turn in turns:
        asked.append(turn.said)
        if turn.answered:
            chat += [Message("user", "\n".join(asked)), Message("assistant", turn.answered)]
            asked = []
    return [*chat, Message("user", "\n".join(asked))] if asked else chat
