"""What Redis holds of a session goes: its keys, and what its append-only file remembers of them.

The file is written anew from what there is, which has the session no more; then the old one is removed.
"""

import asyncio
import time
from typing import Final

from streaming import keys
from streaming.bus import Bus
from streaming.errors import ServiceFault

PATIENCE_S: Final = 120.0
LOOK_S: Final = 0.05


async def erase_live(bus: Bus, sid: str) -> None:
    """Nothing of the session is in Redis, nor in the append-only file of any server that takes writes, on return.

    Raises:
        BusDown: Redis is away.
        ServiceFault: the file could not be written anew (`forget_unfinished`).
    """
    names = [*keys.lasting(sid), keys.heard(sid), keys.draft(sid), keys.viewers(sid)]
    await bus.together(("DEL", *names))
    if any(state.get("aof_enabled") == "1" for state in await _persistence(bus)):
        await _rewrite(bus)


async def _rewrite(bus: Bus) -> None:
    """A rewrite that begins from now on, to its end. One that goes on already may still have the session."""
    until = time.monotonic() + PATIENCE_S
    began = False
    while time.monotonic() < until:
        states = await _persistence(bus)
        if all(
            state.get("aof_rewrite_in_progress") == state.get("aof_rewrite_scheduled") == "0"
            for state in states
        ):
            if began and all(state.get("aof_last_bgrewrite_status") == "ok" for state in states):
                return
            replies = await bus.everywhere("BGREWRITEAOF")
            began = not any(isinstance(reply, Exception) for reply in replies)
        await asyncio.sleep(LOOK_S)
    told = "the append-only file of Redis could not be written anew, and may still have the session: forget it again"
    raise ServiceFault("forget_unfinished", told)


async def _persistence(bus: Bus) -> list[dict[str, str]]:
    """What each server says of its files. A session is on one, but a slot may have moved meanwhile."""
    told: list[bytes] = await bus.everywhere("INFO", "persistence")
    return [dict(line.split(":", 1) for line in one.decode().splitlines() if ":" in line) for one in told]
