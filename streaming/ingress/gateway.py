"""What the sockets and routes of one gateway share."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager

from msgspec import Struct, field

from streaming.archive.ports import Archive
from streaming.bus import Bus
from streaming.calls import Calls
from streaming.errors import BusDown, Fault, Overloaded
from streaming.ingress.audience import Watching
from streaming.ingress.door import ServerPolicy
from streaming.ingress.intake import Intake
from streaming.ingress.openai.policy import ApiPolicy
from streaming.ingress.overview import Overview
from streaming.ingress.webrtc.policy import WebrtcPolicy
from streaming.session import SessionPolicy
from streaming.wire.audiohook.policy import AudiohookPolicy
from streaming.wire.twilio.policy import TwilioPolicy


def unset(tenant: str, category: str) -> float:
    """The level of blocking where nothing is set."""
    return 0.8


class Gateway(Struct):
    """`sessions`: clients that are here now, each with a session of its own. Viewers do not count. `replays`: sockets
    that are shown what was recorded. `exports`: transcripts and files that are being made.
    `blocked_from`: the score from which on a category is blocked for a tenant."""

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
    replays: int = 0
    exports: int = 0
    calls: Calls | None = None
    api: ApiPolicy = ApiPolicy()
    twilio: TwilioPolicy = TwilioPolicy()
    audiohook: AudiohookPolicy = AudiohookPolicy()
    blocked_from: Callable[[str, str], float] = unset
    webrtc: WebrtcPolicy = WebrtcPolicy()
    exchange: object = None  # its WebRTC connections, once it serves
    asking: dict[str, int] = field(default_factory=dict[str, int])  # requests at work, by tenant
    looked: Overview | None = None

    @property
    def overview(self) -> Overview:
        """What supervisors are shown."""
        if self.looked is None:
            self.looked = Overview(self.bus)
        return self.looked

    @contextmanager
    def asked(self, tenant: str) -> Generator[None]:
        """While one request of a tenant is at work. Raises Fault (`too_many_requests`)."""
        count = self.asking.get(tenant, 0)
        if count >= self.api.requests:
            told = (
                f"{self.api.requests} requests with this key are at work already: wait until one is answered"
            )
            raise Fault("too_many_requests", told, retry_after=1)
        self.asking[tenant] = count + 1
        try:
            yield
        finally:
            self.asking[tenant] -= 1

    @contextmanager
    def unless_away(self) -> Generator[None]:
        """While somebody comes in. Raises Overloaded when Redis is away: they may come back."""
        try:
            yield
        except BusDown as down:
            raise Overloaded(down.message, retry_after=self.server.retry_after_s) from None

    def admit_speaker(self, *, counted: bool) -> None:
        """Whether one more may speak; `counted`: it is among `sessions` already. Raises Overloaded."""
        if self.sessions + (not counted) > self.server.max_sessions:
            raise Overloaded("all places are taken: try again later", retry_after=self.server.retry_after_s)

    def admit_viewer(self) -> None:
        """Whether one more may watch or replay. Raises Overloaded."""
        if self.watching.viewers + self.replays >= self.server.max_viewers:
            told = "there is no room for more viewers"
            raise Overloaded(told, retry_after=self.server.retry_after_s)

    @contextmanager
    def replayed(self) -> Generator[None]:
        """While one socket is shown what was recorded. Raises Overloaded."""
        self.admit_viewer()
        self.replays += 1
        try:
            yield
        finally:
            self.replays -= 1

    @contextmanager
    def exported(self) -> Generator[None]:
        """While one transcript or file is made of what was recorded. Raises Overloaded."""
        if self.exports >= self.server.max_exports:
            told = (
                "as many transcripts and files are being made as there may be at once: come back in a moment"
            )
            raise Overloaded(told, retry_after=self.server.retry_after_s)
        self.exports += 1
        try:
            yield
        finally:
            self.exports -= 1
