"""What Whisper repeats without having heard it. Pure.

A decoder without a cap on its length, or on short windows, falls into repeating itself. A loop is cut to its first
round. An echo is a tail that equals what stands right before it; it may be a true repetition, and is only held back:
the endpoint's pass has no such rule.
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
