"""Hands the engine's workers to the channels that need them most. The shell of `asr.schedule`."""

import asyncio
import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from asr.channel import Request
from asr.passes import Answer
from asr.schedule import Waiting, choose
from asr.transcriber import Transcriber

Key = tuple[str, int]
"""A session and the number of its channel."""

Make = Callable[[], Request | None]


class Ticket(asyncio.Future[tuple[Request, Answer] | None]):
    """A place in the queue, and what came of it; None when nothing was due any more when its turn came."""


class Desk:
    """A channel stands in the queue once; a newer wish of it replaces the older, and its pass is made when its turn
    comes, so that it sees the newest sound. A pass that runs cannot be stopped; its answer may be dropped."""

    def __init__(self, engine: Transcriber, workers: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="whisper")
        self._free = workers
        self._queue: dict[Key, tuple[Waiting, Make, Ticket]] = {}
        self._order = itertools.count()
        self._running: set[asyncio.Task[None]] = set()

    def ask(self, key: Key, final: bool, unheard: int, make: Make, *, replayed: bool = False) -> Ticket:
        """Stand in the queue as `key`; the request is made by `make` when its turn comes."""
        known = self._queue.get(key)
        if known and known[0].final == final:
            waiting, _, place = known
            self._queue[key] = (replace(waiting, unheard=unheard, replayed=replayed), make, place)
            return place
        self.leave(key)
        place = Ticket()
        place.add_done_callback(
            lambda ticket: ticket.cancelled() or ticket.exception()
        )  # nobody may wait for it
        self._queue[key] = (Waiting(key, final, unheard, next(self._order), replayed), make, place)
        self._fill()
        return place

    def leave(self, key: Key) -> None:
        """Stand in the queue no more."""
        left = self._queue.pop(key, None)
        if left:
            left[2].cancel()

    def _fill(self) -> None:
        """Give the free workers away. A place at which nothing is due takes none, and the next one gets its turn."""
        while self._free and self._queue:
            wishes = [waiting for waiting, _, _ in self._queue.values()]
            (waiting,) = choose(wishes, 1, next(self._order))
            _, make, place = self._queue.pop(waiting.key)
            try:
                request = make()
            except Exception as wrong:  # noqa: BLE001 - as below; whoever freed the worker has no part in it
                place.set_exception(wrong)
                continue
            if request is None:
                place.set_result(None)
                continue
            self._free -= 1
            task = asyncio.create_task(self._run(request, place), name=f"pass-{waiting.key[0]}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _run(self, request: Request, place: Ticket) -> None:
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.run_in_executor(self._threads, self._engine.run, [request.question])
        except Exception as wrong:  # noqa: BLE001 - it is the asking session's, and raised there
            if not place.done():
                place.set_exception(wrong)
        else:
            if not place.done():
                place.set_result((request, answers[0]))
        finally:
            self._free += 1
            self._fill()

    async def close(self) -> None:
        """Wait for the passes that run; the queue is empty when nobody is served any more."""
        for key in list(self._queue):
            self.leave(key)
        if self._running:
            await asyncio.wait(self._running)
        self._threads.shutdown()
