"""What can be set about the language model. Apart from the code that reads it: reading settings must load no engine."""

import os
from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class LlmPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `llm` of the settings.

    `model`: name of a model of the catalogue, for the embedded engine; used while `url` is empty.
    `url`: base of an OpenAI-compatible server, as OpenAI's own clients take it (`http://host:8000/v1`; without a path
    `/v1` is added); `key` is sent to it as a bearer token, `remote_model` is the model asked for there (empty: the
    first that it lists).
    `context`: tokens of a request and its reply; `history_tokens`: of what was said before, the newest turn included;
    `max_tokens`: of a reply. `slots`: replies made at the same time by the embedded engine.
    `first_token_s`, `between_tokens_s`: a reply that waits longer has failed.
    `threads`: of the embedded engine; 0 means all cores but one. `nice`: how far it steps back for the recogniser.
    """

    model: str = "qwen2.5-coder-0.5b"
    url: str = ""
    key: str = ""
    remote_model: str = ""
    context: Positive = 4096
    max_tokens: Positive = 256
    history_tokens: Positive = 1024
    slots: Positive = 4
    first_token_s: Seconds = 20.0
    between_tokens_s: Seconds = 10.0
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.3
    threads: Annotated[int, Meta(ge=0)] = 0
    nice: Annotated[int, Meta(ge=0, le=19)] = 5

    def thread_count(self) -> int:
        """Threads for the embedded engine: as set, or all cores but one, at least one.

        Two busy engines on all cores starve each other: a language model of 127 tok/s was seen to fall to 7.
        """
        return self.threads or max(1, len(os.sched_getaffinity(0)) - 1)
