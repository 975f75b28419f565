"""What clients send, on its way into Redis: all sessions of a gateway share one pipeline.

While one round trip is under way the next batch gathers, so the cost a message falls as the load grows. When Redis is
away the batch waits and is sent again: nothing comes twice, since the id of sound is its place and everything else has
a name (`ref`), the client's or one of ours. Credit bounds the sound that waits, `WAITING` the rest.
"""

import asyncio
import logging
from typing import Final
from weakref import WeakSet

import msgspec
from msgspec import Struct

from streaming import keys
from streaming.bus import Bus, Refused
from streaming.clock import now_ms
from streaming.errors import BusDown, Overloaded
from streaming.facts import CancelReply, Ended, Feedback, Heard, Mark, SessionConfig, SoundEnded, Updated
from streaming.ingress import diary
from streaming.ingress.looking import Looks
from streaming.ingress.sound import Block
from streaming.standing import Server

log = logging.getLogger(__name__)

GATHER_S: Final = 0.01
GATHERING: Final = 4
"""With so many sessions a round is awaited for GATHER_S, with more for longer, up to MOST times that: what each of
them sends meanwhile is one entry."""
MOST: Final = 6.0
RETRY_S: Final = 0.2
WAITING: Final = 4_096
"""Entries of one session that may wait for a round trip,"""
WAITING_BYTES: Final = 16 << 20
"""and their bytes: three times the sound of eight channels that credit allows."""
MERGED: Final = 1 << 16
"""Sound that waits is one entry, up to so many bytes."""
ROUND_BYTES: Final = 8 << 20
"""No round trip has much more: what gathered while Redis was away must get through before a timeout, however much."""


class Deposit(Struct, gc=False):
    """One entry to be: `entry_id` as XADD takes it, `stored` samples after it (None: no sound).

    `when`: "ending" for a session's last input, "late" for what may come after it. `config`: from now on, if any.
    """

    key: str
    entry_id: str
    field: str
    value: bytes
    at_ms: int
    ref: str = ""
    stored: int | None = None
    when: str = ""
    config: bytes = b""


class Inlet:
    """One socket's way into its session. `stored`: 16 kHz samples (a channel) that are safe in Redis.

    `refused` is done when Redis would not take something: with Refused when a script said no, else with its error.
    """

    def __init__(self, intake: "Intake", config: SessionConfig, socket: str, stored: int) -> None:
        self._intake = intake
        self._named = 0
        self.session_id = config.session_id
        self.kept_ms = keys.kept_ms(config.record)
        self.socket = socket
        self.stored = stored
        self.waiting: list[Deposit] = []
        self.size = 0
        self.refused: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        intake.opened(self)

    def sound(self, block: Block) -> None:
        """Sound, in order. Blocks that wait for the same round become one entry."""
        last = self.waiting[-1] if self.waiting else None
        if last is not None and last.field == "pcm" and len(last.value) < MERGED:
            self.size += len(block.pcm)
            last.value += block.pcm
            last.entry_id, last.stored, last.at_ms = f"{block.end}-0", block.end, now_ms()
            return
        key = keys.audio(self.session_id)
        self._put(Deposit(key, f"{block.end}-0", "pcm", block.pcm, now_ms(), stored=block.end))

    def skipped(self, mark: Mark, end: int, ref: str | None) -> None:
        """A gap that ends at sample `end`."""
        entry = self._entry(keys.audio(self.session_id), f"{end}-0", mark, ref)
        entry.stored = end
        self._put(entry)

    def mark(self, mark: Mark, at: int, ref: str | None = None) -> None:
        """A mark that stands at sample `at`; `Ended` is the last input that a session takes."""
        entry = self._entry(keys.audio(self.session_id), f"{at}-*", mark, ref)
        match mark:
            case Ended():
                entry.when = "ending"
            case Updated(config=config):
                entry.config = msgspec.json.encode(config)
            case _:
                pass
        self._put(entry)

    def heard(self, fact: Heard, ref: str | None = None) -> None:
        """What was not spoken (typed text, a cancel, the end of a typed session), for the moderator."""
        entry = self._entry(keys.heard(self.session_id), "*", fact, ref)
        match fact:
            case SoundEnded():
                entry.when = "ending"
            case CancelReply() | Feedback():
                entry.when = "late"
            case _:
                pass
        self._put(entry)

    def _entry(self, key: str, entry_id: str, fact: Mark | Heard, ref: str | None) -> Deposit:
        self._named += 1
        return Deposit(
            key, entry_id, "e", msgspec.json.encode(fact), now_ms(), ref or f"{self.socket}:{self._named}"
        )

    def _put(self, deposit: Deposit) -> None:
        if len(self.waiting) >= WAITING or self.size + len(deposit.value) > WAITING_BYTES:
            raise Overloaded("too much waits to be taken: resume the session in a moment", retry_after=2)
        self.waiting.append(deposit)
        self.size += len(deposit.value)
        self._intake.arrived(self)


