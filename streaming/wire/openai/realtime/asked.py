"""What a client of `GET /v1/realtime` sends: OpenAI's Realtime events (GA), as far as they are understood. Pure.

What nobody here knows is let pass where it changes nothing, as OpenAI's own members come and go; what would change the
answer and cannot be done is refused by its name, in `session` and `responses`.
"""

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from streaming.wire.openai.faults import Wrong, member

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]


class _Asked(Struct, frozen=True, kw_only=True):
    """`event_id`: the client's own name of the event, by which an error about it is told."""

    event_id: str | None = None


class Part(Struct, frozen=True):
    """A part of an item's content. `transcript`: of sound that was said elsewhere."""

    type: str
    text: str | None = None
    transcript: str | None = None


class ItemAsked(Struct, frozen=True):
    """A message that becomes a part of the conversation, or `item_reference`: one that is in it already."""

    type: str
    id: Name | None = None
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: list[Part] = []


class ResponseAsked(Struct, frozen=True):
    """How one response is to be made, where that is not as the session says."""

    instructions: str | None = None
    output_modalities: list[str] | None = None
    modalities: list[str] | None = None
    max_output_tokens: int | Literal["inf"] | None = None
    conversation: str | None = None
    metadata: dict[str, str] | None = None
    input: list[ItemAsked] | None = None
    tools: list[dict[str, Any]] | None = None
    prompt: dict[str, Any] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None


class SessionUpdate(_Asked, tag="session.update", frozen=True):
    """Change the session; what is left out stays as it is, and only null clears."""

    session: dict[str, Any]


class Append(_Asked, tag="input_audio_buffer.append", frozen=True):
    """Sound, in base64."""

    audio: str


class Commit(_Asked, tag="input_audio_buffer.commit", frozen=True):
    """What was appended is an item now."""


class Clear(_Asked, tag="input_audio_buffer.clear", frozen=True):
    """What was appended, and is no item yet, is not wanted."""


class ItemCreate(_Asked, tag="conversation.item.create", frozen=True):
    """A message, behind `previous_item_id` ("root": before all; left out: behind all)."""

    item: ItemAsked
    previous_item_id: str | None = None


class ItemRetrieve(_Asked, tag="conversation.item.retrieve", frozen=True):
    """Tell an item as it is."""

    item_id: str


class ItemDelete(_Asked, tag="conversation.item.delete", frozen=True):
    """Take an item out of the conversation."""

    item_id: str


class ItemTruncate(_Asked, tag="conversation.item.truncate", frozen=True):
    """Cut the sound of an item of the assistant's; there is none here."""

    item_id: str
    content_index: int = 0
    audio_end_ms: int = 0


class ResponseCreate(_Asked, tag="response.create", frozen=True):
    """Answer."""

    response: ResponseAsked = ResponseAsked()


class ResponseCancel(_Asked, tag="response.cancel", frozen=True):
    """Stop a response (None: the one under way)."""

    response_id: str | None = None


Asked: TypeAlias = (
    SessionUpdate
    | Append
    | Commit
    | Clear
    | ItemCreate
    | ItemRetrieve
    | ItemDelete
    | ItemTruncate
    | ResponseCreate
    | ResponseCancel
)


class _Named(Struct, frozen=True):
    type: str = ""
    event_id: str | None = None


_decoder = msgspec.json.Decoder(Asked)
_names = msgspec.json.Decoder(_Named)
TYPES = tuple(str(one.__struct_config__.tag) for one in Asked.__args__)


def decode(frame: str | bytes) -> Asked:
    """A client's event. Raises Wrong, whose `ref` is the event's own name if it has one."""
    try:
        return _decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as wrong:
        raise _wrong(frame, str(wrong)) from None


def _wrong(frame: str | bytes, told: str) -> Wrong:
    try:
        named = _names.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Wrong(f"an event is one JSON object with a `type`: {told}", None, "invalid_json")
    if named.type not in TYPES:
        known = ", ".join(TYPES)
        fault = Wrong(
            f"{named.type!r} is no event that this server takes: send one of {known}", "type", "invalid_value"
        )
    else:
        fault = Wrong(f"this is no {named.type}: {told}", member(told) or None, "invalid_event")
    fault.ref = named.event_id
    return fault
