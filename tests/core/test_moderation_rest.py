"""A judge that is away, and waited for, is not asked without end."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from moderation import judging
from moderation.guard.policy import Author
from moderation.judging import FAILURES, Judging
from moderation.model.judge import Judges, Scores
from moderation.policy import ModerationPolicy
from moderation.watch import Ask
from streaming.parts import Target

ASK = Ask(Target(reply=1), ["some words"], [(0, 10)], 10)
REST_S = 0.4


class Away:
    """Fails `times`, then answers."""

    ref = "away@0"

    def __init__(self, times: int) -> None:
        self.times = times
        self.asked: list[float] = []

    async def scores(self, texts: Sequence[str], by: Author = "user") -> list[Scores]:
        self.asked.append(time.monotonic())
        if len(self.asked) <= self.times:
            raise ConnectionError
        return [{} for _ in texts]


async def waits(judge: Away, asks: int, *, holds: bool) -> list[float]:
    """Seconds between one ask and the next, when each is asked again as soon as it failed."""
    asking = Judging(Judges(judge), ModerationPolicy(judge_rest_s=REST_S), time.monotonic, holds=holds)
    nothing: asyncio.Future[list[object]] = asyncio.get_running_loop().create_future()
    for _ in range(asks):
        asking.ask([ASK])
        assert await asking.wait(nothing, 5.0)  # type: ignore[arg-type]
        assert len(asking.answers()) == 1
    await asking.close()
    return [after - before for before, after in zip(judge.asked, judge.asked[1:], strict=False)]


async def test_after_some_failures_it_is_asked_again_only_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judging, "PAUSE_S", 0.0)
    told = await waits(Away(FAILURES + 1), FAILURES + 3, holds=True)
    assert [gap >= REST_S for gap in told] == [False] * (FAILURES - 1) + [True, True, False]


async def test_where_nobody_waits_for_it_no_answer_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "PAUSE_S", 0.0)
    assert max(await waits(Away(9), FAILURES + 2, holds=False)) < REST_S
