"""What every scenario needs: a service that is ready, speakers that speak, and somebody who watches the processes."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, NamedTuple, TypeAlias

from streaming import keys, roster
from streaming.bench.processes import rss_mb
from streaming.bus import Bus, BusDown
from tests.chaos import coded
from tests.chaos.service import Service
from tests.chaos.speakers import Speaker

Figures: TypeAlias = dict[str, Any]
Scenario: TypeAlias = Callable[[bool], Coroutine[Any, Any, Figures]]
READY_S: Final = 60.0


class Stage(NamedTuple):
    """A service, and a connection to its Redis."""

    service: Service
    bus: Bus

    async def ready(self, **expected: int) -> None:
        """Until so many processes of each role that run now have said that they serve. Raises with the logs' end."""
        deadline = time.monotonic() + READY_S
        while True:
            try:
                running = {str(process.pid) for process in self.service.running.values()}
                present = await roster.present(self.bus)
                there = [one.role for one in present if one.name.rpartition(":")[2] in running]
            except BusDown:
                there = []
            if all(there.count(role) >= count for role, count in expected.items()) and self._listening():
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"only {there} are there\n{self.service.logs()[-3_000:]}")
            await asyncio.sleep(0.05)

    def _listening(self) -> bool:
        """Whether each gateway does: it says that it is there a little before."""
        for port in self.service.ports:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                return False
        return True


@asynccontextmanager
async def stage(
    *, gateways: int = 1, workers: int = 1, settings: dict[str, str] | None = None
) -> AsyncGenerator[Stage]:
    """A service that is ready."""
    with Service(gateways, settings) as service:
        for number in range(workers):
            service.start("asr", number)
        bus = Bus(service.redis.url)
        try:
            made = Stage(service, bus)
            await made.ready(gateway=gateways, moderator=1, asr=workers)
            yield made
        finally:
            await bus.close()


def speakers(count: int, seconds: float) -> list[Speaker]:
    """Each with something else to say."""
    return [Speaker(coded.plan(seed, seconds), seed) for seed in range(count)]


def talking(all_of: Sequence[Speaker], url: str, **how: Any) -> "asyncio.Future[list[Speaker]]":
    """They begin within a second or two, and speak until the end of their sessions."""

    async def one(number: int, speaker: Speaker) -> Speaker:
        await asyncio.sleep(min(2.0, 0.05 * number))
        return await speaker.run(url, **how)

    return asyncio.gather(*(one(number, speaker) for number, speaker in enumerate(all_of)))


class Takeover(NamedTuple):
    """A session's work, which worker `after` took over `seconds` after its worker was gone."""

    session_id: str
    after: str
    seconds: float


class Owners:
    """Who works on which session as `role`, looked at every 100 ms; pids that ended, and what was taken over from
    them."""

    def __init__(self, bus: Bus, all_of: Sequence[Speaker], role: str = "asr") -> None:
        self._bus = bus
        self._speakers = all_of
        self._role = role
        self._owner: dict[str, str] = {}
        self._gone: dict[str, int] = {}
        self.takeovers: list[Takeover] = []

    def gone(self, pid: int) -> None:
        """The process ends now."""
        self._gone[str(pid)] = time.time_ns() // 1_000_000

    def of(self, pid: int) -> list[str]:
        """Sessions that a process works on."""
        return [sid for sid, owner in self._owner.items() if owner.split("-")[1] == str(pid)]

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            known = [
                speaker.session_id for speaker in self._speakers if speaker.session_id and not speaker.ended
            ]
            with suppress(BusDown):
                await asyncio.gather(*map(self._look, known))
            await asyncio.sleep(0.1)

    async def _look(self, session_id: str) -> None:
        where = keys.stage(session_id, self._role)
        owner, epoch = await self._bus.call("HMGET", where, "owner", "epoch")
        if owner is None:
            return
        name, was = owner.decode(), self._owner.get(session_id)
        self._owner[session_id] = name
        if was and was != name and (gone := self._gone.get(was.split("-")[1])):
            self.takeovers.append(Takeover(session_id, name, (int(epoch) - gone) / 1000))


class Memory:
    """Resident memory of processes, by name: MB, sampled twice a second."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.seen: dict[str, list[float]] = {}

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            for name in list(self._service.running):
                self.seen.setdefault(name, []).append(rss_mb(self._service.pid(name)))
            await asyncio.sleep(0.5)


@asynccontextmanager
async def beside(*watching: Awaitable[None]) -> AsyncGenerator[None]:
    """Runs what watches until the block ends."""
    tasks = [asyncio.ensure_future(one) for one in watching]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
