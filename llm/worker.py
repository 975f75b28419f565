"""The responder as a worker: it starts the engine once, and serves any number of sessions on one event loop."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import TypeAlias, cast

from llm.asking import Ask
from llm.embedded import Embedded
from llm.engine import Engine
from llm.flavours.flavour import Flavour
from llm.flavours.router import Router
from llm.history import Message
from llm.policy import LlmPolicy
from llm.prompt import Prompt
from llm.prompts.shelf import DEFAULT
from llm.talk import Service, Talk
from streaming.bus import Bus
from streaming.errors import ServiceFault
from streaming.events import Served
from streaming.lease import Lease

log = logging.getLogger(__name__)

Group: TypeAlias = BaseExceptionGroup[BaseException]


class Responder:
    """Answers turns. With `policy.url` set, by that server; otherwise by the embedded engine, from `file`.

    `digest` is the SHA-256 of `file` in hexadecimal.
    """

    def __init__(
        self, policy: LlmPolicy, file: Path | None = None, digest: str = "", prompt: Prompt = DEFAULT
    ) -> None:
        self._policy = policy
        self._prompt = prompt
        self._digest = digest
        self._embedded = None if policy.url or file is None else Embedded(file, policy)
        self._router: Router | None = None
        self._service: Service | None = None

    async def start(self) -> list[Served]:
        """Load the model, or look for the server. What serves: `responder`, and the `prompt` it is asked with.

        A server that is away is no error: it is looked for again with each reply, which fails in so many words.

        Raises:
            ServiceFault: the embedded model is missing or broken.
        """
        engine, hash_ = await (self._look() if self._policy.url else self._load())
        source = hash_[:16] or engine.host
        self._router = Router([Flavour("default", engine, source)])
        self._service = Service(engine=self._router, prompt=self._prompt, policy=self._policy)
        return [
            Served(role="responder", name=engine.model or engine.host, hash=hash_, ref=self._service.made_by),
            Served(role="prompt", name=self._prompt.name, hash=self._prompt.hash, ref=self._prompt.ref),
        ]

    async def serve(self, lease: Lease, bus: Bus) -> None:
        """A session's replies, from where the lease's state says; returns when none can be owed any more.

        Raises:
            LeaseLost: somebody else serves this session now; nothing more was written.
            BusDown: Redis is away.
        """
        assert self._service, "start() comes first"
        try:
            await Talk(lease, bus, self._service).run()
        except BaseExceptionGroup as group:
            raise _first(group) from group

    async def stop(self) -> None:
        """Close what `start` opened."""
        if self._router:
            await self._router.close()
            self._router = self._service = None
        if self._embedded:
            await asyncio.to_thread(self._embedded.stop)

    async def _load(self) -> tuple[Engine, str]:
        if self._embedded is None:
            raise ServiceFault("model_missing", "no language model: neither a file nor a URL is given")
        # A thread of its own, since it lowers its priority, which the engine's threads inherit.
        with ThreadPoolExecutor(1, "llm-load") as loader:
            url, key = await asyncio.get_running_loop().run_in_executor(loader, self._embedded.start)
        engine = Engine(url, key, self._policy.model, self._policy)
        # The prompt is the beginning of every request: have it in the engine's cache before anybody waits for it.
        warm = [Message("system", self._prompt.text), Message("user", "Hello.")]
        async with aclosing(engine.stream(Ask(warm, 1))) as stream:
            async for _ in stream:
                pass
        return engine, self._digest

    async def _look(self) -> tuple[Engine, str]:
        engine = Engine(self._policy.url, self._policy.key, self._policy.remote_model, self._policy)
        try:
            await engine.choose()
        except ServiceFault as fault:
            log.warning("%s; replies fail until it is back", fault.message)
        return engine, ""


def _first(group: Group) -> BaseException:
    """What went wrong, out of the wrapping that a task group puts around it."""
    first = group.exceptions[0]
    return _first(cast(Group, first)) if isinstance(first, BaseExceptionGroup) else first
