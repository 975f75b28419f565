"""Which workers are there and what they serve: each says so every second, and is forgotten when it stops."""

import asyncio
import contextlib
import logging
import os
import resource
import secrets
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from streaming import keys
from streaming.bus import Bus, BusDown
from streaming.capacity import Load
from streaming.clock import now_ms
from streaming.events import Served

log = logging.getLogger(__name__)

EVERY_S: Final = 1.0
STALE_MS: Final = 4_000
FORGET_MS: Final = 60_000


class Present(Struct, frozen=True):
    """A worker: what it serves, how many sessions it holds, its largest memory so far, when it last said so, how
    busy it will be, if it can tell, and what keeps it from its work just now, if anything does."""

    role: str
    name: str
    serves: list[Served]
    at_ms: int
    sessions: int = 0
    peak_rss_mb: float = 0.0
    load: Load | None = None
    trouble: str = ""


def served(workers: Iterable[Present], role: str | None = None) -> list[Served]:
    """What they serve; that which serves as `role` alone, if one is named."""
    return [one for worker in workers for one in worker.serves if role in (None, one.role)]


class Pulse(NamedTuple):
    """What a worker says of itself each time, asked for each time: see Present."""

    sessions: Callable[[], int]
    load: Callable[[], Load | None] = lambda: None
    trouble: Callable[[], str] = lambda: ""


async def announce(bus: Bus, role: str, serves: list[Served], pulse: Pulse) -> None:
    """Say so until cancelled."""
    name = f"{role}:{secrets.token_hex(4)}:{os.getpid()}"  # a pid alone may be that of another container
    try:
        while True:
            rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            said: dict[str, Any] = {
                "sessions": pulse.sessions(),
                "load": pulse.load(),
                "trouble": pulse.trouble(),
            }
            present = Present(role, name, serves, now_ms(), peak_rss_mb=round(rss, 1), **said)
            with contextlib.suppress(BusDown):
                await bus.call("HSET", keys.WORKERS, name, msgspec.json.encode(present))
            await asyncio.sleep(EVERY_S)
    finally:
        await asyncio.shield(_leave(bus, name))


async def _leave(bus: Bus, name: str) -> None:
    with contextlib.suppress(BusDown):
        await bus.call("HDEL", keys.WORKERS, name)


async def present(bus: Bus) -> list[Present]:
    """Workers that were there in the last seconds, one entry a worker, by name.

    What another version wrote and we cannot read is passed over: it may never go away, and nobody is to wait for that.
    """
    flat = await bus.call("HGETALL", keys.WORKERS)
    found: list[Present] = []
    for body in flat[1::2]:
        with contextlib.suppress(msgspec.MsgspecError):
            found.append(msgspec.json.decode(body, type=Present))
    now = now_ms()
    for gone in [worker.name for worker in found if worker.at_ms < now - FORGET_MS]:
        await bus.call("HDEL", keys.WORKERS, gone)
    return sorted((w for w in found if w.at_ms >= now - STALE_MS), key=lambda worker: worker.name)
