"""One response, from `response.create` or a turn's end to `response.done`. Pure."""

import enum
from typing import Final

from msgspec import UNSET, Struct

from streaming.answers import ReplyDone
from streaming.errors import Fault
from streaming.parts import Role, Sampling
from streaming.wire.openai.chat import Asked
from streaming.wire.openai.faults import Wrong
from streaming.wire.openai.realtime import told
from streaming.wire.openai.realtime.asked import ResponseAsked
from streaming.wire.openai.realtime.conversation import written
from streaming.wire.openai.realtime.outlet import problem
from streaming.wire.openai.realtime.session import CANNOT, Session
from streaming.wire.openai.realtime.shapes import Details, Item, Problem, Reason, Response, Usage

LEAST: Final = 1
PAIRS: Final = 16
"""Pairs of a response's metadata."""


class Stage(enum.Enum):
    """Where a response is."""

    DUE = "words of an item that it answers are not known yet"
    ASKED = "it is being made"
    SHOWN = "some of it was told"
    OVER = "response.done was told"


class Sign(enum.Enum):
    """What happens to a response."""

    READY = "all words are known"
    WORDS = "there is more text"
    END = "it is whole, failed, blocked or cancelled"


NEXT: Final[dict[tuple[Stage, Sign], Stage]] = {
    (Stage.DUE, Sign.READY): Stage.ASKED,
    (Stage.DUE, Sign.END): Stage.OVER,
    (Stage.ASKED, Sign.WORDS): Stage.SHOWN,
    (Stage.ASKED, Sign.END): Stage.OVER,
    (Stage.SHOWN, Sign.WORDS): Stage.SHOWN,
    (Stage.SHOWN, Sign.END): Stage.OVER,
}


def table() -> str:
    """`NEXT`, to be read."""
    return "\n".join(f"{a.name:7}{sign.name:7}-> {b.name}" for (a, sign), b in NEXT.items())


class Answer(Struct):
    """A response that is being made. `alone`: it is no part of the conversation (`conversation: none`).
    `taken`: some of it was taken back after it was told."""

    id: str
    item_id: str
    asked: ResponseAsked
    alone: bool = False
    stage: Stage = Stage.DUE
    text: str = ""
    taken: bool = False

    def step(self, sign: Sign) -> None:
        """Raises KeyError for what cannot be."""
        self.stage = NEXT[self.stage, sign]

    def shape(self, session: Session) -> Response:
        """As it is when it begins."""
        return Response(
            id=self.id,
            status="in_progress",
            metadata=self.asked.metadata,
            conversation_id=None if self.alone else f"conv_{session.id.removeprefix('sess_')}",
            max_output_tokens=self.asked.max_output_tokens or session.max_output_tokens,
        )

    def more(self, text: str) -> told.TextDelta:
        """More words."""
        self.step(Sign.WORDS)
        self.text += text
        return told.TextDelta(response_id=self.id, item_id=self.item_id, delta=text)

    def item(self, *, whole: bool) -> Item:
        """The item that it is, or becomes."""
        return written(self.item_id, self.text, whole=whole)


def over(answer: Answer, session: Session, why: Reason, usage: Usage | None = None) -> told.ResponseDone:
    """The end of a response, whose text is what may stay of it."""
    shown, whole = answer.stage is Stage.SHOWN, why.type == "completed"
    answer.step(Sign.END)
    output = [answer.item(whole=whole)] if shown else []
    shape = answer.shape(session)
    return told.ResponseDone(
        response=Response(
            id=shape.id,
            status=why.type,
            output=output,
            status_details=why,
            usage=usage,
            metadata=shape.metadata,
            conversation_id=shape.conversation_id,
            max_output_tokens=shape.max_output_tokens,
        )
    )


def why(done: ReplyDone, *, taken: bool) -> Reason:
    """How a reply ended."""
    match done.status:
        case "completed" if taken:
            return Reason("incomplete", "content_filter")
        case "completed" if done.cut:
            return Reason("incomplete", "max_output_tokens")
        case "completed":
            return Reason("completed")
        case "blocked":
            return Reason("incomplete", "content_filter")
        case "cancelled":
            return Reason("cancelled", "client_cancelled")
        case _:
            message = done.error or "the reply failed: ask again"
            return Reason("failed", UNSET, Problem(message, "server_error", "reply_failed"))


def failed(fault: Fault) -> Reason:
    """How a response that was not made ended."""
    return Reason("failed", UNSET, problem(fault))


def cost(done: ReplyDone) -> Usage | None:
    """None where nobody counted."""
    if done.usage is None:
        return None
    read, wrote = done.usage.prompt_tokens, done.usage.completion_tokens
    return Usage(read + wrote, read, wrote, Details(read), Details(wrote))


def possible(asked: ResponseAsked) -> None:
    """Raises Wrong for what would change the response and cannot be done here."""
    for name in ("output_modalities", "modalities"):
        if getattr(asked, name) not in (None, ["text"]):
            told_ = f"speech is not made here: ask for {name} ['text']"
            raise Wrong(told_, f"response.{name}", "unsupported_parameter")
    for name in ("tools", "prompt"):
        if getattr(asked, name):
            raise Wrong(CANNOT[name], f"response.{name}", "unsupported_parameter")
    if asked.conversation not in (None, "auto", "none"):
        raise Wrong("response.conversation is auto or none", "response.conversation", "invalid_value")
    most = asked.max_output_tokens
    if isinstance(most, int) and most < LEAST:
        raise Wrong("response.max_output_tokens is 1 or more", "response.max_output_tokens", "invalid_value")
    pairs = asked.metadata or {}
    if len(pairs) > PAIRS or any(len(key) > 64 or len(value) > 512 for key, value in pairs.items()):
        told_ = f"metadata has up to {PAIRS} pairs of up to 64 and 512 characters"
        raise Wrong(told_, "response.metadata", "invalid_value")


def request(
    session: Session, asked: ResponseAsked, said: list[tuple[Role, str]], of: tuple[int, str]
) -> Asked:
    """What is asked of a model: the newest messages, of which the last one of a user is answered.

    `of`: at most so many messages, and by which model ("": any).

    Where there is none that is unanswered, the instructions of this response are what is to be done.
    Raises Wrong: there is nothing to answer.
    """
    orders = asked.instructions if asked.instructions is not None else session.instructions
    users = [place for place, (role, _) in enumerate(said) if role == "user"]
    last = users[-1] if users else -1
    answered = any(role == "assistant" for role, _ in said[last + 1 :])
    given, text = [*said[:last], *said[last + 1 :]], said[last][1] if users else ""
    if not users or answered:
        given, text, orders = said, asked.instructions or "", session.instructions
    if not text.strip():
        told_ = (
            "there is nothing to answer yet: say something, or create an item, or send response.instructions"
        )
        raise Wrong(told_, "response.input", "nothing_to_answer")
    (most, model), limit = of, asked.max_output_tokens or session.max_output_tokens
    sampling = Sampling(
        max_tokens=limit if isinstance(limit, int) else None, temperature=asked.temperature, model=model
    )
    first: list[tuple[Role, str]] = [("system", orders)] if orders.strip() else []
    return Asked([*first, *given[-most:]], text, sampling, {"api": "realtime"}, stream=True, usage=True)
