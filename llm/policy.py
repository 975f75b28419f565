"""What can be set about the language model. Apart from the code that reads it: reading settings must load no engine."""

import os
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from llm.assist.policy import AssistPolicy
from llm.flavours.policy import AdapterPolicy, AnswersPolicy, FlavourPolicy, RoutingPolicy
from llm.grounding.policy import GroundingPolicy
from llm.tools.policy import ToolPolicy

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class TenantPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Table `llm.tenants`: what is otherwise for a tenant's sessions: its `index`, `prompt` and `grounded`. "" is what
    the section itself says; `variables` are laid over its own. An index is always the tenant's own: no tenant reads
    another's."""

    index: str = ""
    prompt: str = ""
    grounded: str = ""
    variables: dict[str, str | int | float | bool] = {}


class LlmPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `llm` of the settings.

    `model`: name of a model of the catalogue, for the embedded engine; used while `url` is empty.
    `url`: base of an OpenAI-compatible server, as OpenAI's own clients take it (`http://host:8000/v1`; without a path
    `/v1` is added); `key` is sent to it as a bearer token, `remote_model` is the model asked for there (empty: the
    first that it lists).
    `context`: tokens of a request and its reply; `history_tokens`: of what was said before, the newest turn included;
    `summary`: what has no room there any more is told as a summary, which is made between replies. `max_tokens`: of a
    reply. `temperature`: 0 takes the likeliest word each time. `slots`: replies made at the same time by the
    embedded engine.
    `first_token_s`, `between_tokens_s`: a reply that waits longer has failed.
    `threads`: of the embedded engines together; 0 means all cores but one. `nice`: how far they step back for the
    recogniser.
    `index`: name of the index that answers come from ("": none; each tenant has its own: `vivavoce index build`).
    `index_redis`: URL of a Redis 8 or newer in which indexes are published (`vivavoce index push`); "": they are read
    from this machine's home folder.
    `prompt`: name of the template, `grounded`: of the one for answers from an index; `variables`: their values;
    `prompts`: a folder of your own templates. `tenants`: what is otherwise for one.
    `assist`: what an agent is told in mode `assist`.
    `flavours`: several models, in place of the one of `model` or `url`; `routing` says which one answers; `adapters` of
    theirs.
    `tools`: functions that may be called before it does.
    """

    model: str = "qwen2.5-coder-0.5b"
    url: str = ""
    key: str = ""
    remote_model: str = ""
    context: Positive = 4096
    max_tokens: Positive = 256
    history_tokens: Positive = 1024
    summary: bool = True
    slots: Positive = 4
    first_token_s: Seconds = 20.0
    between_tokens_s: Seconds = 10.0
    temperature: Annotated[float, Meta(ge=0, le=2)] = 0.3
    threads: Annotated[int, Meta(ge=0)] = 0
    nice: Annotated[int, Meta(ge=0, le=19)] = 5
    index: str = ""
    index_redis: str = ""
    prompt: str = "default"
    grounded: str = "grounded"
    prompts: str = ""
    variables: dict[str, str | int | float | bool] = {}
    grounding: GroundingPolicy = GroundingPolicy()
    tenants: dict[str, TenantPolicy] = {}
    flavours: dict[str, FlavourPolicy] = {}
    adapters: dict[str, AdapterPolicy] = {}
    routing: RoutingPolicy = RoutingPolicy()
    answers: AnswersPolicy = AnswersPolicy()
    tools: dict[str, ToolPolicy] = {}
    assist: AssistPolicy = AssistPolicy()

    @property
    def indexed(self) -> bool:
        """Somebody is answered from an index."""
        return bool(self.index or any(own.index for own in self.tenants.values()))

    def tenant(self, name: str) -> TenantPolicy:
        """What is so for a tenant's sessions, all of it said."""
        own = self.tenants.get(name, TenantPolicy())
        return TenantPolicy(
            index=own.index or self.index,
            prompt=own.prompt or self.prompt,
            grounded=own.grounded or self.grounded,
            variables={**self.variables, **own.variables},
        )

    def table(self) -> dict[str, FlavourPolicy]:
        """The flavours by name, in order: without a table the section itself is the one flavour."""
        if not self.flavours:
            only = FlavourPolicy("" if self.url else self.model, self.url, self.key, self.remote_model)
            return {"default": only}
        ranks = {name: rank for rank, name in enumerate(self.routing.order)}
        ordered = sorted(self.flavours, key=lambda name: ranks.get(name, 0))
        return {name: self.flavours[name] for name in ordered}

    def files(self) -> list[str]:
        """Names of the catalogue's models that are needed."""
        return sorted(
            {flavour.model for flavour in self.table().values() if not flavour.url and flavour.model}
        )

    def thread_count(self) -> int:
        """Threads for each embedded engine: its share of what is set, or of all cores but one; at least one.

        Two busy engines on all cores starve each other: a language model of 127 tok/s was seen to fall to 7.
        """
        all_ = self.threads or max(1, len(os.sched_getaffinity(0)) - 1)
        return max(1, all_ // self.neighbours())

    def neighbours(self) -> int:
        """Embedded engines that share this machine: at least one."""
        return max(1, sum(not flavour.url for flavour in self.table().values()))

    def shared(self, slots: int) -> "LlmPolicy":
        """The same with so many slots."""
        return replace(self, slots=slots)
