"""Texts of all sessions of a process before one model: what waits within 5 ms is one batch, in a thread of its own."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

from msgspec import Struct

from streaming.errors import Overloaded

A = TypeVar("A")


class DeskPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A batch closes after `wait_ms` or at `most` texts; `waiting` texts at most wait for one."""

    wait_ms: float = 5.0
    most: int = 16
    waiting: int = 512


class _Asked(NamedTuple, Generic[A]):
    texts: Sequence[str]
    done: "asyncio.Future[list[A]]"


class Desk(Generic[A]):
    """Puts texts that wait together, and gives everybody the answers to their own. One event loop; `close` when
    done."""

    def __init__(
        self, answer: Callable[[Sequence[str]], list[A]], thread: str, policy: DeskPolicy | None = None
    ) -> None:
        """`answer`: an answer for each text; it runs in the thread of that name, one call at a time."""
        self._answers = answer
        self._policy = policy or DeskPolicy()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=thread)
        self._waiting: deque[_Asked[A]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Future[list[A]] | None = None
        self.batches: deque[int] = deque(maxlen=512)
        """How many texts the last batches had."""

    async def ask(self, texts: Sequence[str]) -> list[A]:
        """The answers, in the order of the texts. Raises Overloaded, and whatever the model failed with."""
        if not texts:
            return []
        if self._size() + len(texts) > self._policy.waiting:
            raise Overloaded("Too many texts wait to be judged.", retry_after=1.0)
        asked = _Asked[A](texts, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        self._soon()
        return await asked.done

    async def close(self) -> None:
        """Nobody is waited for any more; returns when the thread is done."""
        if self._timer:
            self._timer.cancel()
        for asked in self._waiting:
            asked.done.cancel()
        self._waiting.clear()
        await asyncio.to_thread(self._thread.shutdown)

    # ---- batches -------------------------------------------------------------------------------------------

    def _size(self) -> int:
        return sum(len(asked.texts) for asked in self._waiting)

    def _soon(self) -> None:
        """A batch that is full begins now, another in a while; none while one is in work."""
        if self._running or not self._waiting:
            return
        if self._size() >= self._policy.most:
            self._round()
        elif not self._timer:
            wait = self._policy.wait_ms / 1000
            self._timer = asyncio.get_running_loop().call_later(wait, self._round)

    def _round(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = None
        batch: list[_Asked[A]] = []
        size = 0
        while self._waiting and (not batch or size + len(self._waiting[0].texts) <= self._policy.most):
            asked = self._waiting.popleft()
            if not asked.done.done():  # cancelled: nobody wants to know
                batch.append(asked)
                size += len(asked.texts)
        if not batch:
            return
        texts = [text for asked in batch for text in asked.texts]
        self.batches.append(len(texts))
        self._running = asyncio.get_running_loop().run_in_executor(self._thread, self._answers, texts)
        self._running.add_done_callback(lambda made: self._answer(batch, made))

    def _answer(self, batch: Sequence[_Asked[A]], made: "asyncio.Future[list[A]]") -> None:
        self._running = None
        wrong = None if made.cancelled() else made.exception()
        place = 0
        for asked in batch:
            end = place + len(asked.texts)
            if asked.done.done():
                pass
            elif made.cancelled():
                asked.done.cancel()
            elif wrong:
                asked.done.set_exception(wrong)
            else:
                asked.done.set_result(made.result()[place:end])
            place = end
        self._soon()
