"""What is asked of an engine for one answer. Pure."""

from typing import Any

from msgspec import Struct

from llm.history import Message
from llm.policy import LlmPolicy
from streaming.facts import SessionConfig
from streaming.parts import Sampling, Usage


class Ask(Struct, frozen=True):
    """A request. `schema`: the answer is held to this JSON schema by the engine's grammar. `adapter`: the name of a
    LoRA adapter that answers ("": the flavour's own, if it has one). `temperature`: None is the setting's. `tenant`,
    `mode` and `language` are what routes may decide by; `escalated`: a quicker flavour's answer was not good enough,
    the next one is to answer. `sampling`: what else the session wants of it.

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
    sampling: Sampling = Sampling()


def asked(config: SessionConfig, policy: LlmPolicy, chat: list[Message]) -> Ask:
    """`chat` as a session of this configuration asks it. A reply may be as long as the setting says, or as the session
    wants, though never longer than half of the context: something must be left for what was said."""
    wants = config.sampling
    return Ask(
        chat,
        min(wants.max_tokens or policy.max_tokens, max(1, policy.context // 2)),
        temperature=wants.temperature,
        schema=wants.schema,
        tenant=config.tenant,
        mode=config.mode,
        language=config.language or "",
        sampling=wants,
    )


def aside(
    config: SessionConfig, chat: list[Message], max_tokens: int, schema: dict[str, Any] | None = None
) -> Ask:
    """What a session asks beside its replies, without chance: of the model or adapter that it names, or of the adapter
    that its tenant has."""
    return Ask(
        chat,
        max_tokens,
        temperature=0.0,
        schema=schema,
        tenant=config.tenant,
        mode=config.mode,
        language=config.language or "",
        sampling=Sampling(model=config.sampling.model),
    )


def cut(ask: Ask, usage: Usage | None) -> bool:
    """Whether the answer ended because it has as many tokens as it may have."""
    return usage is not None and usage.completion_tokens >= ask.max_tokens
