"""`POST /v1/chat/completions` as it is asked. Pure.

What would change the answer and cannot be done is refused by its name; members that change nothing here (`user`,
`store`, `service_tier`, ...), and those that nobody knows, are let pass, as other servers of this API do.
"""

from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from streaming.functions import answered, called
from streaming.parts import Role, Sampling
from streaming.wire.openai.faults import Wrong, member
from streaming.wire.openai.tools import Called, Named, Tool, offered

ROLES: Final[dict[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
STOPS: Final = 4
METADATA: Final = 16
"""Pairs, as OpenAI's API has them."""

Unit: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Penalty: TypeAlias = Annotated[float, Meta(ge=-2, le=2)]


class Part(Struct, frozen=True):
    """A part of a message's content; `text` parts are understood."""

    type: str
    text: str = ""


class Said(Struct, frozen=True):
    """A message of the conversation; `tool_calls` were made by an assistant, `tool_call_id` is what a tool answers."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Part] | None = None
    tool_calls: list[Called] | None = None
    tool_call_id: str = ""


class Schema(Struct, frozen=True):
    """The JSON Schema that an answer keeps to."""

    schema: dict[str, Any] = {}
    name: str = "answer"


class Format(Struct, frozen=True):
    """How the answer is written."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: Schema | None = None


class Streamed(Struct, frozen=True):
    """`include_usage`: a last chunk says what the reply cost."""

    include_usage: bool = False


class ChatAsked(Struct, frozen=True, kw_only=True):
    """What is answered: the last message, in the light of those before it, by `model` (`/v1/models`)."""

    messages: Annotated[list[Said], Meta(min_length=1)]
    model: str = ""
    stream: bool = False
    stream_options: Streamed | None = None
    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Meta(ge=1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Unit | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    response_format: Format | None = None
    metadata: dict[str, str] | None = None
    n: int | None = None
    logprobs: bool | None = None
    modalities: list[str] | None = None
    logit_bias: dict[str, float] | None = None
    tools: Annotated[list[Tool], Meta(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | Named | None = None
    functions: list[dict[str, Any]] | None = None


class Asked(Struct, frozen=True):
    """A request, understood: the earlier messages, the one to answer, and how."""

    given: list[tuple[Role, str]]
    text: str
    sampling: Sampling
    metadata: dict[str, str]
    stream: bool
    usage: bool


def understood(body: bytes, most: int) -> Asked:
    """A request of at most `most` messages. Raises Wrong."""
    try:
        asked = msgspec.json.decode(body, type=ChatAsked)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as wrong:
        told = str(wrong)
        raise Wrong(f"the body is no request for a chat completion: {told}", member(told) or None) from None
    _possible(asked)
    if len(asked.messages) > most:
        raise Wrong(f"there are more than {most} messages: leave the oldest out", "messages")
    said = _said(asked.messages)
    *before, last = said
    if last[0] not in ("user", "tool") or not last[1].strip():
        raise Wrong("the last message is the user's, or a tool's, and has some text", "messages")
    metadata = asked.metadata or {}
    if len(metadata) > METADATA or any(len(key) > 64 or len(value) > 512 for key, value in metadata.items()):
        raise Wrong(f"metadata has up to {METADATA} pairs of up to 64 and 512 characters", "metadata")
    usage = asked.stream_options is not None and asked.stream_options.include_usage
    text = last[1]
    return Asked(
        [one for one in before if one[1].strip()], text, _sampling(asked), metadata, asked.stream, usage
    )


def _possible(asked: ChatAsked) -> None:
    """Raises Wrong for what would change the answer and cannot be done here."""
    cannot = {
        "n": asked.n not in (None, 1),
        "logprobs": bool(asked.logprobs),
        "modalities": asked.modalities not in (None, ["text"]),
        "logit_bias": bool(asked.logit_bias),
        "functions": bool(asked.functions),
    }
    for name, asks in cannot.items():
        if asks:
            raise Wrong(
                f"{name} is not supported by this server: leave it out", name, "unsupported_parameter"
            )


def _said(messages: list[Said]) -> list[tuple[Role, str]]:
    names: dict[str, str] = {}
    said: list[tuple[Role, str]] = []
    for place, one in enumerate(messages):
        text = _text(place, one)
        for call in one.tool_calls or []:
            names[call.id] = call.function.name
            text = f"{text}\n{called(call.function.name, call.function.arguments)}".strip()
        if one.role == "tool":
            if one.tool_call_id not in names:
                raise Wrong(
                    "tool_call_id names no call of an assistant's message before",
                    f"messages[{place}].tool_call_id",
                )
            text = answered(names[one.tool_call_id], text)
        said.append((ROLES[one.role], text))
    return said


def _text(place: int, said: Said) -> str:
    match said.content:
        case None:
            return ""
        case str(text):
            return text
        case parts:
            for part in parts:
                if part.type != "text":
                    told = f"content of type {part.type} is not supported: only text is"
                    raise Wrong(told, f"messages[{place}].content", "unsupported_content")
            return "\n".join(part.text for part in parts)


def _sampling(asked: ChatAsked) -> Sampling:
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    if len(stop) > STOPS or not all(0 < len(one) <= 256 for one in stop):
        raise Wrong(f"stop has up to {STOPS} strings of 1 to 256 characters", "stop")
    return Sampling(
        max_tokens=asked.max_completion_tokens or asked.max_tokens,
        temperature=asked.temperature,
        top_p=asked.top_p,
        frequency_penalty=asked.frequency_penalty or None,
        presence_penalty=asked.presence_penalty or None,
        seed=asked.seed,
        stop=tuple(stop),
        schema=_schema(asked.response_format),
        model=asked.model,
        functions=offered(asked.tools or [], asked.tool_choice),
        choice="required"
        if asked.tool_choice == "required" or isinstance(asked.tool_choice, Named)
        else "auto",
    )


def _schema(wanted: Format | None) -> dict[str, Any] | None:
    match wanted:
        case None | Format(type="text"):
            return None
        case Format(type="json_schema", json_schema=Schema(schema=schema)) if schema:
            return schema
        case Format(type="json_schema"):
            raise Wrong("response_format.json_schema.schema is missing", "response_format")
        case _:
            return {"type": "object"}
