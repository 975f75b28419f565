"""What clients send, on its way into Redis: all sessions of a gateway share one pipeline.

While one round trip is under way the next batch gathers, so the cost a message falls as the load grows. When Redis is
away the batch waits and is sent again: sound cannot come twice (its id is its place), and the credit bounds what waits.
"""

import asyncio
import logging
import time
from typing import Final

import msgspec
from msgspec import Struct

from streaming import keys
from streaming.bus import Bus, BusDown, Refused
from streaming.facts import Ended, Mark
from streaming.ingress.sound import Block

log = logging.getLogger(__name__)

GATHER_S: Final = 0.01
RETRY_S: Final = 0.2


class Deposit(Struct):
    """One entry to be: `entry_id` as XADD takes it, `stored` samples after it (None: no sound)."""

    key: str
    entry_id: str
    field: str
    value: bytes
    at_ms: int
    ref: str = ""
    stored: int | None = None
    ending: bool = False


class Inlet:
    """One socket's way into its session. `stored`: 16 kHz samples (a channel) that are safe in Redis."""

    def __init__(self, intake: "Intake", session_id: str, socket: str, stored: int) -> None:
        self._intake = intake
        self.session_id = session_id
        self.socket = socket
        self.stored = stored
        self.waiting: list[Deposit] = []
        self.refused: asyncio.Future[Refused] = asyncio.get_running_loop().create_future()
        self.empty = asyncio.Event()
        self.empty.set()

    def sound(self, block: Block) -> None:
        """Sound, in order. Blocks that wait for the same round become one entry."""
        last = self.waiting[-1] if self.waiting else None
        if last is not None and last.field == "pcm":
            last.value += block.pcm
            last.entry_id, last.stored, last.at_ms = f"{block.end}-0", block.end, _now()
            return
        key = keys.audio(self.session_id)
        self._put(Deposit(key, f"{block.end}-0", "pcm", block.pcm, _now(), stored=block.end))

    def skipped(self, mark: Mark, end: int, ref: str | None) -> None:
        """A gap that ends at sample `end`."""
        body = msgspec.json.encode(mark)
        key = keys.audio(self.session_id)
        self._put(Deposit(key, f"{end}-0", "e", body, _now(), ref=ref or "", stored=end))

    def mark(self, mark: Mark, at: int, ref: str | None = None) -> None:
        """A mark that stands at sample `at`; `Ended` is the last input that a session takes."""
        body = msgspec.json.encode(mark)
        ending = isinstance(mark, Ended)
        self._put(
            Deposit(keys.audio(self.session_id), f"{at}-*", "e", body, _now(), ref or "", ending=ending)
        )

    def heard(self, fact: Struct, ref: str | None = None, *, ending: bool = False) -> None:
        """What was not spoken (typed text, a cancel, the end of a typed session), for the moderator."""
        body = msgspec.json.encode(fact)
        self._put(Deposit(keys.heard(self.session_id), "*", "e", body, _now(), ref or "", ending=ending))

    def _put(self, deposit: Deposit) -> None:
        self.waiting.append(deposit)
        self.empty.clear()
        self._intake.arrived(self)


class Intake:
    """Sends what the inlets hold, round after round."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._holding: set[Inlet] = set()
        self._some = asyncio.Event()

    def arrived(self, inlet: Inlet) -> None:
        """An inlet has something to send."""
        self._holding.add(inlet)
        self._some.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._some.wait()
            self._some.clear()
            inlets, self._holding = list(self._holding), set()
            batch: list[tuple[Inlet, Deposit]] = []
            for inlet in inlets:
                batch += [(inlet, deposit) for deposit in inlet.waiting]
                inlet.waiting = []
            await self._send(batch)
            for inlet in inlets:
                if not inlet.waiting:
                    inlet.empty.set()
            await asyncio.sleep(GATHER_S)

    async def _send(self, batch: list[tuple[Inlet, Deposit]]) -> None:
        calls = [_call(inlet, deposit) for inlet, deposit in batch]
        while True:
            try:
                replies = await self._bus.run_many("intake", calls)
                break
            except BusDown as down:
                log.warning("intake: %s", down.message)
                await asyncio.sleep(RETRY_S)
        for (inlet, deposit), reply in zip(batch, replies, strict=True):
            if isinstance(reply, Refused):
                if not inlet.refused.done():
                    inlet.refused.set_result(reply)
            elif deposit.stored is not None:
                inlet.stored = max(inlet.stored, deposit.stored)


def _call(inlet: Inlet, deposit: Deposit) -> tuple[list[str], list[str | bytes | int]]:
    sid = inlet.session_id
    stored = "" if deposit.stored is None else deposit.stored
    ending = "1" if deposit.ending else ""
    args = [
        inlet.socket,
        deposit.entry_id,
        deposit.field,
        deposit.value,
        deposit.at_ms,
        deposit.ref,
        stored,
        ending,
    ]
    return [keys.session(sid), deposit.key, keys.refs(sid)], [*args, keys.ttl(deposit.key)]


def _now() -> int:
    return time.time_ns() // 1_000_000
