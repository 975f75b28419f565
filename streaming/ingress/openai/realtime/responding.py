"""The responses of one Realtime session: each a completion of its own, all of them tasks of one parent."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import Final, NoReturn

from streaming import roster
from streaming.errors import Fault, ServiceFault
from streaming.ingress.gateway import Gateway
from streaming.ingress.openai.completing import Completing
from streaming.wire.openai.realtime.effects import Effect, Respond
from streaming.wire.openai.realtime.realtime import Realtime

log = logging.getLogger(__name__)

WAITING: Final = 64
"""Responses that may wait to be begun: more than the dialect lets a client have."""


class Responding:
    """`run` is their parent; `start` and `stop` may be called before it runs. `done` does effects that can be done at
    once, as those of a response are."""

    def __init__(
        self, gateway: Gateway, tenant: str, realtime: Realtime, done: Callable[[list[Effect]], list[Effect]]
    ) -> None:
        self._gateway = gateway
        self._tenant = tenant
        self._realtime = realtime
        self._done = done
        self._due: asyncio.Queue[Respond] = asyncio.Queue(WAITING)
        self._stopped: dict[str, asyncio.Event] = {}

    def start(self, asked: Respond) -> None:
        """Have a response made."""
        self._stopped[asked.response_id] = asyncio.Event()
        self._due.put_nowait(asked)

    def stop(self, response_id: str) -> None:
        """It is not wanted any more; what moderation says of what was shown still is."""
        if response_id in self._stopped:
            self._stopped[response_id].set()

    async def run(self) -> NoReturn:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                asked = await self._due.get()
                tasks.create_task(self._respond(asked), name=asked.response_id)
        raise AssertionError

    async def _respond(self, asked: Respond) -> None:
        name, stopped = asked.response_id, self._stopped[asked.response_id]
        try:
            with self._gateway.asked(self._tenant):
                left = self._gateway.api.requests - self._gateway.asking[self._tenant]
                self._done(self._realtime.limited(self._gateway.api.requests, left))
                if not stopped.is_set():
                    await self._follow(asked, stopped)
        except Fault as fault:
            self._done(self._realtime.failed(name, fault))
        except Exception as wrong:  # noqa: BLE001 - what went wrong may hold what was said: the log has its kind alone
            log.error("a response failed (%s)", type(wrong).__name__)
            fault = ServiceFault("internal", "something failed on our side: ask again")
            self._done(self._realtime.failed(name, fault))
        finally:
            self._realtime.finished(name)
            del self._stopped[name]

    async def _follow(self, asked: Respond, stopped: asyncio.Event) -> None:
        moderation = self._realtime.moderation
        completing = Completing(
            self._gateway, self._tenant, asked.asked, api="realtime", moderation=moderation
        )
        await completing.begin(await roster.present(self._gateway.bus))
        async with aclosing(completing.told(stopped)) as told:
            async for event in told:
                self._done(self._realtime.made(asked.response_id, event))
