"""Between the scribe of one session and the judge that all sessions share: asks go out, answers or their absence come
back. A thin shell."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from moderation.model.judge import Judges
from moderation.policy import ModerationPolicy
from moderation.watch import Answer, Ask, Conduct
from streaming.facts import SessionConfig
from streaming.feed import Entry

log = logging.getLogger(__name__)
PAUSE_S: Final = 0.25
"""At least so long until a judge that failed is asked again."""
FAILURES: Final = 3
"""Of a judge, one after the other: then what waits for it asks again only after `judge_rest_s`."""


def conduct(policy: ModerationPolicy, config: SessionConfig, judges: Judges) -> Conduct:
    """How this session is moderated."""
    return Conduct(
        mode=config.moderation,
        judge=judges.judge.ref if judges.judge else "",
        thresholds=policy.levels(config.tenant),
        away=policy.judge_away,
        said=policy.said,
        after=judges.after.ref if judges.after else "",
    )


class Judging:
    """What judges are asked about one session: each one ask for each target at a time, so no more than a few."""

    def __init__(
        self, judges: Judges, policy: ModerationPolicy, clock: Callable[[], float], *, holds: bool = False
    ) -> None:
        """`holds`: what was not answered is asked again, so a judge that is away is given a rest."""
        self._holds = holds
        self._failed = 0
        self._rests_until = 0.0
        self._judges = judges
        self._policy = policy
        self._clock = clock
        self._tasks: dict[asyncio.Task[Answer], Ask] = {}

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._tasks)

    def ask(self, asks: Sequence[Ask]) -> None:
        """Ask; the answers come later."""
        for ask in asks:
            self._tasks[asyncio.create_task(self._answer(ask))] = ask

    async def wait(self, other: asyncio.Future[list[Entry]], patience_s: float | None) -> bool:
        """Until there is an answer, or `other` is done; False when neither is after `patience_s`."""
        done, _ = await asyncio.wait(
            [other, *self._tasks], timeout=patience_s, return_when=asyncio.FIRST_COMPLETED
        )
        return bool(done)

    def answers(self) -> list[tuple[Ask, Answer]]:
        """The answers that have come, each once."""
        done = [task for task in self._tasks if task.done()]
        return [(self._tasks.pop(task), task.result()) for task in done]

    async def close(self) -> None:
        """Nobody waits for answers any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = {}

    async def _answer(self, ask: Ask) -> Answer:
        judge = self._judges.after if ask.after else self._judges.judge
        timeout_s = self._policy.guard.timeout_s if ask.after else self._policy.judge_timeout_s
        assert judge, "nothing is asked without a judge"
        if self._holds and not ask.after:
            await asyncio.sleep(max(0.0, self._rests_until - self._clock()))
        since = self._clock()
        scores: list[dict[str, float]] | None = None
        try:
            async with asyncio.timeout(timeout_s):
                scores = await judge.scores(ask.texts, ask.by)
        except TimeoutError:
            log.warning("the judge did not answer in %.1f s", timeout_s)
        except Exception as wrong:  # noqa: BLE001 - whatever a judge does, moderation goes on by its policy
            log.warning("the judge failed: %s", type(wrong).__name__)
            await asyncio.sleep(PAUSE_S)
        if scores is not None and len(scores) != len(ask.texts):
            log.error("the judge answered %d of %d texts", len(scores), len(ask.texts))
            scores = None
        if not ask.after:
            self._counted(failed=scores is None)
        return Answer(scores, round((self._clock() - since) * 1000, 3))

    def _counted(self, *, failed: bool) -> None:
        self._failed = self._failed + 1 if failed else 0
        rest_s = self._policy.judge_rest_s if self._failed >= FAILURES else 0.0
        self._rests_until = self._clock() + rest_s
