"""Turns that end eagerly: begun, confirmed, taken back. Pure.

Rules:
- One such turn is open at most, and none while a reply is open or due: it would have to be broken off for it;
  and none at words that no partial would show yet.
- It is confirmed when its speaker's turn ends and the finals since then say exactly what it said; its number stays.
- It is taken back when they say something else, when its speaker goes on, by any other turn, and in mode `chat` when
  anybody begins to speak: that would break its reply off. Its number is gone.
- A reply to it waits in `draft` until it is confirmed: nobody is shown an answer to half a sentence.
"""

import hashlib
from collections.abc import Sequence
from functools import reduce

from msgspec.structs import replace

from moderation import floor as floors
from moderation.floor import Eager, Floor, Step
from streaming.answers import CUSTOMER
from streaming.drafts import Draft, DraftStarted
from streaming.events import TurnEnded, TurnReason, TurnResumed


def _mark(before: str, text: str) -> str:
    """Stands for `text` behind what `before` stands for: a checkpoint has no text in it."""
    return hashlib.sha256(f"{before} {text}".encode(errors="replace")).hexdigest()[:16]


def ended(floor: Floor, channel: int, reason: TurnReason, texts: Sequence[str]) -> Step:
    """The channel's speaker seems to be done: `texts` (masked) are what was said beyond the finals that were told."""
    floor, events = resumed(floor)
    if floor.mode == "chat" and (floor.reply is not None or _owed(floor)):
        return floor, events
    turn = floor.turns + 1
    eager = Eager(turn=turn, channel=channel, expected=reduce(_mark, texts, ""))
    event = TurnEnded(
        turn=turn,
        channel=channel,
        segments=floor.said.get(channel, []),
        reason=reason,
        eager=True,
        text=" ".join(texts),
    )
    return replace(floor, turns=turn, eager=eager), [*events, event]


def _owed(floor: Floor) -> bool:
    """Whether a turn waits for its reply to begin."""
    return floor.turns - floor.answered > sum(turn > floor.answered for turn in floor.taken)


def followed(floor: Floor, channel: int, text: str) -> Floor:
    """A final (masked) was told."""
    eager = floor.eager
    if eager is None or eager.channel != channel:
        return floor
    return replace(floor, eager=replace(eager, heard=_mark(eager.heard, text)))


def resumed(floor: Floor, channel: int | None = None) -> Step:
    """The turn that ended eagerly (on `channel`) is none."""
    eager = floor.eager
    if eager is None or channel not in (None, eager.channel):
        return floor, []
    answered = floor.mode == "chat" or (floor.mode == "assist" and eager.channel == CUSTOMER)
    taken = [*floor.taken, eager.turn] if answered else floor.taken  # to the others nobody replies
    floor = replace(floor, eager=None, taken=taken)
    return floor, [TurnResumed(turn=eager.turn, channel=eager.channel)]


def turned(floor: Floor, channel: int, reason: TurnReason) -> Step:
    """The channel's turn is over: confirmed, if it was expected so; else a turn of its own."""
    eager, segments = floor.eager, floor.said.get(channel, [])
    if eager is None or eager.channel != channel or eager.heard != eager.expected or not segments:
        floor, events = resumed(floor)
        floor, turn = floors.turned(floor, channel, reason)
        return floor, [*events, *turn]
    rest = {key: numbers for key, numbers in floor.said.items() if key != channel}
    event = TurnEnded(turn=eager.turn, channel=channel, segments=segments, reason=reason)
    return replace(floor, said=rest, eager=None), [event]


def early(floor: Floor, draft: Draft) -> bool:
    """Whether a reply begins that must wait until its turn is confirmed."""
    return isinstance(draft, DraftStarted) and floor.eager is not None and draft.answers == floor.eager.turn


def stale(floor: Floor, draft: Draft) -> bool:
    """Whether a reply begins to a turn that was taken back."""
    return isinstance(draft, DraftStarted) and draft.answers in floor.taken
