"""What stands beside the spine when it is measured, each a process of its own: a recogniser without a model, a plain
`websockets` server, and somebody who answers."""

import asyncio
import os
import signal
from typing import Any, Final

import msgspec
from websockets.asyncio.server import ServerConnection, serve

from streaming import keys
from streaming.app import run_role
from streaming.bench import stamps
from streaming.bus import Bus
from streaming.config import load
from streaming.events import ChannelAccount, Served, Word
from streaming.facts import Ended, HeardFinal, HeardPartial, Mark, SoundEnded
from streaming.feed import Entry, place
from streaming.lease import Lease

RATE: Final = 16_000
PARTIAL: Final = RATE * 2 // 5
PING: Final = "bench:ping"
PONG: Final = "bench:pong"
REST: Final = "was when I said that to you, and now you know."
"""Words behind which a moderator waits for nothing more."""

MARK: Final = msgspec.json.Decoder(Mark)


class Stamping:
    """A recogniser that hears when its sound was sent: a partial every 0.4 s, a final every second."""

    async def start(self) -> list[Served]:
        """There is nothing to load."""
        return [Served("asr", "stamping", "", "stamping@0000000000000000")]

    async def serve(self, lease: Lease, bus: Bus) -> None:
        """A session's sound to its end."""
        await _Stamped(lease).run(bus)

    async def stop(self) -> None:
        """Nor to let go."""


class _Stamped:
    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._audio, self._heard = keys.audio(lease.session_id), keys.heard(lease.session_id)
        self._at = self._shown = int(lease.state or 0)
        self._number = self._at // RATE

    async def run(self, bus: Bus) -> None:
        feed = bus.open({self._audio: f"{self._at}-0"})
        try:
            while True:
                for entry in await feed.get():
                    if await self._take(entry, stamps.now()):
                        return
        finally:
            feed.close()

    async def _take(self, entry: Entry, now: int) -> bool:
        """Whether it was the last."""
        self._at = place(entry.id)[0]
        if not entry.pcm:
            mark = MARK.decode(entry.body)
            if isinstance(mark, Ended):
                ms = self._at / 16
                await self._commit(SoundEnded([ChannelAccount(0, ms, ms, 0.0, {})], mark.reason))
            return isinstance(mark, Ended)
        if self._at // RATE > self._number:
            text = f"{stamps.written(stamps.read(entry.pcm), now, stamps.now())} {REST}"
            await self._commit(self._final(text))
            self._number, self._shown = self._at // RATE, self._at
        elif self._at - self._shown >= PARTIAL:
            partial = HeardPartial(self._number, 0, self._at // PARTIAL, "hm", 0)
            await self._lease.append(self._heard, msgspec.json.encode(partial), at=self._at)
            self._shown = self._at
        return False

    def _final(self, text: str) -> HeardFinal:
        begin, end = self._number * 1000, self._at // 16
        word = Word(text, 0, begin, end, 1.0)
        return HeardFinal(self._number, 0, text, begin, end, [word], "en", 1.0, "stamping@0000000000000000")

    async def _commit(self, fact: HeardFinal | SoundEnded) -> None:
        said, read = [(self._heard, msgspec.json.encode(fact))], [(self._audio, f"{self._at}-0")]
        await self._lease.commit(str(self._at).encode(), appends=said, trims=read, at=self._at)


async def _sink() -> None:
    """A server that takes messages, and says so twice a second: no less than any must do."""

    async def take(socket: ServerConnection) -> None:
        count = 0
        async for _ in socket:
            count += 1
            if count % 25 == 0:
                await socket.send(f'{{"type":"audio.ack","samples":{count * 320}}}')

    async with serve(take, "127.0.0.1", int(os.environ["BENCH_PORT"]), compression=None, ping_interval=None):
        await asyncio.Event().wait()


async def _answerer() -> None:
    """Appends to one stream what comes in another."""
    bus = Bus(os.environ["REDIS_URL"])
    feed = bus.open({PING: "0-0"})
    while True:
        for entry in await feed.get():
            await bus.call("XADD", PONG, "*", "e", entry.body)


async def _recogniser() -> None:
    await run_role("asr", load(), os.environ["REDIS_URL"], Stamping())


PARTS: Final[dict[str, Any]] = {"sink": _sink, "answerer": _answerer, "recogniser": _recogniser}


def run(part: str) -> int:
    """One of them, until SIGTERM."""

    async def until_told() -> None:
        task = asyncio.ensure_future(PARTS[part]())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(until_told())
    return 0
