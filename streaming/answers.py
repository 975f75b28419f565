"""Replies, and what an agent is told in mode `assist`: a part of the vocabulary, see `streaming.events`.

A suggestion has the shape of a reply, and its number is from the same row: a session that has replies and suggestions
gives no number twice. Channel 0 is the agent, channel 1 the customer.
"""

from typing import Final, Literal

from msgspec import Struct

from streaming.parts import Citation, Section, Usage

AGENT: Final = 0
CUSTOMER: Final = 1
"""Their channels in mode `assist`."""

SuggestionKind = Literal["answer", "question", "checklist"]
ReplyStatus = Literal["completed", "cancelled", "blocked", "failed"]
FeedbackAction = Literal["accepted", "edited", "rejected"]
SummaryKind = Literal["progress", "wrapup"]
AlertKind = Literal["keyword", "topic", "talk_over", "dead_air", "pace"]


class ReplyStarted(Struct, frozen=True, tag="reply.started"):
    """A reply to turn `answers` is being made."""

    reply: int
    answers: int
    made_by: str
    time: str = ""


class ReplyDelta(Struct, frozen=True, tag="reply.delta"):
    """`text` goes to `offset` of the reply as it was shown so far (after all earlier replacements)."""

    reply: int
    text: str
    offset: int
    time: str = ""


class ReplyDone(Struct, frozen=True, tag="reply.done"):
    """The reply is over. `text` is the whole of it as shown; `error` says what went wrong when `status` is failed.

    `timing`: `first_token_ms` and `total_ms` since the turn's (eager) end was read by the responder; `queue_ms` before.
    `cut`: it has the most tokens that a reply may have, and may want an end. `function`: one of the client's own that
    it is to call; `text` are the arguments, as JSON.
    """

    reply: int
    answers: int
    status: ReplyStatus
    text: str
    made_by: str
    citations: list[Citation] = []
    usage: Usage | None = None
    timing: dict[str, int] = {}
    error: str | None = None
    cut: bool = False
    function: str = ""
    time: str = ""


class SuggestionStarted(Struct, frozen=True, tag="suggestion.started"):
    """A suggestion about turn `answers` is being made: an answer with its sources, what to ask next, or what the
    checklist still wants. `supersedes`: the earlier, quicker one that it takes the place of."""

    suggestion: int
    answers: int
    kind: SuggestionKind
    made_by: str
    supersedes: int | None = None
    time: str = ""


class SuggestionDelta(Struct, frozen=True, tag="suggestion.delta"):
    """`text` goes to `offset` of the suggestion as it was shown so far (after all earlier replacements)."""

    suggestion: int
    text: str
    offset: int
    time: str = ""


class SuggestionDone(Struct, frozen=True, tag="suggestion.done"):
    """The suggestion is whole. Members as those of `reply.done`; one that is not `completed` supersedes nothing."""

    suggestion: int
    answers: int
    kind: SuggestionKind
    status: ReplyStatus
    text: str
    made_by: str
    supersedes: int | None = None
    citations: list[Citation] = []
    usage: Usage | None = None
    timing: dict[str, int] = {}
    error: str | None = None
    time: str = ""


class SuggestionFeedback(Struct, frozen=True, tag="suggestion.feedback"):
    """What the agent did with a suggestion; `text`: what was said or sent instead, moderated as all text is. `by`: the
    agent's name, "" for the session's own client."""

    suggestion: int
    action: FeedbackAction
    text: str = ""
    by: str = ""
    time: str = ""


class Summary(Struct, frozen=True, tag="summary"):
    """What the session came to so far (`progress`) or in all (`wrapup`), up to turn `up_to`. A later one of the same
    kind takes its place."""

    summary: int
    kind: SummaryKind
    up_to: int
    sections: list[Section]
    made_by: str
    time: str = ""


class Item(Struct, frozen=True):
    """Something that an agent has to say: its `name`, the words that are suggested, and whether it was said."""

    name: str
    say: str
    done: bool


class Checklist(Struct, frozen=True, tag="checklist"):
    """All that the agent has to say, in order; told as the call begins and whenever something was said of it."""

    items: list[Item]
    time: str = ""

    @property
    def ticked(self) -> int:
        """How much of it was said."""
        return sum(one.done for one in self.items)


class Alert(Struct, frozen=True, tag="alert"):
    """Something that an agent or a supervisor wants to know at once.

    `keyword`, `topic`: `name` of the list in which `segment` was found. From the sound: `talk_over` (both speak),
    `dead_air` (nobody does), `pace` (`value` words a minute): `value` is seconds, else. `from_ms`, `to_ms` of the
    session's sound.
    """

    alert: int
    kind: AlertKind
    name: str
    from_ms: int
    to_ms: int
    channel: int | None = None
    segment: int | None = None
    value: float | None = None
    time: str = ""
