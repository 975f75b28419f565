"""What a session is answered with, from its beginning to its end: prompts, index; and where tenants' are kept.

A newer version of an index is for sessions that begin after it.
"""

import logging
from functools import partial
from typing import Final, Protocol

from msgspec import Struct

from llm.grounding.grounding import Grounding
from llm.policy import LlmPolicy
from llm.prompt import Prompt
from llm.prompts.shelf import Shelf
from llm.retrieval.passage import IndexAway, Retriever
from streaming.errors import ServiceFault
from streaming.events import Served
from streaming.facts import SessionConfig

log = logging.getLogger(__name__)

EVERYBODY: Final = "default"


class Library(Protocol):
    """Where indexes are opened."""

    async def open(self, tenant: str, name: str) -> Retriever:
        """The version in force of a tenant's index. Raises ServiceFault `index_unavailable`."""
        ...

    def close(self) -> None:
        """No index is asked after this. Blocks."""
        ...


class Desk(Struct, frozen=True):
    """What is there for one session. `grounded` is the prompt of answers from `grounding`."""

    config: SessionConfig
    prompt: Prompt
    grounded: Prompt
    summary: Prompt
    grounding: Grounding | None = None

    def signed(self, made_by: str, *, grounded: bool) -> str:
        """`made_by`, the model's and its adapter's reference, with those of the prompt and the index behind it."""
        if grounded and self.grounding:
            return " ".join(part for part in (made_by, self.grounded.ref, self.grounding.ref) if part)
        return f"{made_by} {self.prompt.ref}"


class Desks:
    """All tenants' desks. Raises ServiceFault `prompt_broken` for a template or a value that cannot be used."""

    def __init__(self, policy: LlmPolicy, library: Library | None = None) -> None:
        self._policy = policy
        self._library = library
        self._shelf = Shelf(policy.prompts)
        for tenant in (EVERYBODY, *policy.tenants):
            self._prompts(tenant)

    async def served(self) -> list[Served]:
        """The prompts that are used, and the indexes, each once. One whose store is away is looked for again with each
        session, and is not named here.

        Raises:
            ServiceFault: an index cannot be opened, and that will not mend itself.
        """
        found: dict[str, Served] = {}
        for tenant in (EVERYBODY, *self._policy.tenants):
            plain, grounded, _ = self._prompts(tenant)
            found[plain.ref] = plain.served
            try:
                index = await self._index(tenant)
            except IndexAway as away:
                log.error("%s", away.message)
                continue
            if index:
                found[grounded.ref] = grounded.served
                name = index.ref.partition("@")[0]
                found[index.ref] = Served(role="index", name=name, hash=index.hash, ref=index.ref)
        return list(found.values())

    async def open(self, config: SessionConfig) -> Desk:
        """A session's desk. An index that cannot be opened now has no passages until it can: `llm.grounding.without`
        decides."""
        plain, grounded, summary = self._prompts(config.tenant)
        index, wanted = None, self._policy.tenant(config.tenant).index
        again = partial(self._index, config.tenant)
        try:
            index = await self._index(config.tenant)
        except ServiceFault as fault:
            log.error("%s", fault.message, extra={"sid": config.session_id})
        return Desk(
            config=config,
            prompt=plain,
            grounded=grounded,
            summary=summary,
            grounding=Grounding(index, self._policy.grounding, again) if wanted else None,
        )

    def _prompts(self, tenant: str) -> tuple[Prompt, Prompt, Prompt]:
        own, shelf = self._policy.tenant(tenant), self._shelf
        plain, grounded = own.prompt, own.grounded
        known = [shelf.variables(plain), shelf.variables(grounded)]
        shelf.check(own.variables, known[0] | known[1])
        given = [{name: own.variables[name] for name in one & own.variables.keys()} for one in known]
        return shelf.prompt(plain, given[0]), shelf.prompt(grounded, given[1]), shelf.prompt("summary", {})

    async def _index(self, tenant: str) -> Retriever | None:
        name = self._policy.tenant(tenant).index
        if not name:
            return None
        if self._library is None:
            raise ServiceFault(
                "index_unavailable", f"no indexes are kept here, but llm.index is {name!r}", close=None
            )
        return await self._library.open(tenant, name)
