"""The running summary of one session: made while no reply is, kept in memory alone, made anew from the log after a
restart. A thin shell around `llm.earlier`."""

import asyncio
import logging

from llm.answering import Service, remembered
from llm.asking import aside
from llm.desk import Desk
from llm.earlier import NOTHING, asking, due, grown, holds, tokens
from llm.history import History, Turn, estimate
from llm.making import whole
from streaming.errors import ServiceFault

log = logging.getLogger(__name__)


class Recalling:
    """Sums up what has fallen out of the window of `history`."""

    def __init__(self, service: Service, desk: Desk, history: History) -> None:
        self._service = service
        self._desk = desk
        self._history = history
        self._budget = remembered(service.policy, desk)
        self._summary = NOTHING
        self._making: asyncio.Task[None] | None = None
        self._seen = -1
        self._failed = 0

    def earlier(self) -> str:
        """What there is to tell beside the newest turns; "": nothing."""
        self._check()
        return self._summary.text

    def leave(self) -> None:
        """Make nothing any more, for now: a reply is wanted, or the session is over."""
        if self._making:
            self._making.cancel()
            self._making, self._seen = None, -1

    def follow(self, group: asyncio.TaskGroup) -> None:
        """No reply is under way: drop what a verdict changed, and sum up what there is."""
        if self._history.changes == self._seen or not self._service.policy.summary:
            return
        self._seen = self._history.changes
        self._check()
        if (self._making is None or self._making.done()) and self._due():
            self._making = group.create_task(self._make(), name="responder-summary")

    def _check(self) -> None:
        if not holds(self._summary, self._history.so_far()):
            self._summary = NOTHING

    def _due(self) -> list[Turn]:
        found = due(self._summary, self._history.so_far(), self._budget, estimate)
        return found if found and found[-1].number > self._failed else []

    async def _make(self) -> None:
        """Until all is in it: of a log that was long already, piece by piece."""
        while found := self._due():
            try:
                await self._take_in(found)
            except ServiceFault as fault:
                log.warning("no summary was made: %s", fault.code, extra=self._extra)
            except Exception as wrong:  # noqa: BLE001 - replies are made without it, and its message may hold words
                log.error("no summary was made: %s", type(wrong).__name__, extra=self._extra)
            else:
                continue
            self._failed = found[-1].number  # and not tried again before more has fallen out
            return

    async def _take_in(self, turns: list[Turn]) -> None:
        before, size = self._summary, tokens(self._budget)
        prompt, config = self._desk.summary.text, self._desk.config
        room = self._service.policy.context - size
        taken, chat = asking(prompt, before, turns, room, estimate)
        text = (await whole(self._service.engine, aside(config, chat, max(1, size)))).text
        # What changed in the meantime is found by whoever asks next: it covers the texts that were read.
        self._summary = grown(before, text, turns[:taken], self._budget // 4, estimate)
        self._check()

    @property
    def _extra(self) -> dict[str, str]:
        return {"sid": self._desk.config.session_id}
