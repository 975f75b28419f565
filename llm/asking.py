"""What is asked of an engine for one answer. Pure."""

from typing import Any

from msgspec import Struct

from llm.history import Message


class Ask(Struct, frozen=True):
    """A request. `schema`: the answer is held to this JSON schema by the engine's grammar. `adapter`: the name of a
    LoRA adapter that answers ("": the flavour's own, if it has one). `temperature`: None is the setting's. `tenant`,
    `mode` and `language` are what routes may decide by; `escalated`: a quicker flavour's answer was not good enough,
    the next one is to answer.

    `grounds`: the reference of the index (or of whatever else) that `messages` cite ("": nothing). The same question on
    the same grounds, word for word, may be given the answer that it had before.
    """

    messages: list[Message]
    max_tokens: int
    temperature: float | None = None
    schema: dict[str, Any] | None = None
    adapter: str = ""
    tenant: str = "default"
    mode: str = "chat"
    language: str = ""
    escalated: bool = False
    grounds: str = ""
