"""What the sockets and routes of one gateway share."""

import asyncio

from msgspec import Struct, field

from streaming.archive.ports import Archive
from streaming.bus import Bus
from streaming.ingress.audience import Watching
from streaming.ingress.door import ServerPolicy
from streaming.ingress.intake import Intake
from streaming.session import SessionPolicy


class Gateway(Struct):
    """`sessions`: clients that are here now, each with a session of its own. Viewers do not count."""

    bus: Bus
    intake: Intake
    watching: Watching
    server: ServerPolicy
    policy: SessionPolicy
    sessions: int = 0
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)  # each counts those before it
    archive: Archive | None = None
    draining: asyncio.Event = field(
        default_factory=asyncio.Event
    )  # on its way out: clients are sent elsewhere
