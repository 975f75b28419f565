"""With what a session's suggestions and summaries are made."""

import time
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from llm.asking import Ask, aside
from llm.grounding.grounding import Grounding
from llm.history import Message
from llm.making import Maker, whole
from llm.policy import LlmPolicy
from llm.prompt import Prompt
from streaming.facts import SessionConfig
from streaming.parts import Usage


class Prompts(Struct, frozen=True):
    """What a model is told it is to do: answer from passages, say what comes next, sum up."""

    grounded: Prompt
    next: Prompt
    summary: Prompt


class Means(Struct, frozen=True):
    """Whoever answers, from which index, and what is set."""

    engine: Maker
    policy: LlmPolicy
    config: SessionConfig
    prompts: Prompts
    grounding: Grounding | None = None

    def ask(self, messages: list[Message], max_tokens: int, schema: dict[str, Any] | None = None) -> Ask:
        """See `aside`: what is cited or read by a program is asked for without chance."""
        return aside(self.config, messages, max_tokens, schema)

    async def whole(self, ask: Ask, prompt: Prompt) -> "Signed":
        """A whole answer. Raises ServiceFault."""
        since = time.monotonic()
        made = await whole(self.engine, ask)
        made_by = made.decided.made_by if made.decided else self.engine.made_by
        timing = {"total_ms": round((time.monotonic() - since) * 1000)}
        return Signed(f"{made_by} {prompt.ref}", made.text, made.usage, timing)


class Signed(Struct, frozen=True):
    """A whole answer with its references, the prompt's among them."""

    made_by: str
    text: str = ""
    usage: Usage | None = None
    timing: dict[str, int] = {}


def joined(refs: Sequence[str]) -> str:
    """References as `made_by` has them."""
    return " ".join(ref for ref in refs if ref)
