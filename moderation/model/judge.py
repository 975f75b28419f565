"""Scores by model for all sessions of a process: what waits within 5 ms is one batch, in a thread of its own.

An owner asks for what is due (windows.py) and again only when the answer is there: so the newest windows of a session
take the place of older ones by themselves, and as many texts wait as there are sessions, times the few that a burst of
text makes. More than `waiting` are refused, and the mode of moderation says what that means.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol, runtime_checkable

from msgspec import Struct

from moderation.guard.policy import Author
from moderation.model.heads import Heads, Vectors, read_as
from streaming.errors import Overloaded

Scores = dict[str, float]


class Judge(Protocol):
    """Tells for each text how likely each category is. `ref`: what stands in `made_by`."""

    @property
    def ref(self) -> str:
        """Name and hash of what judges."""
        ...

    async def scores(self, texts: Sequence[str], by: Author = "user") -> list[Scores]:
        """From 0 to 1 for each category that it knows, in the order of the texts, which all are of one author.

        Raises:
            Overloaded: too many wait.
            ServiceFault: it cannot judge now.
        """
        ...


class Judges(NamedTuple):
    """Who judges behind the rules: `judge` as the mode wants it, `after` once more what was shown. None: nobody."""

    judge: Judge | None = None
    after: Judge | None = None


@runtime_checkable
class Closing(Protocol):
    """A judge that holds a thread or connections."""

    async def close(self) -> None:
        """Let them go."""
        ...


class DeskPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """A batch closes after `wait_ms` or at `most` texts; `waiting` texts at most wait for one."""

    wait_ms: float = 5.0
    most: int = 16
    waiting: int = 512


class _Asked(NamedTuple):
    texts: Sequence[str]
    since: float
    done: "asyncio.Future[list[Scores]]"


class HeadJudge:
    """A `Judge` on this machine: a sentence embedding and heads on it. One event loop; `close` when done."""

    def __init__(
        self,
        embed: Callable[[Sequence[str]], Vectors],
        heads: Heads,
        policy: DeskPolicy | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`embed`: vectors (texts, 384), normalised; it runs in this judge's thread, one call at a time."""
        self._embed = embed
        self._heads = heads
        self._policy = policy or DeskPolicy()
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="moderation-heads")
        self._waiting: deque[_Asked] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._running: asyncio.Future[list[Scores]] | None = None
        self.took_ms: deque[float] = deque(maxlen=512)
        """How long the last answers took, from being asked on."""
        self.batches: deque[int] = deque(maxlen=512)
        """How many texts the last batches had."""

    @property
    def ref(self) -> str:
        """Name and hash of the heads."""
        return self._heads.ref

    @property
    def heads(self) -> Heads:
        """The heads in use."""
        return self._heads

    async def scores(self, texts: Sequence[str], by: Author = "user") -> list[Scores]:
        """See `Judge`: to heads it is all one who wrote it. Raises Overloaded, and whatever the model failed with."""
        if not texts:
            return []
        if self._size() + len(texts) > self._policy.waiting:
            raise Overloaded("Too many texts wait to be judged.", retry_after=1.0)
        asked = _Asked(texts, self._clock(), asyncio.get_running_loop().create_future())
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
        batch: list[_Asked] = []
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
        self._running = asyncio.get_running_loop().run_in_executor(self._thread, self._judge, texts)
        self._running.add_done_callback(lambda made: self._answer(batch, made))

    def _judge(self, texts: Sequence[str]) -> list[Scores]:
        """In the thread."""
        read = [read_as(text) for text in texts]
        return self._heads.scores(read, self._embed(read))

    def _answer(self, batch: Sequence[_Asked], made: "asyncio.Future[list[Scores]]") -> None:
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
                self.took_ms.append((self._clock() - asked.since) * 1000)
            place = end
        self._soon()
