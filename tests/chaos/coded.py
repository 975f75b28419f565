"""Sound that says which frame it is, so that what comes out can be checked frame by frame. Pure.

A frame is 20 ms, 320 samples at 16 kHz: 20 symbols of 16 equal samples, two that mark its beginning and its number in
18 bits. A number is its frame's place in the sound, so a frame can be neither moved, repeated nor left out unseen.
12 frames are a word; its text names its number and, when some are missing, which of them there are.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

FRAME: Final = 320
WORD: Final = 12
BITS: Final = 18
SYMBOL: Final = 16
SYNC: Final = (24_000, -24_000)
BIT: Final = 8_000
ALPHABET: Final = "bdfghjklmnpqrstv"
"""Sixteen digits that spell no word and no number."""

WHOLE: Final = (1 << WORD) - 1
FATAL: Final = (1 << BITS) - 1
"""The number of a frame that ends the process which reads it, as a fault in native code does."""

Pcm: TypeAlias = NDArray[np.int16]


class Frame(NamedTuple):
    """Frame `number`, which begins at sample `begin` of what was looked at."""

    begin: int
    number: int


class Plan(NamedTuple):
    """What a speaker says: the words, by number, and how many words long it is with its pauses."""

    words: tuple[int, ...]
    length: int

    @property
    def frames(self) -> list[int]:
        """All frames that are said."""
        return [frame for word in self.words for frame in range(word * WORD, word * WORD + WORD)]

    @property
    def seconds(self) -> float:
        """How long it takes to say."""
        return self.length * WORD * FRAME / 16_000

    def pcm(self, fatal: int | None = None) -> Pcm:
        """The sound; word `fatal` ends whoever hears it."""
        numbers = np.full(self.length * WORD, -1)
        numbers[self.frames] = self.frames
        if fatal is not None:
            numbers[fatal * WORD : (fatal + 1) * WORD] = FATAL
        return encode(numbers)


def plan(seed: int, seconds: float) -> Plan:
    """Utterances of 4 to 10 words with pauses of a second between them, and a breath before and after."""
    chance, words, at = Random(seed), list[int](), 2
    length = max(12, round(seconds * 16_000 / FRAME / WORD))
    while at < length - 5:
        spoken = min(chance.randint(4, 10), length - 5 - at)
        words += range(at, at + spoken)
        at += spoken + 4
    return Plan(tuple(words), length)


def encode(numbers: Any) -> Pcm:
    """Frames of these numbers, one after the other; a negative one is silence."""
    numbers = np.asarray(numbers, np.int64)
    symbols = np.zeros((len(numbers), FRAME // SYMBOL), np.int16)
    bits = (numbers[:, None] >> np.arange(BITS)) & 1
    symbols[:, :2] = SYNC
    symbols[:, 2:] = np.where(bits, BIT, -BIT)
    symbols[numbers < 0] = 0
    return np.repeat(symbols, SYMBOL, axis=1).reshape(-1)


def decode(pcm: Pcm, offsets: Iterable[int] = (0,)) -> list[Frame]:
    """The frames that are whole in `pcm` and begin at one of `offsets` or whole frames after it."""
    found: list[Frame] = []
    for offset in offsets:
        count = max(0, (len(pcm) - offset) // FRAME)
        cells = pcm[offset : offset + count * FRAME].reshape(count, FRAME // SYMBOL, SYMBOL)
        symbols = cells[:, :, 0].astype(np.int64)
        good = (cells == cells[:, :, :1]).all(axis=(1, 2))
        good &= (symbols[:, :2] == SYNC).all(axis=1) & (np.abs(symbols[:, 2:]) == BIT).all(axis=1)
        numbers = ((symbols[:, 2:] > 0) << np.arange(BITS)).sum(axis=1)
        found += [Frame(offset + int(at) * FRAME, int(numbers[at])) for at in np.flatnonzero(good)]
    return sorted(found)


# ---- text ----------------------------------------------------------------------------------------------------------


def spell(frames: Sequence[int]) -> str:
    """A word's text: of frames that are all of one word."""
    mask = sum(1 << frame % WORD for frame in set(frames))
    return _digits(frames[0] // WORD, 4) + ("" if mask == WHOLE else "x" + _digits(mask, 3))


def read(text: str) -> list[int]:
    """The frames of the words in `text`, in its order. What is no word of ours is frame -1."""
    frames: list[int] = []
    for word in text.split():
        if not re.fullmatch(f"[{ALPHABET}]{{4}}(x[{ALPHABET}]{{3}})?", word):
            frames.append(-1)
            continue
        number, _, rest = word.partition("x")
        mask = _number(rest) if rest else WHOLE
        frames += [_number(number) * WORD + bit for bit in range(WORD) if mask >> bit & 1]
    return frames


def _digits(number: int, places: int) -> str:
    return "".join(ALPHABET[number >> 4 * place & 15] for place in reversed(range(places)))


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number << 4 | ALPHABET.index(digit)
    return number


# ---- judgement -----------------------------------------------------------------------------------------------------


class Difference(NamedTuple):
    """Frames that were said and not heard, heard more than once, heard and never said, or heard out of order."""

    lost: int
    twice: int
    invented: int
    moved: int


def compare(said: Sequence[int], heard: Sequence[int]) -> Difference:
    """What became of the frames. All zero: each came out once, in order."""
    there, meant = set(heard), set(said)
    known = [frame for frame in heard if frame in meant]
    return Difference(
        lost=len(meant - there),
        twice=len(known) - len(set(known)),
        invented=len(heard) - len(known),
        moved=sum(later <= former for former, later in pairwise(known)),
    )
