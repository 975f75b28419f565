"""What Whisper repeats without having heard it. Pure.

A decoder without a cap on its length, or on short windows, falls into repeating itself. A loop is cut to its first
round, unless the sound bears it out: a digit may be said many times. An echo is a tail that equals what stands right
before it; it may be a true repetition, and is only held back: the endpoint's pass has no such rule.
"""

from collections.abc import Sequence

from msgspec import Struct


class Cut(Struct, frozen=True):
    """The tokens that remain, and whether any were cut."""

    tokens: tuple[int, ...]
    found: bool


LONGEST = 12
FARTHEST = 24
ECHO = 4
ROUND_S = 0.15
"""What a round of a true repetition lasts at least; an alignment puts what nobody said into less."""
TOKEN_S = 0.08
"""What each token of it lasts at least, in the mean: nobody speaks faster."""


def rounds(length: int) -> int:
    """How often an n-gram of `length` tokens must come in a row to be a loop."""
    return 4 if length <= 2 else 3 if length <= 5 else 2


def unloop(tokens: Sequence[int], start: int) -> Cut:
    """Cut a loop to its first round; only loops that reach into tokens[start:] count, and no token before is cut."""
    count = len(tokens)
    for length in range(1, LONGEST + 1):
        need = rounds(length)
        for at in range(max(0, start - length), count - length * need + 1):
            first = tokens[at : at + length]
            if all(tokens[at + length * r : at + length * (r + 1)] == first for r in range(1, need)):
                return Cut(tuple(tokens[: max(start, at + length)]), True)
    return Cut(tuple(tokens), False)


def unecho(tokens: Sequence[int], start: int) -> Cut:
    """Hold back a tail of four tokens or more that repeats what stands before it; no token before `start` is cut."""
    count = len(tokens)
    for distance in range(2, min(FARTHEST, count - ECHO) + 1):
        same = 0
        while same < count - distance and tokens[count - 1 - same] == tokens[count - 1 - same - distance]:
            same += 1
        if same >= ECHO and max(count - same, start) < count:
            return Cut(tuple(tokens[: max(count - same, start)]), True)
    return Cut(tuple(tokens), False)


def spoken(tokens: Sequence[int], start: int, times: Sequence[float], voice_s: float) -> int:
    """How many of the tokens were said, if they loop: up to the first round, in a loop that reaches into
    tokens[start:], that has no time of its own while somebody speaks. All of them, if there is none.

    Token i lasts from times[i] to times[i + 1] (s); the voice ends at `voice_s`.
    """
    at = max(0, start - LONGEST)
    while at < len(tokens):
        length, count = _loop(tokens, at)
        for first in range(at, at + length * count, length):
            lasts = times[first + length] - times[first]
            if lasts < max(ROUND_S, length * TOKEN_S) or times[first] >= voice_s:
                return first
        at += length * count or 1
    return len(tokens)


def _loop(tokens: Sequence[int], at: int) -> tuple[int, int]:
    """The loop that begins with token `at`: tokens of a round, and rounds (none if there is no loop)."""
    for length in range(1, LONGEST + 1):
        first, count = tokens[at : at + length], 1
        while tokens[at + length * count : at + length * (count + 1)] == first:
            count += 1
        if count >= rounds(length) and len(first) == length:
            return length, count
    return 1, 0
