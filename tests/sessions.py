"""A session as the spine's tests need it: a record in Redis, and leases of it."""

import msgspec

from streaming import keys
from streaming.bus import Bus
from streaming.facts import SessionConfig
from streaming.lease import Lease

SID = "s1"
EVENTS = keys.events(SID)


async def made(bus: Bus, sid: str = SID) -> None:
    """A session that exists."""
    config = msgspec.json.encode(SessionConfig(session_id=sid))
    await bus.call("HSET", keys.session(sid), "config", config, "socket", "1")


async def claimed(bus: Bus, worker: str = "w") -> Lease:
    lease = await Lease.claim(bus, "asr", SID, worker)
    assert lease is not None
    return lease