class Intake:
    """Sends what the inlets hold, round after round. `looks`: what their sessions look up."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.looks = Looks(bus)
        self._holding: set[Inlet] = set()
        self._some = asyncio.Event()
        self._inlets: WeakSet[Inlet] = WeakSet()

    def opened(self, inlet: Inlet) -> None:
        """An inlet is there."""
        self._inlets.add(inlet)

    def arrived(self, inlet: Inlet) -> None:
        """An inlet has something to send."""
        self._holding.add(inlet)
        self._some.set()

    async def run(self) -> None:
        """Until cancelled."""
        self._bus.standing.tell(self._returned)
        try:
            while True:
                await self._some.wait()
                self._some.clear()
                inlets, self._holding = list(self._holding), set()
                batch: list[tuple[Inlet, Deposit]] = []
                for inlet in inlets:
                    batch += [(inlet, deposit) for deposit in inlet.waiting]
                    inlet.waiting, inlet.size = [], 0
                for part in _parts(batch):
                    await self._send(part)
                await asyncio.sleep(GATHER_S * min(MOST, max(1.0, len(inlets) / GATHERING)))
        finally:
            self._bus.standing.untell(self._returned)

    async def _returned(self, server: Server, changed: bool) -> None:
        """Redis is back. A session of whose sound it lost more than we have goes on with what its client has."""
        del server
        holes = {page.hash: page.refused for page in self._bus.journal.holes} if changed else {}
        for inlet in list(self._inlets):
            hole = holes.get(keys.session(inlet.session_id))
            if hole and not inlet.refused.done():
                inlet.refused.set_result(Refused(hole))

    async def _send(self, batch: list[tuple[Inlet, Deposit]]) -> None:
        while True:
            batch = [(inlet, deposit) for inlet, deposit in batch if not inlet.refused.done()]
            try:
                replies = await self._bus.run_many("intake", [_call(*one) for one in batch])
                break
            except BusDown as down:
                log.warning("intake: %s", down.message)
                await asyncio.sleep(RETRY_S)
                await self._bus.standing.up()
        for (inlet, deposit), reply in zip(batch, replies, strict=True):
            if isinstance(reply, Exception):
                if not inlet.refused.done():
                    inlet.refused.set_result(reply)
                continue
            diary.took(self._bus.journal, inlet, deposit, reply.decode())
            if deposit.stored is not None:
                inlet.stored = max(inlet.stored, deposit.stored)


def _parts(batch: list[tuple[Inlet, Deposit]]) -> list[list[tuple[Inlet, Deposit]]]:
    """A batch, in order, in parts of about ROUND_BYTES."""
    parts: list[list[tuple[Inlet, Deposit]]] = [[]]
    size = 0
    for one in batch:
        if size >= ROUND_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(one)
        size += len(one[1].value)
    return parts


def _call(inlet: Inlet, deposit: Deposit) -> tuple[list[str], list[str | bytes | int]]:
    sid = inlet.session_id
    stored = "" if deposit.stored is None else deposit.stored
    entry = [deposit.entry_id, deposit.field, deposit.value, deposit.at_ms]
    then = [
        deposit.ref,
        stored,
        deposit.when,
        deposit.config,
        keys.ttl(deposit.key, inlet.kept_ms),
        inlet.kept_ms,
    ]
    return [keys.session(sid), deposit.key, keys.refs(sid)], [inlet.socket, *entry, *then]
