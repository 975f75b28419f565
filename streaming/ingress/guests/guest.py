"""A session whose client speaks another dialect than ours: begun for it, fed with its sound, its events given out.

The shell of a dialect owns the connection, and this the session, which lasts as long as its client is there: other
dialects cannot resume. They know no credit either. What comes faster than it can be taken waits here (`waiting`), but
not without bounds; beyond them the connection is not read any further, so that a client which sends a whole file at
once is slowed down by TCP, and loses nothing. At the pace of speech nothing ever waits.

    guest = Guest(gateway, grant)
    with guest.here():
        await conversed(receive=receive(), session=guest.run(tell, wrong))

`receive` reads the socket, and calls `begin` when it knows what the client wants, then `sound`, `say` and `end`.
`tell` is called with each event of the log, in order, `session.started` first; `wrong` with a fault after which the
session goes on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final, NoReturn

import msgspec

from streaming import keys
from streaming.errors import Fault
from streaming.events import AgentNote, EndReason, Event, SessionEnded
from streaming.ingress import owning, records
from streaming.ingress.conversing import Finished, conversed
from streaming.ingress.egress import newest_partials
from streaming.ingress.gateway import Gateway
from streaming.ingress.guests.waiting import MESSAGE, Hole, Item, Key, Waiting, pieces, weight
from streaming.ingress.tickets import Grant
from streaming.session import Phase
from streaming.wire import messages as said

EVENT: Final = msgspec.json.Decoder(Event)

Tell = Callable[[str, Event], Awaitable[None]]
"""What is done with an event: its id (its place in the log), and itself."""

Wrong = Callable[[Fault], Awaitable[None]]
"""What is done with a fault of one message, after which the session goes on."""


class Guest:
    """One client's session. Until `begin` there is none, and nothing but that, `begun` and `there` may be used."""

    def __init__(self, gateway: Gateway, grant: Grant) -> None:
        self._gateway = gateway
        self._bus = gateway.bus
        self._grant = grant
        self._waiting = Waiting()
        self._there = asyncio.Event()
        self.passed = owning.Passed()

    @contextmanager
    def here(self) -> Generator[None]:
        """While its client is connected: one of the gateway's sessions. A session that was begun is ended at last."""
        self._gateway.sessions += 1
        try:
            yield
        finally:
            self._gateway.sessions -= 1
            if self._there.is_set() and self._owned.inbox.phase is not Phase.ENDING:
                self._finish()

    @property
    def begun(self) -> bool:
        """Whether there is a session."""
        return self._there.is_set()

    async def there(self) -> None:
        """Wait until there is one."""
        await self._there.wait()

    @property
    def session_id(self) -> str:
        """Of the session that was begun."""
        return self._owned.session_id

    @property
    def watch_token(self) -> str:
        """With it others may watch."""
        return self._opened.watch_token

    async def begin(self, start: said.SessionStart) -> None:
        """Make the session. Raises Overloaded or ClientFault, as `owning.begin` does. A client that goes meanwhile has
        begun it, and it is ended."""
        making = asyncio.ensure_future(owning.begin(self._gateway, start, self._grant))
        try:
            begun = await asyncio.shield(making)
        except asyncio.CancelledError:
            with suppress(Fault):
                self._adopt(await making, start)
            raise
        self._adopt(begun, start)

    def _adopt(self, begun: owning.Begun, start: said.SessionStart) -> None:
        self._owned, self._opened, self._sound = begun.owned, begun.opened, start.audio
        self.passed = begun.owned.passed
        self._there.set()

    async def sound(self, data: bytes) -> None:
        """The client's sound, as its format has it (any length but for Opus: one packet). Waits while too much does.

        Raises ClientFault when it is no whole number of samples; other faults come up in `run`.
        """
        for piece in pieces(self._sound, data, self._gateway.policy.frame_bytes):
            await self._waiting.put(piece, weight(self._sound, piece))

    async def lose(self, hole: Hole) -> None:
        """What the network lost, in its place in the sound."""
        most = self._sound.sample_rate if self._sound else 0
        if hole.samples <= most:
            await self._waiting.put(hole, MESSAGE + len(hole.pcm))
            return
        for at in range(0, hole.samples, most):  # a long one, within the credit piece by piece
            await self._waiting.put(Hole(min(most, hole.samples - at), hole.reason), MESSAGE)

    async def say(self, message: said.ClientMessage) -> None:
        """What the client wants, behind the sound that came before it. Faults come up in `run`."""
        if not isinstance(message, said.AudioSkip) or self._sound is None:
            await self._waiting.put(message, MESSAGE + len(msgspec.json.encode(message)))
            return
        most = max(1, int(self._gateway.policy.credit_s * self._sound.sample_rate) // 2)
        for at in range(0, message.samples, most):
            part = msgspec.structs.replace(message, samples=min(most, message.samples - at))
            await self._waiting.put(part, MESSAGE)

    async def pressed(self, channel: int, key: str) -> None:
        """A key of a telephone, behind the sound that came before it."""
        await self._waiting.put(Key(channel, key), MESSAGE)

    def end(self, reason: EndReason = "client") -> None:
        """No more will come: finals follow, and `session.ended`."""
        self._waiting.add(reason)

    async def run(self, tell: Tell, wrong: Wrong) -> NoReturn:
        """From `begin` to the log's end, which raises Finished. Raises Fault."""
        await self._there.wait()
        try:
            await conversed(pump=self._pump(wrong), follow=self._follow(tell), tick=self._tick())
        finally:
            await asyncio.shield(self._owned.leave())
        raise Finished

    async def _pump(self, wrong: Wrong) -> NoReturn:
        """What waits, in order, as far as there is credit."""
        while True:
            while self._waiting and self._room():
                try:
                    self._take(self._waiting.take())
                except Fault as fault:
                    if fault.close is not None:
                        raise
                    await wrong(fault)
            self._waiting.moved.clear()
            await self._waiting.moved.wait()

    def _take(self, item: Item) -> None:
        inbox = self._owned.inbox
        if inbox.phase is Phase.ENDING:
            return
        match item:
            case bytes():
                inbox.sound(item)
            case Key():
                inbox.pressed(*item)
            case Hole():
                inbox.hole(*item)
            case str():
                inbox.end(item)
            case _:
                inbox.message(item)

    def _room(self) -> bool:
        """Whether a second of sound more, or what was skipped, is within the credit."""
        clock, item = self._owned.inbox.clock, self._waiting.head
        if clock is None or not isinstance(item, bytes | Hole | said.AudioSkip):
            return True
        more = clock.sound.sample_rate if isinstance(item, bytes) else item.samples
        credit = int(self._gateway.policy.credit_s * clock.sound.sample_rate)
        return clock.received + more <= clock.acked + credit

    async def _tick(self) -> NoReturn:
        while True:
            await self._owned.waited()
            processed = await self._owned.looked()
            if processed is not None and self._owned.inbox.clock:
                self._owned.acked(processed)
                self._waiting.moved.set()

    async def _follow(self, tell: Tell) -> NoReturn:
        aside = self._opened.config.mode == "assist"
        feed = self._bus.open({keys.events(self.session_id): "0-0"})
        try:
            while True:
                for entry in newest_partials(await feed.get()):
                    event = EVENT.decode(entry.body)
                    if aside or not isinstance(event, AgentNote):
                        await tell(entry.id, event)
                    if isinstance(event, SessionEnded):
                        await self._ended()
        finally:
            feed.close()

    async def _ended(self) -> NoReturn:
        if self._owned.inbox.phase is not Phase.ENDING:  # a stage gave it up: nobody is to wait for its sound
            self._owned.inbox.end("failed")
        await records.forget(self._bus, self.session_id)
        raise Finished

    def _finish(self) -> None:
        """The client has gone without an end: all that it said is still taken."""
        if clock := self._owned.inbox.clock:
            clock.trust()
        try:
            while self._waiting and self._owned.inbox.phase is not Phase.ENDING:
                self._take_late(self._waiting.take())
        except Fault:
            pass  # it would have ended the session
        with suppress(Fault):  # Redis takes nothing: the session ends as one that nobody comes back to
            if self._owned.inbox.phase is not Phase.ENDING:
                self._owned.inbox.end("lost")

    def _take_late(self, item: Item) -> None:
        """What is wrong with it nobody can be told any more."""
        try:
            self._take(item)
        except Fault as fault:
            if fault.close is not None:
                raise
