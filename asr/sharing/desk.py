"""Hands the engine's workers to the channels that need them most. The shell of `asr.sharing.dispatch`."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeAlias

from asr.sharing.dispatch import Dispatch, Setup
from asr.sharing.ladder import Rung
from asr.sharing.wishes import Batch, Key, Wish
from asr.speaker.channel import Request
from asr.transcriber import Transcriber
from asr.whisper.passes import Answer, Question
from streaming.capacity import Load

Make: TypeAlias = Callable[[], Request | None]
Served: TypeAlias = tuple[Request, Answer]

TICK_S: Final = 0.25


class Ticket(asyncio.Future[Served | None]):
    """A place in the queue, and what came of it; None when nothing was due any more when its turn came."""


class Desk:
    """A channel stands in the queue once; a newer wish of it replaces the older, and its pass is made when its turn
    comes, so that it sees the newest sound. A pass that runs cannot be stopped; its answer may be dropped.

    `draft`: the smaller engine, if there is one. It has the vocabulary of `engine`, and its workers are the same.
    """

    def __init__(
        self,
        setup: Setup,
        engine: Transcriber,
        draft: Transcriber | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine, self._draft = engine, draft or engine
        self.drafts = draft is not None
        self._dispatch = Dispatch(setup)
        self._clock = clock
        self._threads = ThreadPoolExecutor(setup.workers, thread_name_prefix="whisper")
        self._places: dict[Key, tuple[Make, Ticket]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._sessions = 0
        self._ticking: asyncio.TimerHandle | None = None
        self._again: asyncio.TimerHandle | None = None
        self._moved: asyncio.Future[None] | None = None

    # ---- sessions ------------------------------------------------------------------------------------------------

    def enter(self, session: str, tenant: str) -> None:
        """A session of `tenant` is served from now on."""
        self._dispatch.enter(session, tenant, self._clock())
        self._sessions += 1
        if self._sessions == 1:
            self._tick()

    def leave(self, session: str) -> None:
        """It is no more."""
        self._dispatch.leave(session)
        self._sessions -= 1
        if not self._sessions and self._ticking:
            self._ticking.cancel()

    def rung(self, tenant: str) -> Rung:
        """Where the sessions of `tenant` stand on the ladder now."""
        return self._dispatch.rung(tenant)

    @property
    def searches(self) -> bool:
        """Whether there is room to search for what partials add."""
        return self._dispatch.searches

    def moved(self) -> asyncio.Future[None]:
        """Done when somebody stands elsewhere on the ladder."""
        if self._moved is None or self._moved.done():
            self._moved = asyncio.get_running_loop().create_future()
        return self._moved

    def load(self) -> Load:
        """How busy the workers will be with the sessions that are here."""
        return self._dispatch.load(self._clock())

    def _tick(self) -> None:
        if self._dispatch.tick(self._clock()) and self._moved and not self._moved.done():
            self._moved.set_result(None)
        self._ticking = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    # ---- the queue -----------------------------------------------------------------------------------------------

    def ask(self, wish: Wish, make: Make) -> Ticket:
        """Stand in the queue; the request is made by `make` when its turn comes."""
        known = self._places.get(wish.key)
        if known and self._dispatch.replaces(wish):
            place = known[1]
        else:
            self.give_up(wish.key)
            place = Ticket()
            place.add_done_callback(
                lambda ticket: ticket.cancelled() or ticket.exception()
            )  # nobody may wait for it
        self._places[wish.key] = (make, place)
        self._dispatch.ask(wish, self._clock())
        self._fill()
        return place

    def give_up(self, key: Key) -> None:
        """Stand in the queue no more."""
        self._dispatch.give_up(key)
        left = self._places.pop(key, None)
        if left:
            left[1].cancel()

    def _fill(self) -> None:
        """Give the free workers away. Places at which nothing is due take none, and the next ones get their turn."""
        now = self._clock()
        while batch := self._dispatch.take(now):
            asked: list[tuple[Request, Ticket]] = []
            for one in batch.members:
                made = self._made(one.wish.key)
                if made:
                    asked.append(made)
                else:
                    batch = self._dispatch.drop(batch, one.wish.key)
            if asked:
                self._dispatch.begun(batch, now)
                task = asyncio.create_task(self._run(batch, asked), name=f"passes-{batch.number}")
                self._running.add(task)
                task.add_done_callback(self._running.discard)
        if self._again:
            self._again.cancel()
        if self._dispatch.again is not None:
            wait_s = max(0.0, self._dispatch.again - now)
            self._again = asyncio.get_running_loop().call_later(wait_s, self._fill)

    def _made(self, key: Key) -> tuple[Request, Ticket] | None:
        """The request of a place whose turn has come, if there is still one to make."""
        make, place = self._places.pop(key)
        try:
            request = make()
        except Exception as wrong:  # noqa: BLE001 - the asking session's own; whoever freed the worker has no part in it
            place.set_exception(wrong)
            return None
        if request is None:
            place.set_result(None)
            return None
        return request, place

    async def _run(self, batch: Batch, asked: Sequence[tuple[Request, Ticket]]) -> None:
        engine = self._draft if batch.wish.draft else self._engine
        questions = [request.question for request, _ in asked]
        began = self._clock()
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._threads, answered, engine, questions)
        for (request, place), answer in zip(asked, answers, strict=True):
            if place.done():
                continue
            if isinstance(answer, Exception):
                place.set_exception(answer)
            else:
                place.set_result((request, answer))
        now = self._clock()
        self._dispatch.done(batch, now - began, now)
        self._fill()

    async def close(self) -> None:
        """Wait for the passes that run; the queue is empty when nobody is served any more."""
        for key in list(self._places):
            self.give_up(key)
        if self._running:
            await asyncio.wait(self._running)
        for timer in (self._ticking, self._again):
            if timer:
                timer.cancel()
        self._threads.shutdown()


def answered(engine: Transcriber, questions: Sequence[Question]) -> list[Answer | Exception]:
    """The answers, or what went wrong with each: a question that cannot be answered takes no other one down."""
    try:
        found = engine.run(questions)
        if len(found) != len(questions):
            raise RuntimeError(f"{len(found)} answers to {len(questions)} questions")
        return [*found]
    except Exception as wrong:  # noqa: BLE001 - it is raised where it was asked
        if len(questions) == 1:
            return [wrong]
        return [one for question in questions for one in answered(engine, [question])]
