"""Pauses are put before a model that hears whether the speaker is done: off the event loop, for all sessions of a
worker."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from asr.endpointing.endpoint import Opinion
from asr.hearing.sound import Float32
from asr.speaker.channel import Channel
from streaming.facts import Heard

log = logging.getLogger(__name__)

MOST: Final = 4
"""Questions that wait. One more is not asked, and silence decides: an answer that takes longer is worth nothing."""


class Turns:
    """Asks one thing at a time, so that it takes no more than one core from the recogniser."""

    def __init__(self, complete: Callable[[Float32], float]) -> None:
        self._complete = complete
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="turn")
        self._waiting = 0

    def ask(self, sound: Float32) -> asyncio.Future[float | None] | None:
        """The probability that a turn is complete whose end is `sound`, when it is known; None: too many wait."""
        if self._waiting > MOST:
            return None
        self._waiting += 1
        asked = asyncio.get_running_loop().run_in_executor(self._thread, self._answer, sound)
        asked.add_done_callback(self._answered)
        return asked

    def _answered(self, _: object) -> None:
        self._waiting -= 1

    def _answer(self, sound: Float32) -> float | None:
        try:
            return self._complete(sound)
        except Exception:
            log.exception("a pause could not be judged: silence decides")
            return None

    async def close(self) -> None:
        """Wait for the question under way."""
        await asyncio.to_thread(self._thread.shutdown)


class Pauses:
    """The pauses of one session's channels, and what is thought of them. Without `turns` nobody knows."""

    def __init__(self, channels: Sequence[Channel], turns: Turns | None) -> None:
        self._channels = channels
        self._turns = turns
        self._asked: dict[int, tuple[Opinion, asyncio.Future[float | None]]] = {}

    @property
    def coming(self) -> list[asyncio.Future[float | None]]:
        """Opinions that are not known yet."""
        return [asked for _, asked in self._asked.values()]

    def settle(self) -> list[Heard]:
        """Take what is known, ask what is not."""
        facts: list[Heard] = []
        for channel in self._channels:
            opinion, asked = self._asked.get(channel.number, (None, None))
            if opinion and asked and asked.done():
                del self._asked[channel.number]
                facts += channel.sounds(opinion, asked.result())
            while (pause := channel.pause()) and not self._ask(channel.number, pause.opinion, pause.sound):
                facts += channel.sounds(pause.opinion, None)
        return facts

    def _ask(self, number: int, opinion: Opinion, sound: Float32) -> bool:
        """Whether an answer will come. An older question of the channel is not waited for any more."""
        if number in self._asked and self._asked[number][0] == opinion:
            return True
        asked = self._turns.ask(sound) if self._turns else None
        if asked is None:
            return False
        self._asked[number] = (opinion, asked)
        return True
