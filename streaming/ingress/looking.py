"""Whose each session is, and how far its recogniser: looked up for all sessions of a gateway in one round trip."""

import asyncio
from typing import Any, Final, NamedTuple

from streaming import keys
from streaming.bus import Bus

GATHER_S: Final = 0.1
"""So long a look waits for those of others."""


class Look(NamedTuple):
    """`socket`: the number of the socket that owns it, None when the session is gone; `at`: 16 kHz samples (a channel)
    that the recogniser is through with; `wish`: an agent wants something of whoever owns it (`facts.Wish`)."""

    socket: bytes | None
    at: int
    wish: bytes | None = None


class Looks:
    """All sessions of a gateway look by one of these."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: list[tuple[str, asyncio.Future[Look]]] = []
        self._rounds: set[asyncio.Task[None]] = set()

    async def look(self, session_id: str) -> Look:
        """Raises BusDown while Redis is away."""
        loop = asyncio.get_running_loop()
        if not self._waiting:
            loop.call_later(GATHER_S, self._begin)
        told: asyncio.Future[Look] = loop.create_future()
        self._waiting.append((session_id, told))
        return await told

    def _begin(self) -> None:
        waiting, self._waiting = self._waiting, []
        waiting = [one for one in waiting if not one[1].done()]
        if waiting:
            task = asyncio.ensure_future(self._round(waiting))
            self._rounds.add(task)
            task.add_done_callback(self._rounds.discard)

    async def _round(self, waiting: list[tuple[str, asyncio.Future[Look]]]) -> None:
        commands: list[tuple[str, ...]] = []
        for sid, _ in waiting:
            commands += [
                ("HMGET", keys.session(sid), "socket", "wish"),
                ("HGET", keys.stage(sid, "asr"), "at"),
            ]
        try:
            replies = await self._bus.each(*commands)
        except Exception as wrong:  # noqa: BLE001 - whatever it was: it is raised where it is waited for
            replies = [wrong] * len(commands)
        for (_, told), record, at in zip(waiting, replies[::2], replies[1::2], strict=True):
            if not told.done():
                _tell(told, record, at)


def _tell(told: asyncio.Future[Look], record: Any, at: Any) -> None:
    for one in (record, at):
        if isinstance(one, Exception):
            told.set_exception(one)
            return
    owner, wish = record
    told.set_result(Look(owner, int(at or 0), wish))
