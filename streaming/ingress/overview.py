"""All live sessions of a tenant at a glance: one task for each tenant that somebody looks at, however many look.

Every two seconds it lists the sessions, and every second it reads what is new in all their logs, in one round trip.
Nothing queues for a reader: whoever comes back finds what is so then, and is sent what differs from what it was sent.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from streaming import keys
from streaming.bus import Bus, BusDown
from streaming.errors import ServiceFault
from streaming.ingress.glance import Glance, clipped, folded
from streaming.ingress.live import live_sessions
from streaming.replies import entries

log = logging.getLogger(__name__)

MOST: Final = 200
"""Sessions that are shown: the last begun."""
LOOK_S: Final = 1.0
LIST_EVERY: Final = 2
"""Looks from one listing to the next."""
BACK: Final = 400
"""Entries of a log that are read when a session is first seen,"""
PAGE: Final = 400
"""and at each look after that: what is more is read at the next."""


class Update(Struct, frozen=True):
    """What is new: sessions as they are now, and ids of those that are over. `trouble`: why nothing is known just
    now ("": all is well). The first update has all sessions."""

    sessions: list[Glance]
    gone: list[str]
    trouble: str = ""


class Board:
    """The sessions of one tenant. `glances` by id, the last begun first."""

    def __init__(self, bus: Bus, tenant: str) -> None:
        self._bus = bus
        self._tenant = tenant
        self._after: dict[str, str] = {}
        self.glances: dict[str, Glance] = {}
        self.trouble = ""
        self.turned = asyncio.Event()
        self.readers = 0

    async def run(self) -> None:
        """Until cancelled."""
        turn = 0
        while True:
            try:
                if turn % LIST_EVERY == 0:
                    await self._list()
                await self._read()
                self.trouble = ""
            except BusDown as down:
                self.trouble = down.message
            turned, self.turned = self.turned, asyncio.Event()
            turned.set()
            turn += 1
            await asyncio.sleep(LOOK_S)

    async def _list(self) -> None:
        there = {one.session_id: one for one in await live_sessions(self._bus, self._tenant, MOST)}
        had = self.glances
        self.glances = {
            sid: replace(had[sid], session=one) if sid in had else Glance(one) for sid, one in there.items()
        }
        self._after = {sid: after for sid, after in self._after.items() if sid in there}

    async def _read(self) -> None:
        """What is new in all logs."""
        asked = [*self.glances]
        commands = [self._command(sid) for sid in asked]
        for sid, command, rows in zip(asked, commands, await self._bus.each(*commands), strict=True):
            if isinstance(rows, Exception):
                log.warning("a session cannot be looked at (%s)", type(rows).__name__, extra={"sid": sid})
                continue
            found = entries(keys.events(sid), rows)
            if command[0] == "XREVRANGE":
                found.reverse()
            if found:
                self._after[sid] = found[-1].id
                self.glances[sid] = folded(self.glances[sid], found)

    def _command(self, sid: str) -> tuple[str, ...]:
        key, after = keys.events(sid), self._after.get(sid)
        if after is None:
            return ("XREVRANGE", key, "+", "-", "COUNT", str(BACK))
        return ("XRANGE", key, f"({after}", "+", "COUNT", str(PAGE))


class Overview:
    """The boards of one gateway."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._boards: dict[str, tuple[Board, asyncio.Task[None]]] = {}

    async def follow(self, tenant: str) -> AsyncGenerator[Update]:
        """What a reader of `tenant` is to be told, about once a second, until it goes. Raises ServiceFault."""
        board, task = self._boards.get(tenant) or self._opened(tenant)
        board.readers += 1
        sent: dict[str, Glance] = {}
        try:
            while True:
                turned = board.turned
                waiting = asyncio.ensure_future(turned.wait())
                await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                if task.done():
                    raise ServiceFault("internal", "the live sessions cannot be read: try again")
                now = {sid: one for sid, one in board.glances.items() if not one.over}
                changed = [clipped(one) for sid, one in now.items() if sent.get(sid) != one]
                yield Update(changed, [sid for sid in sent if sid not in now], board.trouble)
                sent = now
        finally:
            board.readers -= 1
            if not board.readers:
                self._boards.pop(tenant, None)
                task.cancel()

    def _opened(self, tenant: str) -> tuple[Board, asyncio.Task[None]]:
        board = Board(self._bus, tenant)
        task = asyncio.ensure_future(board.run())
        task.add_done_callback(_done)
        self._boards[tenant] = board, task
        return board, task


def _done(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (wrong := task.exception()):
        log.error("the live sessions cannot be read", exc_info=wrong)
