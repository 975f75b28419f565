"""What happens on a telephone beside what is said: a part of the vocabulary, see `streaming.events`."""

from typing import Final

from msgspec import Struct

HIDDEN: Final = "\u2022"
"""Stands for a key that is not told."""


class Dtmf(Struct, frozen=True, tag="dtmf"):
    """A key of a telephone was pressed: one of 0-9, *, # and A-D, or a bullet where it may be part of a number that is
    nobody's business (a card's, a PIN)."""

    channel: int
    key: str
    at_ms: int
    time: str = ""
