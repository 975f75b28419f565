"""The responder as a worker: it starts the engine once, and serves any number of sessions on one event loop."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Final, TypeAlias, cast

from llm.answering import Service
from llm.asking import Ask
from llm.assist.opening import Assisting, sought
from llm.desk import Desks, Library
from llm.flavours.opening import Opened, Weights, close, open_flavours
from llm.flavours.router import Router
from llm.history import Message
from llm.policy import LlmPolicy
from llm.prompts.shelf import Shelf
from llm.talk import Talk
from llm.tools.toolbox import Toolbox
from streaming.bus import Bus
from streaming.events import Served
from streaming.facts import SessionConfig
from streaming.lease import Lease
from streaming.working import Candid

Group: TypeAlias = BaseExceptionGroup[BaseException]

NONE: Final[Mapping[str, Weights]] = {}


class Responder:
    """Answers turns. With `policy.url` set, by that server; otherwise by the embedded engine, from `file`; with
    `policy.flavours`, by one of these.

    `digest` is the SHA-256 of `file` in hexadecimal; `weights` are the catalogue's models by name, where there are
    several.
    """

    def __init__(
        self,
        policy: LlmPolicy,
        file: Path | None = None,
        digest: str = "",
        weights: Mapping[str, Weights] = NONE,
        library: Library | None = None,
    ) -> None:
        self._policy = policy
        self._library = library
        self._weights = {**weights, **({policy.model: Weights(file, digest)} if file else {})}
        self._opened: list[Opened] = []
        self._tools: Toolbox | None = None
        self._service: Service | None = None
        self._desks: Desks | None = None
        self._assisting: Assisting | None = None

    async def start(self) -> list[Served]:
        """Load the models, or look for their servers. What serves.

        A server that is away is no error: it is looked for again with each reply, which fails in so many words.

        Raises:
            ServiceFault: an embedded model is missing or broken.
            Refusal: the settings contradict themselves.
        """
        self._desks = Desks(self._policy, self._library)
        beside = await self._desks.served()
        self._opened = await open_flavours(self._policy, self._weights)
        desk = await self._desks.open(SessionConfig(""))
        for one in self._opened:
            await _warm(one, (desk.grounded if desk.grounding else desk.prompt).text)
        flavours = [one.flavour for one in self._opened]
        router = Router(flavours, self._policy.routing, self._policy.answers)
        self._tools = Toolbox(self._policy.tools)
        self._service = Service(router, self._policy, self._tools)
        topics = await sought(self._policy.assist)
        self._assisting = Assisting(router, self._policy, Shelf(self._policy.prompts), topics)
        return [
            *(served for one in self._opened for served in one.served),
            *beside,
            *self._assisting.served,
        ]

    async def serve(self, lease: Lease, bus: Bus) -> None:
        """A session's replies, from where the lease's state says; returns when none can be owed any more.

        Raises:
            LeaseLost: somebody else serves this session now; nothing more was written.
            BusDown: Redis is away.
        """
        assert self._service, "start() comes first"
        assert self._desks, "start() comes first"
        try:
            desk = await self._desks.open(lease.config)
            if lease.config.mode == "assist" and self._assisting:
                await self._assisting.serve(lease, bus, desk)
            else:
                await Talk(lease, bus, self._service, desk).run()
        except BaseExceptionGroup as group:
            raise _first(group) from group

    def trouble(self) -> str:
        """What keeps it from the documents just now, if anything does: its replies say that they do not know."""
        return self._library.trouble() if isinstance(self._library, Candid) else ""

    async def stop(self) -> None:
        """Close what `start` opened."""
        self._service = None
        if self._tools:
            await self._tools.close()
        opened, self._opened = self._opened, []
        await close(opened)
        if self._library:
            await asyncio.to_thread(self._library.close)


async def _warm(one: Opened, prompt: str) -> None:
    """The prompt is the beginning of every request: have it in an embedded engine's cache before anybody waits."""
    if one.embedded is None:
        return
    chat = [Message("system", prompt), Message("user", "Hello.")]
    async with aclosing(one.flavour.stream(Ask(chat, 1))) as stream:
        async for _ in stream:
            pass


def _first(group: Group) -> BaseException:
    """What went wrong, out of the wrapping that a task group puts around it."""
    first = group.exceptions[0]
    return _first(cast(Group, first)) if isinstance(first, BaseExceptionGroup) else first
