"""With what a session's suggestions and summaries are made."""

import logging
import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from llm.asking import Ask
from llm.grounding.grounding import Grounding
from llm.history import Message
from llm.making import Decided, Maker, Token
from llm.policy import LlmPolicy
from llm.prompt import Prompt
from streaming.facts import SessionConfig
from streaming.parts import Sampling, Usage

log = logging.getLogger(__name__)


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
        """A request of this session, to the model or adapter that it names, or the adapter that its tenant has.

        What is cited or read by a program is asked for without chance.
        """
        return Ask(
            messages,
            max_tokens,
            temperature=0.0,
            schema=schema,
            tenant=self.config.tenant,
            mode="assist",
            language=self.config.language or "",
            sampling=Sampling(model=self.config.sampling.model),
        )

    async def whole(self, ask: Ask, prompt: Prompt) -> "Whole":
        """A whole answer. Raises ServiceFault."""
        since, made, text = (
            time.monotonic(),
            Whole(made_by=f"{self.engine.made_by} {prompt.ref}"),
            list[str](),
        )
        async with aclosing(self.engine.stream(ask)) as stream:
            async for one in stream:
                match one:
                    case Token(text=words):
                        text.append(words)
                    case Usage():
                        made = replace(made, usage=one)
                    case Decided(made_by=made_by):
                        made = replace(made, made_by=f"{made_by} {prompt.ref}")
        return replace(
            made, text="".join(text), timing={"total_ms": round((time.monotonic() - since) * 1000)}
        )


class Whole(Struct, frozen=True):
    """An answer as a whole."""

    made_by: str
    text: str = ""
    usage: Usage | None = None
    timing: dict[str, int] = {}


def joined(refs: Sequence[str]) -> str:
    """References as `made_by` has them."""
    return " ".join(ref for ref in refs if ref)
