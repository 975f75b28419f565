"""What is asked of an engine for one answer. Pure."""

from typing import Any

from msgspec import Struct

from llm.history import Message


class Ask(Struct, frozen=True):
    """A request. `schema`: the answer is held to this JSON schema by the engine's grammar. `adapter`: the name of a
    LoRA adapter that answers ("": none). `temperature`: None is the setting's. `tenant`, `mode` and `language` are
    what routes may decide by."""

    messages: list[Message]
    max_tokens: int
    temperature: float | None = None
    schema: dict[str, Any] | None = None
    adapter: str = ""
    tenant: str = "default"
    mode: str = "chat"
    language: str = ""
