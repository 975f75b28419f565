"""Questions to a role and their answers, for what is no part of a session.

A question is an entry of the role's stream, which all workers of the role read; whoever deletes it answers it, so it is
answered once at most, and by the one that was free first. The answer goes to the asking process' own stream. Nothing is
kept: what nobody takes is gone after a minute, and who asked has been told before. Both are read along with everything
else that a process follows.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

import msgspec
from msgspec import Struct

from streaming import keys
from streaming.bus import Bus, BusDown, Refused
from streaming.clock import now_ms
from streaming.errors import Fault, Overloaded, ServiceFault

log = logging.getLogger(__name__)

WAITING: Final = 256
"""Questions of a role that may wait for a worker."""
AT_ONCE: Final = 16
"""Questions that a worker has in work; others leave them to their neighbours."""
KEPT_MS: Final = 60_000
ANSWERS: Final = 1_000
"""An asking process' answers are kept up to about so many; it reads them as they come."""

Answer = Callable[[bytes], Awaitable[bytes]]


class _Question(Struct):
    """`until_ms`: wall clock after which nobody waits for the answer."""

    to: str
    number: int
    until_ms: int
    asked: msgspec.Raw


class _Answered(Struct):
    number: int
    told: msgspec.Raw = msgspec.Raw(b"null")
    code: str = ""
    message: str = ""


class Calls:
    """One process' questions. `run` must run for answers to come."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._mine = keys.answers(secrets.token_hex(8))
        self._waiting: dict[int, asyncio.Future[_Answered]] = {}
        self._asked = 0

    async def run(self) -> NoReturn:
        """Until cancelled."""
        feed = self._bus.open({self._mine: "0-0"})
        try:
            while True:
                for entry in await feed.get():
                    answered = msgspec.json.decode(entry.body, type=_Answered)
                    waits = self._waiting.get(answered.number)
                    if waits and not waits.done():
                        waits.set_result(answered)
        finally:
            feed.close()

    async def ask(self, role: str, asked: bytes, seconds: float) -> bytes:
        """What a worker of `role` answers to `asked`; both are JSON.

        Raises:
            Overloaded: too many questions wait, or no answer came within `seconds`.
            ServiceFault: the worker could not answer. BusDown: Redis is away.
        """
        self._asked += 1
        number = self._asked
        question = _Question(self._mine, number, now_ms() + round(seconds * 1000), msgspec.Raw(asked))
        waits = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._bus.run("call", [keys.calls(role)], [WAITING, KEPT_MS, msgspec.json.encode(question)])
            async with asyncio.timeout(seconds):
                answered = await waits
        except Refused:
            raise Overloaded(f"too much waits for the {role}: try again later", retry_after=1) from None
        except TimeoutError:
            told = f"the {role} did not answer within {seconds:g} s: try again later"
            raise Overloaded(told, retry_after=2) from None
        finally:
            del self._waiting[number]
        if answered.code:
            raise ServiceFault(answered.code, answered.message)
        return bytes(answered.told)


async def answering(bus: Bus, role: str, answer: Answer) -> NoReturn:
    """Answer questions to `role` until cancelled."""
    feed = bus.open({keys.calls(role): "0-0"})
    room = asyncio.Semaphore(AT_ONCE)
    try:
        async with asyncio.TaskGroup() as tasks:
            while True:
                for entry in await feed.get():
                    await room.acquire()
                    question = msgspec.json.decode(entry.body, type=_Question)
                    task = tasks.create_task(_answer(bus, (role, entry.id), question, answer))
                    task.add_done_callback(lambda _: room.release())
    finally:
        feed.close()


async def _answer(bus: Bus, which: tuple[str, str], question: _Question, answer: Answer) -> None:
    role, entry = which
    try:
        if not await bus.call("XDEL", keys.calls(role), entry) or now_ms() > question.until_ms:
            return  # somebody else has it, or nobody waits any more
        async with asyncio.timeout(max(0, question.until_ms - now_ms()) / 1000):
            body = msgspec.json.encode(await _told(role, question, answer))
        await bus.together(
            ("XADD", question.to, "MAXLEN", "~", ANSWERS, "*", "e", body), ("PEXPIRE", question.to, KEPT_MS)
        )
    except TimeoutError:
        log.warning("%s: a question took longer than anybody waits", role)
    except BusDown as down:
        log.warning("%s: a question stays unanswered (%s)", role, down.why)


async def _told(role: str, question: _Question, answer: Answer) -> _Answered:
    try:
        return _Answered(question.number, msgspec.Raw(await answer(bytes(question.asked))))
    except Fault as fault:
        return _Answered(question.number, code=fault.code, message=fault.message)
    except Exception as wrong:  # noqa: BLE001 - what went wrong may hold what was asked: the log has its kind alone
        log.error("%s: a question could not be answered (%s)", role, type(wrong).__name__)
        return _Answered(question.number, code="internal", message="something failed on our side: try again")
