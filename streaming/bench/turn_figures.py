"""Turns as figures: where the time between the end of speech and the first word of the answer goes. Pure."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct


class Turned(Struct, frozen=True):
    """A turn on one clock (seconds): the end of what was said, the final, the end of the turn, the request to the
    engine, its first word, the first that was shown; `last` shown; `cancelled`, and `done`. 0: it did not happen.

    `gaps`: from each word of the engine's to what was shown next. `bare`: of the same request without us.
    """

    ended: float
    final: float
    turn: float
    asked: float
    made: float
    shown: float
    last: float
    cancelled: float
    done: float
    gaps: Sequence[float] = ()
    verdicts_ms: Sequence[float] = ()
    bare: float = math.nan


def figures(turns: Sequence[Turned]) -> dict[str, Any]:
    """p50 and p95 in ms of each stretch.

    `release`: from the engine's last word before something was shown to its being shown. `cancel_last`: from the cancel
    to the last word, 0 where none came after it. `overhead`: all of a turn that is neither the engine's time nor the
    wait for the end of the turn: what the way from the gateway to the engine and back adds.
    """
    whole = [turn for turn in turns if turn.shown]
    cancelled = [turn for turn in turns if turn.cancelled]
    stretches: dict[str, Iterable[float]] = {
        "speech_end_to_shown": (turn.shown - turn.ended for turn in whole),
        "speech_end_to_final": (turn.final - turn.ended for turn in whole if turn.final),
        "speech_end_to_turn": (turn.turn - turn.ended for turn in whole if turn.turn),
        "turn_to_engine": (turn.asked - turn.turn for turn in whole if turn.asked),
        "engine_first": (turn.made - turn.asked for turn in whole if turn.made),
        "hold": (turn.shown - turn.made for turn in whole if turn.made),
        "release": (gap for turn in whole for gap in turn.gaps),
        "cancel_last": (max(0.0, turn.last - turn.cancelled) for turn in cancelled),
        "cancel_done": (turn.done - turn.cancelled for turn in cancelled),
        "verdict": (ms / 1000 for turn in turns for ms in turn.verdicts_ms),
        "bare_engine_first": (turn.bare for turn in turns if not math.isnan(turn.bare)),
    }
    return {"turns": len(turns)} | {name: spread(list(values)) for name, values in stretches.items()}


def overhead(typed: Sequence[Turned]) -> dict[str, Any]:
    """What we add to the engine, by typed turns, which have no end of speech to wait for: before its request, behind
    its first word, and both together; and the whole beside the engine asked the same thing alone."""
    whole = [turn for turn in typed if turn.shown and turn.made]
    return {
        "before_engine": spread([turn.asked - turn.ended for turn in whole]),
        "behind_engine": spread([turn.shown - turn.made for turn in whole]),
        "overhead": spread([turn.shown - turn.ended - (turn.made - turn.asked) for turn in whole]),
        "whole": spread([turn.shown - turn.ended for turn in whole]),
        "bare_engine": spread([turn.bare for turn in whole if not math.isnan(turn.bare)]),
    }


def spread(seconds: Sequence[float]) -> dict[str, float] | None:
    """Nearest ranks, in ms; None of nothing."""
    if not seconds:
        return None
    order = sorted(seconds)

    def rank(share: float) -> float:
        return round(order[max(0, math.ceil(share * len(order)) - 1)] * 1000, 1)

    return {"p50": rank(0.5), "p95": rank(0.95), "n": len(order)}


def gaps(made: Sequence[float], shown: Sequence[float]) -> list[float]:
    """From the last word that the engine made before something was shown, to that."""
    return [at - max(word for word in made if word <= at) for at in shown if made and made[0] <= at]
