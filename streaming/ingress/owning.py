"""A session whose client is connected here, whatever its dialect: how it begins, what is looked after, its leaving."""

import asyncio
import logging
import secrets
import time
from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from streaming import audio, jobs, keys, roster
from streaming.bus import BusDown, Refused
from streaming.clock import now_ms, stamp
from streaming.errors import Close
from streaming.events import SessionStarted
from streaming.facts import Wish
from streaming.feed import Entry
from streaming.ingress import door, records, tickets
from streaming.ingress.gateway import Gateway
from streaming.ingress.inbox import Inbox
from streaming.ingress.intake import Inlet
from streaming.ingress.tickets import Grant
from streaming.session import Clock
from streaming.wire import messages as said
from streaming.wire import native as wire


class Passed(Struct):
    """How far a session's sound is: `processed_ms` of it the recogniser is through with."""

    clock: Clock | None = None
    processed_ms: int = 0

    @property
    def received_ms(self) -> int:
        """Of its sound (a channel), counted so far."""
        return self.clock.received * 1_000 // self.clock.sound.sample_rate if self.clock else 0


class Owned:
    """One client's session while it is connected here. All that must outlive the connection is in Redis."""

    def __init__(self, gateway: Gateway, opened: records.Opened) -> None:
        self._bus = gateway.bus
        self._looks = gateway.intake.looks
        self._policy = gateway.policy
        self.session_id = opened.config.session_id
        self.inlet = Inlet(gateway.intake, opened.config, opened.socket, opened.stored)
        self.inbox = Inbox(gateway.policy, opened, self.inlet)
        self.passed = Passed(self.inbox.clock)
        self._began = time.monotonic()
        self._touched = 0.0
        self._log = logging.LoggerAdapter(logging.getLogger(__name__), {"sid": self.session_id})

    @property
    def elapsed_s(self) -> float:
        """Seconds that it has been here."""
        return time.monotonic() - self._began

    async def waited(self) -> None:
        """The time between two looks. Raises Fault: Redis did not take what the client sent."""
        done, _ = await asyncio.wait([self.inlet.refused], timeout=self._policy.ack_s)
        if done:
            raise door.refused(self.inlet.refused.result())

    async def looked(self) -> int | None:
        """Say that its client is here. 16 kHz samples (a channel) that the recogniser is through with; None while Redis
        is away: what comes meanwhile is held here. Raises Fault when the session is no longer ours."""
        try:
            processed = await self._progress()
            self.passed.processed_ms = processed * 1_000 // audio.RATE
            if time.monotonic() - self._touched > records.touch_s(self._policy.resume_window_s):
                await records.touch(self._bus, self.session_id)
                self._touched = time.monotonic()
        except BusDown:
            return None
        return processed

    def acked(self, processed: int) -> int:
        """Samples (a channel, at the client's rate) that are acknowledged from now on."""
        assert self.inbox.clock
        return self.inbox.clock.ack(self.inlet.stored, processed, self.elapsed_s)

    async def leave(self) -> None:
        """Its client is here no more."""
        try:
            await records.touch(self._bus, self.session_id)
        except BusDown as down:
            self._log.warning("leaving: %s", down.message)

    async def _progress(self) -> int:
        found = await self._looks.look(self.session_id)
        if found.socket is None or found.socket.decode() != self.inlet.socket:
            raise door.refused(Refused("REPLACED" if found.socket else "GONE"))
        if found.wish:
            await self._fulfil()
        return found.at if self.inbox.clock else 0

    async def _fulfil(self) -> None:
        """What an agent wants, if nobody has done it yet."""
        wish = await self._bus.run("wish", [keys.session(self.session_id)], [""])
        if wish:
            self.inbox.wished(WISH.decode(wish))


WISH: Final = msgspec.json.Decoder(Wish)


class Begun(NamedTuple):
    """A new session: its record with its tokens, and the log's first entry (`session.started`)."""

    owned: Owned
    opened: records.Opened
    first: Entry


async def begin(gateway: Gateway, message: said.SessionStart, grant: Grant) -> Begun:
    """Make the session that a client asks for. It is the last step that uses a ticket up.

    Raises:
        Overloaded: there is no room, or Redis is away.
        ClientFault: nobody here can serve it so, its sound is none that we can read, or its ticket was used meanwhile.
    """
    server, bus = gateway.server, gateway.bus
    gateway.admit_speaker(counted=True)
    config = wire.started(message, secrets.token_hex(12), grant.tenant)
    owned = Owned(gateway, records.Opened(config, "1"))  # first: its sound may be none that we can read
    with gateway.unless_away():
        workers = await roster.present(bus)
        if wire.semantic(message.endpointing):
            door.judged(workers, close=Close.POLICY)
        serves = roster.served(workers)
        limits, now = gateway.policy.limits(), stamp(now_ms())
        first = SessionStarted(
            config.session_id, config.mode, serves, limits, now, config.audio, config.record
        )
        async with gateway.starting:
            if config.audio:
                door.seat(server, workers, await jobs.posted(bus, "asr"))
            await tickets.use(bus, grant)
            opened = await records.begin(bus, config, first)
        [entry] = await bus.read(keys.events(config.session_id), count=1)
    return Begun(owned, opened, entry)


def tokens(opened: records.Opened) -> Mapping[str, str]:
    """What only the owner of a new session is told."""
    return {"resume_token": opened.resume_token, "watch_token": opened.watch_token}
