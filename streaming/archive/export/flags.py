"""What moderation was not sure of, from the log: flags that a judge gave, below the level at which it blocks. Pure.

Nothing is kept of it: whoever asks reads the log again, and sees the text as it stands now.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from streaming.archive.export.reading import CHANGING
from streaming.archive.kept import LogEntry
from streaming.events import (
    ContextGiven,
    Event,
    ModerationVerdict,
    ReplyDone,
    SuggestionDone,
    Target,
    TranscriptFinal,
)
from streaming.parts import replaced

# Events are written with their type first.
TELLING: Final = tuple(
    b'{"type":"%s"' % name.encode()
    for name in (
        "moderation.verdict",
        "transcript.final",
        "context.given",
        "reply.done",
        "suggestion.done",
    )
)
_decoder = msgspec.json.Decoder(Event)


class Flag(Struct, frozen=True):
    """A flag in the middle band. `event`: the id of its verdict; `text`: what it is about, as it stands now ("" of a
    summary, and of what is still being said); `span` [from, to) of it was flagged. `categories`: the most likely first,
    and its `score`."""

    event: str
    target: Target
    text: str
    span: tuple[int, int]
    categories: list[str]
    score: float
    made_by: str
    time: str


class Flags:
    """The flags of a session: entries go in one by one, in order."""

    def __init__(self, blocked_from: Callable[[str], float]) -> None:
        """`blocked_from`: the score from which on a category is blocked."""
        self._blocked_from = blocked_from
        self._texts: dict[Target, str] = {}
        self._flags: list[Flag] = []

    def take(self, entry: LogEntry) -> None:
        """The next entry. What a newer server may have written and we do not know is left out."""
        if not entry.body.startswith(TELLING):
            return
        try:
            event = _decoder.decode(entry.body)
        except msgspec.ValidationError:
            return
        match event:
            case TranscriptFinal(segment=number, text=text) | ContextGiven(segment=number, text=text):
                self._texts[Target(segment=number)] = text
            case ReplyDone(reply=number, text=text):
                self._texts[Target(reply=number)] = text
            case SuggestionDone(suggestion=number, text=text):
                self._texts[Target(suggestion=number)] = text
            case ModerationVerdict(action="flag") as verdict:
                self._flag(entry.id, verdict)
            case ModerationVerdict(action=action) as verdict if action in CHANGING:
                self._change(verdict)
            case _:
                pass

    def _flag(self, at: str, flag: ModerationVerdict) -> None:
        if not flag.categories or not 0 < flag.score < self._blocked_from(flag.categories[0]):
            return
        told = (flag.categories, flag.score, flag.made_by, flag.time)
        self._flags.append(Flag(at, flag.target, "", flag.span, *told))

    def _change(self, verdict: ModerationVerdict) -> None:
        """Something else stands there now, in a text that was told before; what was flagged moves with it."""
        (begin, end), put = verdict.span, verdict.replacement or ""
        text = self._texts.get(verdict.target)
        if text is not None:
            self._texts[verdict.target] = replaced(text, verdict.span, put)

        def moved(place: int, inside: int) -> int:
            if place <= begin:
                return place
            return place + len(put) - (end - begin) if place >= end else inside

        self._flags = [
            replace(one, span=(moved(one.span[0], begin), moved(one.span[1], begin + len(put))))
            if one.target == verdict.target
            else one
            for one in self._flags
        ]

    def found(self) -> list[Flag]:
        """All of them, in order."""
        return [replace(one, text=self._texts.get(one.target, "")) for one in self._flags]
