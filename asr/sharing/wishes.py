"""What channels want of an engine, waiting and taken together. Pure."""

from typing import TypeAlias

from msgspec import Struct

from asr.sharing.fairness import Kind

Key: TypeAlias = tuple[str, int]
"""A session and the number of its channel."""


class Wish(Struct, frozen=True):
    """What a channel wants: a pass over a window of `window_s`, of which `unheard_s` came since the last one.

    `final`: the last one of an utterance. `ahead`: it is made before it is due. `replayed`: the sound is a recording.
    `draft`: by the smaller model. `lean`: a final that costs as little as it may.
    """

    key: Key
    tenant: str
    final: bool
    unheard_s: float
    window_s: float
    replayed: bool = False
    ahead: bool = False
    draft: bool = False
    lean: bool = False

    @property
    def said_s(self) -> float | None:
        """Seconds that are to be written; None: a partial writes little."""
        return self.unheard_s if self.final else None

    @property
    def kind(self) -> Kind:
        """Its place in the order."""
        return "replay" if self.replayed else "final" if self.final else "partial"


class Waiting(Struct, frozen=True):
    """A wish in the queue `since` then, told last `at`, and to begin by `deadline`."""

    wish: Wish
    since: float
    at: float
    deadline: float

    def unheard_s(self, now: float) -> float:
        """Its unheard sound by now."""
        return self.wish.unheard_s + now - self.at


class Batch(Struct, frozen=True):
    """Wishes that are served together; `seconds`: what that should take. `owed`: they went before what else waited."""

    number: int
    members: tuple[Waiting, ...]
    seconds: float
    owed: bool = False

    @property
    def wish(self) -> Wish:
        """The most urgent one. The others are of its kind."""
        return self.members[0].wish
