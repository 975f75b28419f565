"""The shapes of OpenAI's chat completions, those that we speak. Pure. What we do not know is no error, but left out."""

from typing import Any, Final, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from llm.asking import Ask
from llm.making import Spoken, Token
from streaming.parts import Usage


class _Delta(Struct):
    content: str | None = None
    reasoning_content: str | None = None


class _Choice(Struct):
    delta: _Delta = msgspec.field(default_factory=_Delta)
    finish_reason: str | None = None


class Chunk(Struct):
    """One event of a stream."""

    choices: list[_Choice] = []
    usage: Usage | None = None
    error: msgspec.Raw = msgspec.Raw()

    @property
    def trouble(self) -> bytes:
        """JSON of an error that the server tells in the middle of the stream; b"" when there is none."""
        error = bytes(self.error)
        return b"" if error == b"null" else error

    @property
    def finished(self) -> bool:
        """The server says why the reply is over."""
        return any(choice.finish_reason for choice in self.choices)

    @property
    def moves(self) -> bool:
        """The model got on: it wrote a word of the reply, or of its reasoning."""
        return any(choice.delta.content or choice.delta.reasoning_content for choice in self.choices)

    def made(self) -> list[Spoken]:
        """What of it is for us: text of the first choice, and the usage."""
        words: list[Spoken] = [
            Token(choice.delta.content) for choice in self.choices[:1] if choice.delta.content
        ]
        return words if self.usage is None else [*words, self.usage]


class _Model(Struct):
    id: str


class Models(Struct):
    """Answer to `GET /models`."""

    data: list[_Model]


SAMPLED: Final = ("top_p", "frequency_penalty", "presence_penalty", "seed", "stop")
"""Members of a request that go to the server as the session has them."""


def request(ask: Ask, model: str, temperature: float, lora: list[dict[str, Any]] | None = None) -> bytes:
    """Body of `POST /chat/completions`; an empty `model` leaves the choice to the server.

    `lora`: llama.cpp's own way of saying which of the adapters that it has loaded count, and how much.
    """
    body: dict[str, Any] = {
        "messages": ask.messages,
        "max_tokens": ask.max_tokens,
        "temperature": temperature if ask.temperature is None else ask.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    wants = ask.sampling
    body |= {name: value for name in SAMPLED if (value := getattr(wants, name)) not in (None, ())}
    if ask.schema is not None:
        told = {"name": "answer", "strict": True, "schema": ask.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": told}
    if lora:
        body["lora"] = lora
    return msgspec.json.encode(body | ({"model": model} if model else {}))


def base_of(url: str) -> str:
    """The address that `/chat/completions` goes behind: `url`, with `/v1` when it has no path."""
    parts = urlsplit(url.rstrip("/"))
    return f"{parts.scheme}://{parts.netloc}{parts.path or '/v1'}"


def words_of(body: bytes) -> str:
    """A server's own words about an error, out of the shapes in use: `error.message`, `error`, `message`, `detail`."""
    try:
        found: Any = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return body.decode(errors="replace").strip()
    for name in ("error", "message", "detail"):
        if isinstance(found, dict):
            found = cast(dict[str, Any], found).get(name, cast(Any, found))
    return found if isinstance(found, str) else body.decode(errors="replace")
