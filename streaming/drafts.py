"""What the responder writes for the moderator, `<sid>:draft`: a part of the facts, see `streaming.facts`."""

from typing import Final, Literal, TypeAlias

from msgspec import Struct, field

from streaming.answers import Alert, Checklist, ReplyStatus, SuggestionKind, Summary
from streaming.parts import Citation, Usage

DraftKind: TypeAlias = Literal["reply"] | SuggestionKind


class DraftStarted(Struct, frozen=True, tag="started"):
    """The responder begins reply number `reply` to turn `answers`, or a suggestion of that number."""

    reply: int
    answers: int
    made_by: str
    kind: DraftKind = "reply"
    supersedes: int | None = None


class DraftDelta(Struct, frozen=True, tag="delta"):
    """More text of the reply, as the engine made it."""

    reply: int
    text: str


INJECTION: Final = "injection"
"""Category of text that gives orders to the assistant."""


class DraftDone(Struct, frozen=True, tag="done"):
    """No more text of this reply will come. `flags`: categories of what was kept out of what it was made from."""

    reply: int
    answers: int
    status: ReplyStatus
    made_by: str
    usage: Usage | None = None
    timing: dict[str, int] = field(default_factory=dict[str, int])
    error: str | None = None
    citations: list[Citation] = field(default_factory=list[Citation])
    cut: bool = False
    flags: list[str] = field(default_factory=list[str])
    function: str = ""


class DraftSummary(Struct, frozen=True, tag="summary"):
    """A summary, not yet moderated."""

    summary: Summary


class DraftAlert(Struct, frozen=True, tag="alert"):
    """Something to be told at once; it holds no text of what was said."""

    alert: Alert


class DraftChecklist(Struct, frozen=True, tag="checklist"):
    """What was said of the checklist; one with no more of it than the last is no news."""

    checklist: Checklist


class RepliesEnded(Struct, frozen=True, tag="replies_ended"):
    """The responder has read `audio.ended` and owes no reply, suggestion or summary."""


Draft: TypeAlias = (
    DraftStarted | DraftDelta | DraftDone | DraftSummary | DraftAlert | DraftChecklist | RepliesEnded
)
