"""A reply's events as a chat completion, in one piece or chunk by chunk. Pure."""

from typing import Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

from streaming.answers import ReplyDelta, ReplyDone
from streaming.errors import ServiceFault
from streaming.parts import Citation

DONE: Final = b"data: [DONE]\n\n"
Finish: TypeAlias = Literal["stop", "length", "content_filter", "tool_calls"]


class Usage(Struct, frozen=True):
    """Tokens, as the engine counts them."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class FunctionCall(Struct, frozen=True):
    """What is to be called; `arguments` are JSON."""

    name: str
    arguments: str


class ToolCall(Struct, frozen=True):
    """A call that the client is to make. `index`: the first of a stream's, which is all there is."""

    id: str
    function: FunctionCall
    type: Literal["function"] = "function"
    index: int | UnsetType = UNSET


class Message(Struct, frozen=True):
    """The answer. `refusal` is there for clients that look for it."""

    content: str | None
    role: Literal["assistant"] = "assistant"
    refusal: None = None
    tool_calls: list[ToolCall] | UnsetType = UNSET


class Choice(Struct, frozen=True):
    """The one answer. `content_filter`: moderation ended it."""

    message: Message
    finish_reason: Finish
    index: int = 0
    logprobs: None = None


class Sources(Struct, frozen=True):
    """What OpenAI's shape has no place for: the session, by whom the reply was made, and what it cites."""

    session_id: str
    made_by: str
    citations: list[Citation] = []
    timing: dict[str, int] = {}


class Completion(Struct, frozen=True):
    """A whole answer."""

    id: str
    created: int
    model: str
    choices: list[Choice]
    vivavoce: Sources
    usage: Usage | None = None
    system_fingerprint: str | None = None
    object: Literal["chat.completion"] = "chat.completion"


class Delta(Struct, frozen=True, omit_defaults=True):
    """More of the answer."""

    role: str = ""
    content: str | None = None
    tool_calls: list[ToolCall] = []


class Piece(Struct, frozen=True):
    """Of the one answer."""

    delta: Delta
    finish_reason: Finish | None = None
    index: int = 0
    logprobs: None = None


class Chunk(Struct, frozen=True):
    """An event of a stream. `usage` is null but in the last, where it was asked for."""

    id: str
    created: int
    model: str
    choices: list[Piece]
    usage: Usage | None = None
    system_fingerprint: str | None = None
    vivavoce: Sources | None = None
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"


class Head(Struct, frozen=True):
    """What stands in each chunk of an answer. `created`: Unix seconds."""

    session_id: str
    created: int
    model: str

    @property
    def id(self) -> str:
        """The completion's."""
        return f"chatcmpl-{self.session_id}"


def whole(head: Head, done: ReplyDone) -> Completion:
    """The answer. Raises ServiceFault: it failed."""
    ended, call = finish(done), _call(head, done)
    text = done.text if not done.function else None
    choice = Choice(Message(text, tool_calls=[call] if call else UNSET), ended)
    return Completion(
        id=head.id,
        created=head.created,
        model=head.model,
        choices=[choice],
        vivavoce=_sources(head, done),
        usage=_usage(done),
        system_fingerprint=done.made_by,
    )


def opening(head: Head) -> bytes:
    """The first event."""
    return _event(_chunk(head, Piece(Delta("assistant", ""))))


def delta(head: Head, more: ReplyDelta) -> bytes:
    """What may be shown more."""
    return _event(_chunk(head, Piece(Delta(content=more.text))))


def closing(head: Head, done: ReplyDone, *, usage: bool) -> list[bytes]:
    """The last events. Raises ServiceFault: it failed."""
    ended, call = finish(done), _call(head, done, index=0)
    told = [_event(_chunk(head, Piece(Delta(tool_calls=[call]))))] if call else []
    last = _chunk(head, Piece(Delta(), ended), system_fingerprint=done.made_by, vivavoce=_sources(head, done))
    used = _usage(done) if usage else None
    cost = [_event(Chunk(head.id, head.created, head.model, [], used))] if used else []
    return [*told, _event(last), *cost, DONE]


def finish(done: ReplyDone) -> Finish:
    """Why it is over. Raises ServiceFault (`reply_failed`): it was not completed."""
    match done.status:
        case "blocked":
            return "content_filter"
        case "completed" if done.function:
            return "tool_calls" if _whole(done.text) else "content_filter"
        case "completed":
            return "length" if done.cut else "stop"
        case _:
            raise ServiceFault("reply_failed", done.error or "the reply was broken off: ask again")


def _call(head: Head, done: ReplyDone, index: int | UnsetType = UNSET) -> ToolCall | None:
    """The call that the reply is, if it is one and may be made."""
    if not done.function or done.status != "completed" or not _whole(done.text):
        return None
    return ToolCall(f"call_{head.session_id}", FunctionCall(done.function, done.text), index=index)


def _whole(text: str) -> bool:
    """Whether moderation has left JSON of it: what it has masked may not be."""
    try:
        return isinstance(msgspec.json.decode(text), dict)
    except msgspec.DecodeError:
        return False


def _chunk(head: Head, piece: Piece, **more: Any) -> Chunk:
    return Chunk(id=head.id, created=head.created, model=head.model, choices=[piece], **more)


def _sources(head: Head, done: ReplyDone) -> Sources:
    return Sources(head.session_id, done.made_by, done.citations, done.timing)


def _usage(done: ReplyDone) -> Usage | None:
    """None where nobody counted: moderation ended the reply, or its engine does not tell."""
    if done.usage is None:
        return None
    used = done.usage
    return Usage(used.prompt_tokens, used.completion_tokens, used.prompt_tokens + used.completion_tokens)


def _event(chunk: Chunk) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"
