"""What Whisper repeats without having heard it. Pure.

A decoder without a cap on its length, or on short windows, falls into repeating itself. A loop is cut to its first
round, unless the sound bears it out: a digit may be said many times. An echo is a tail that equals what stands right
before it; it may be a true repetition, and is only held back: the endpoint's pass has no such rule.
"""

from collections.abc import Sequence
from statistics import median

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
SQUEEZED_S = 0.06
"""What lasts less has no time of its own."""
EVEN = 0.5
"""And such a part of the time of those before it: whoever repeats himself does so at one pace."""
LAST = 0.25
"""Of the last one, behind which no pause counts, such a part."""


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


class Borne(Struct, frozen=True):
    """What was said of a text: the numbers of its tokens that were, and n + 1 times (s) of these n."""

    picked: tuple[int, ...]
    times: tuple[float, ...]


def spoken(tokens: Sequence[int], start: int, times: Sequence[float], voice_s: float) -> Borne:
    """What was said of the tokens: of a loop that reaches into tokens[start:] as many rounds as have their time in the
    sound while somebody speaks, and its first one at least; no token before `start` is cut.

    Token i lasts from times[i] to times[i + 1] (s); the voice ends at `voice_s`. Where there are more rounds in the
    text than in the sound, an alignment squeezes the others between them or to the end, and the true ones keep their
    places: so a round that has no time of its own is one with the next.
    """
    at = max(0, start - LONGEST)
    picked, begins, end = list(range(at)), list(times[:at]), times[at]
    while at < len(tokens):
        length, count = _loop(tokens, at)
        least = min(count, -(-(start - at) // length))  # rounds with tokens that may not be cut
        rounds_s = _borne(times[at : at + length * count + 1 : length], length, voice_s) if count else []
        if len(rounds_s) < max(1, least):
            rounds_s = [
                (n, times[at + n * length], times[at + (n + 1) * length]) for n in range(max(1, least))
            ]
        for number, begin, end in rounds_s:  # noqa: B007 - the last end is needed
            first = at + number * length
            picked += range(first, first + length)
            begins += [begin, *times[first + 1 : first + length]]
        at += length * count or 1
    return Borne(tuple(picked), (*begins, end))


def _borne(begins: Sequence[float], length: int, voice_s: float) -> list[tuple[int, float, float]]:
    """Of rounds of `length` tokens that begin at `begins` (the last of which is where they end) those that have time:
    number, begin and end."""
    found, begin = list[tuple[int, float, float]](), begins[0]
    for number, end in enumerate(begins[1:]):
        lasts = min(end, voice_s) - begin
        part = EVEN if end < voice_s else LAST
        pace = part * median(to - since for _, since, to in found) if found else 0.0
        if lasts >= max(ROUND_S, length * TOKEN_S, pace):
            found.append((number, begin, end))
        elif end - begin < SQUEEZED_S:
            continue
        begin = end
    return found


def _loop(tokens: Sequence[int], at: int) -> tuple[int, int]:
    """The loop that begins with token `at`: tokens of a round, and rounds (0 if there is no loop)."""
    for length in range(1, LONGEST + 1):
        first, count = tokens[at : at + length], 1
        while tokens[at + length * count : at + length * (count + 1)] == first:
            count += 1
        if count >= rounds(length) and len(first) == length:
            return length, count
    return 1, 0
