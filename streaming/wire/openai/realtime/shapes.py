"""Parts of what a client of `GET /v1/realtime` is told: items, responses, problems. Pure."""

from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

Status: TypeAlias = Literal["completed", "incomplete", "in_progress"]
Role: TypeAlias = Literal["system", "user", "assistant"]


class Content(Struct, frozen=True):
    """A part of an item. `transcript`: what was said, once that is known."""

    type: Literal["input_text", "input_audio", "output_text"]
    text: str | UnsetType = UNSET
    transcript: str | UnsetType | None = UNSET


class Item(Struct, frozen=True):
    """A message of the conversation."""

    id: str
    role: Role
    content: list[Content]
    status: Status = "completed"
    type: Literal["message"] = "message"
    object: Literal["realtime.item"] = "realtime.item"


class Problem(Struct, frozen=True):
    """What was wrong, and what to do. `event_id`: of the client's event that it is about."""

    message: str
    type: str
    code: str | None = None
    param: str | None = None
    event_id: str | None = None


class Reason(Struct, frozen=True):
    """Why a response is over."""

    type: Literal["completed", "cancelled", "incomplete", "failed"]
    reason: str | UnsetType = UNSET
    error: Problem | UnsetType = UNSET


class Details(Struct, frozen=True):
    """Tokens by kind; all are of text."""

    text_tokens: int
    audio_tokens: int = 0
    image_tokens: int = 0
    cached_tokens: int = 0


class Usage(Struct, frozen=True):
    """Tokens that a response cost, as its engine counts them."""

    total_tokens: int
    input_tokens: int
    output_tokens: int
    input_token_details: Details
    output_token_details: Details


class Response(Struct, frozen=True):
    """A response as it is now."""

    id: str
    status: Literal["completed", "cancelled", "failed", "incomplete", "in_progress"]
    output: list[Item] = []
    status_details: Reason | None = None
    usage: Usage | None = None
    metadata: dict[str, str] | None = None
    conversation_id: str | None = None
    max_output_tokens: int | Literal["inf"] = "inf"
    output_modalities: tuple[str, ...] = ("text",)
    object: Literal["realtime.response"] = "realtime.response"


class Spoken(Struct, frozen=True):
    """A language that was spoken."""

    code: str


class Written(Struct, frozen=True):
    """The one part of a response."""

    text: str
    type: Literal["text"] = "text"


class Limit(Struct, frozen=True):
    """How much may be asked for."""

    limit: int
    remaining: int
    name: Literal["requests"] = "requests"
    reset_seconds: float = 0.0
