"""What the work beside the log brings: into one inbox, with the step that it was done for."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from msgspec import Struct

from llm.assist.place import Outcome, Work
from streaming.answers import SuggestionKind, SummaryKind
from streaming.events import TranscriptFinal
from streaming.feed import Entry
from streaming.parts import Section


class Begun(Struct, frozen=True):
    """A suggestion begins."""

    work: Work
    kind: SuggestionKind
    made_by: str


class Words(Struct, frozen=True):
    """More text of it."""

    work: Work
    text: str


class Ended(Struct, frozen=True):
    """It is over; `item`: of the checklist, that it was about."""

    work: Work
    outcome: Outcome
    item: int | None = None


class Failed(Struct, frozen=True):
    """A step could not be done; `made_by`: whoever should have."""

    work: Work
    made_by: str
    error: str


class Stepped(Struct, frozen=True):
    """All of a step was brought."""

    work: Work


class Summed(Struct, frozen=True):
    """A summary; without sections it could not be made."""

    kind: SummaryKind
    up_to: int
    sections: list[Section]
    made_by: str


class Found(Struct, frozen=True):
    """`topics` of what was said."""

    topics: list[str]
    final: TranscriptFinal


Item: TypeAlias = list[Entry] | Begun | Words | Ended | Failed | Stepped | Summed | Found
Put: TypeAlias = Callable[[Item], Awaitable[None]]
