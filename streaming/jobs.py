"""The work that is posted for a role: one stream of leases a shard, read by all its workers as one group.

An entry is the work of one role on one session. It is handed out once (XREADGROUP), renewed by its holder (XCLAIM with
JUSTID leaves the count of deliveries alone), and handed out again when its holder is silent (XAUTOCLAIM). That there is
something new comes through the one blocked read that a process has anyway, so no command here blocks.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple, NoReturn

from streaming import keys
from streaming.bus import Bus
from streaming.standing import Server

GROUP: Final = "workers"
LEFT_MS: Final = 3_600_000
"""A worker that has nothing, and asked for nothing for so long, is known no more."""


class Job(NamedTuple):
    """An entry of a stream of leases, and the session that it is about."""

    stream: str
    entry: str
    session_id: str


class Jobs:
    """One worker's view of the work of its role. `silent_s`: when a holder is taken for gone."""

    def __init__(self, bus: Bus, role: str, worker: str, silent_s: float) -> None:
        self._bus = bus
        self._worker = worker
        self._silent_ms = int(silent_s * 1000)
        self._streams = keys.all_jobs(role)
        self._cursors: dict[str, bytes | str] = dict.fromkeys(self._streams, "0-0")
        self._promising: dict[str, None] = {}
        self._news = asyncio.Event()
        self._grouped = False

    # ---- what there is -----------------------------------------------------------------------------------------------

    async def follow(self) -> NoReturn:
        """Note which streams get entries, until cancelled."""
        feed = self._bus.open(dict.fromkeys(self._streams, "0-0"))
        try:
            while True:
                for entry in await feed.get():
                    self._promising[entry.key] = None
                self._news.set()
        finally:
            feed.close()

    async def join(self) -> None:
        """Be of the group, which is made where there is none. Raises BusDown."""
        if not self._grouped:
            await self._bus.each(
                *(("XGROUP", "CREATE", one, GROUP, "0", "MKSTREAM") for one in self._streams)
            )
            self._grouped = True

    async def forget(self, left_ms: int = LEFT_MS) -> None:
        """Let the names of workers go that are gone. Raises BusDown."""
        await self._bus.run_many("leave", [([stream], [GROUP, left_ms]) for stream in self._streams])

    def doubt(self) -> None:
        """Redis was away: one that comes back empty knows no group, and may have what nobody told us."""
        self._grouped = False
        self.sweep()

    def sweep(self) -> None:
        """Look into every stream again, whatever was told."""
        self._promising |= dict.fromkeys(self._streams)

    @property
    def promising(self) -> bool:
        """Whether there may be something that nobody has taken."""
        return bool(self._promising)

    async def news(self, seconds: float) -> None:
        """Wait until something is posted, or so long."""
        self._news.clear()
        if not self._promising:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(
                    seconds
                ):  # `wait_for` swallows a cancellation that comes with the news
                    await self._news.wait()

    # ---- taking ------------------------------------------------------------------------------------------------------

    async def fresh(self) -> Job | None:
        """One job that nobody had before, from each shard in turn; None when there is none. Raises BusDown."""
        while self._promising:
            stream = next(iter(self._promising))
            # Before the read: what is posted meanwhile makes it promising again.
            del self._promising[stream]
            row = await self._bus.take(stream, GROUP, self._worker)
            if row is not None:
                self._promising[stream] = None
                return _job(stream, row)
        return None

    async def silent(self, room: int) -> list[Job]:
        """Jobs whose holder is silent, at most `room`, from all shards alike. Raises BusDown.

        XAUTOCLAIM looks at a part of a stream at a time: the next call goes on from there.
        """
        found: list[Job] = []
        waiting = list(self._cursors)
        while waiting and len(found) < room:
            left = room - len(found)
            some, waiting = waiting[:left], waiting[left:]
            claims = [self._autoclaim(stream, left // len(some)) for stream in some]
            for stream, reply in zip(some, await self._bus.each(*claims), strict=True):
                if isinstance(reply, Exception):
                    raise reply
                del self._cursors[stream]  # the next to be asked first is who was not asked for longest
                self._cursors[stream] = reply[0]
                found += [_job(stream, row) for row in reply[1] if row]
        return found

    def _autoclaim(self, stream: str, count: int) -> tuple[str | bytes | int, ...]:
        cursor = self._cursors[stream]
        return ("XAUTOCLAIM", stream, GROUP, self._worker, self._silent_ms, cursor, "COUNT", count)

    async def tries(self, job: Job) -> int:
        """How often it was handed out since it was last healthy."""
        pending = await self._bus.call("XPENDING", job.stream, GROUP, job.entry, job.entry, 1)
        return int(pending[0][3]) if pending else 0

    # ---- keeping and letting go --------------------------------------------------------------------------------------

    async def renew(self, held: Mapping[Job, bool], server: Server, *, again: bool = False) -> set[Job]:
        """Which of `held` are still ours; a healthy one (True) begins to count its deliveries anew. Raises BusDown.

        `again`: the server may have forgotten that they were handed out.
        """
        streams: dict[str, list[Job]] = {}
        for job in held:
            streams.setdefault(job.stream, []).append(job)
        calls: list[tuple[list[str], list[str]]] = []
        for stream, jobs in streams.items():
            asked = [word for job in jobs for word in (job.entry, "1" if held[job] else "")]
            calls.append(([stream], [GROUP, self._worker, "again" if again else "", *asked]))
        mine: set[Job] = set()
        replies = await server.run_many("renew", calls)
        for jobs, reply in zip(streams.values(), replies, strict=True):
            if isinstance(reply, Exception):
                raise reply
            kept = {name.decode() for name in reply}
            mine |= {job for job in jobs if job.entry in kept}
        return mine

    async def finish(self, job: Job) -> None:
        """It is done: nobody need do it again. Raises BusDown."""
        await self._bus.together(("XACK", job.stream, GROUP, job.entry), ("XDEL", job.stream, job.entry))

    async def hand_back(self, jobs: Iterable[Job]) -> None:
        """Make them look silent and never tried, so that the next worker takes them at once. Raises BusDown."""
        silent = ("IDLE", self._silent_ms + 1, "RETRYCOUNT", 0, "JUSTID")
        await self._bus.each(
            *(("XCLAIM", job.stream, GROUP, self._worker, 0, job.entry, *silent) for job in jobs)
        )


async def posted(bus: Bus, role: str) -> int:
    """How many sessions a role has work on, whether somebody does it or not. Raises BusDown."""
    lengths = await bus.each(*(("XLEN", stream) for stream in keys.all_jobs(role)))
    return sum(int(length) for length in lengths)


def _job(stream: str, row: Any) -> Job:
    entry, fields = row
    return Job(stream, entry.decode(), fields[1].decode())
