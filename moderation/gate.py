"""One reply on its way to be shown, in mode `hold`: only what is decided leaves, masked where it must be. Pure.

Nothing that left is ever taken back. A blocked phrase ends the reply: what was shown stays, all else is dropped.
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from moderation.finding import Finding
from moderation.screen import Screen
from streaming.events import Action


class Judged(Struct, frozen=True):
    """A finding as it is told: `span` [from, to) of the text as shown, and what stands there instead.

    `made_by`: who found it, where that is not the rules; with `score` and after `latency_ms`.
    """

    span: tuple[int, int]
    action: Action
    categories: tuple[str, ...]
    replacement: str | None = None
    score: float = 1.0
    made_by: str = ""
    latency_ms: float = 0.0


class Release(Struct, frozen=True):
    """What may be shown now, behind what was shown before."""

    text: str = ""
    judged: Sequence[Judged] = ()
    blocked: bool = False


class Cursor(Struct, frozen=True):
    """Where a gate is in a reply: its members of these names."""

    consumed: int = 0
    decided: int = 0
    shown: int = 0
    begun: bool = False


_BEGINNING: Final = Cursor()


class Gate:
    """Holds what is undecided of a reply.

    After a restart: make it with its `cursor` as it was, and let it `recall` the reply's text from code point
    `consumed` on.
    """

    def __init__(self, screen: Screen, cursor: Cursor = _BEGINNING) -> None:
        self._screen = screen
        self._pending = ""
        self.consumed = cursor.consumed
        """Code points of the reply's text that are not needed any more."""
        self.decided = cursor.decided
        """Code points behind `consumed` that have been shown, masked or dropped already."""
        self.shown = cursor.shown
        """Code points that were shown, replacements included."""
        self.begun = cursor.begun
        """Whether what is consumed ends within a run of digits."""

    @property
    def cursor(self) -> Cursor:
        """Where it is."""
        return Cursor(self.consumed, self.decided, self.shown, self.begun)

    def recall(self, text: str) -> None:
        """What was fed before a restart. Nothing is released yet: `feed("")` gives what was not shown then."""
        self._pending += text

    def feed(self, text: str) -> Release:
        """More of the reply."""
        self._pending += text
        return self._release(closed=False)

    def finish(self) -> Release:
        """The reply is complete: all the rest."""
        return self._release(closed=True)

    def _release(self, *, closed: bool) -> Release:
        look = self._screen.look(self._pending, closed=closed, begun=self.begun)
        if look.held <= self.decided:
            return Release()
        new = [found for found in look.findings if self.decided <= found.start < look.held]
        block = next((found for found in new if found.action == "block"), None)
        end = block.start if block else look.held
        text, judged = masked(
            self._pending, [found for found in new if found.end <= end], (self.decided, end), self.shown
        )
        self.shown += len(text)
        if block:
            judged.append(Judged((self.shown, self.shown), "block", block.categories))
        self.consumed, self.begun = self.consumed + look.anchor, look.begun
        self.decided = look.held - look.anchor
        self._pending = self._pending[look.anchor :]
        return Release(text, judged, block is not None)


def masked(
    text: str, findings: Sequence[Finding], span: tuple[int, int], shown: int
) -> tuple[str, list[Judged]]:
    """[span) of `text` with replacements in it, and its findings as they are told when `shown` code points precede
    it."""
    place, end = span
    parts: list[str] = []
    judged: list[Judged] = []
    for found in findings:
        parts.append(text[place : found.start])
        shown += found.start - place
        put = text[found.start : found.end] if found.replacement is None else found.replacement
        parts.append(put)
        span = (shown, shown + len(put))
        judged.append(Judged(span, found.action, found.categories, found.replacement, made_by=found.made_by))
        shown += len(put)
        place = found.end
    parts.append(text[place:end])
    return "".join(parts), judged
