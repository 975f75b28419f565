"""A judge that is away, over a real Redis: settings and mode say which sessions give it a rest."""

import asyncio
import time
from collections.abc import Sequence
from itertools import pairwise

import pytest

from moderation import judging
from moderation.guard.policy import Author
from moderation.judging import FAILURES
from moderation.model.judge import Judges, Scores
from moderation.policy import ModerationPolicy
from moderation.worker import Moderator
from streaming.bus import Bus
from streaming.events import Event, Moderation, ModerationVerdict
from tests.gateway import eventually
from tests.integration.moderator_session import END, NO_MORE, log, put, serving, session, typed

REST_S = 0.4


class Away:
    """Never answers."""

    ref = "away@0"

    def __init__(self) -> None:
        self.asked: list[float] = []

    async def scores(self, texts: Sequence[str], by: Author = "user") -> list[Scores]:
        self.asked.append(time.monotonic())
        raise ConnectionError


def unjudged(events: Sequence[Event]) -> int:
    """How many verdicts say that nobody judged."""
    return sum(isinstance(one, ModerationVerdict) and "unjudged" in one.categories for one in events)


@pytest.mark.parametrize(
    ("away", "moderation", "rests"),
    [
        ("hold", "hold", True),
        ("hold", "block_all", True),
        ("hold", "stream_first", False),
        ("block", "hold", False),
    ],
)
async def test_a_judge_that_is_away_has_a_rest_only_where_text_waits_for_it(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, away: str, moderation: Moderation, rests: bool
) -> None:
    monkeypatch.setattr(judging, "PAUSE_S", 0.0)
    judge = Away()
    policy = ModerationPolicy(judge_rest_s=REST_S, judge_away=away, end_timeout_s=1.0)  # type: ignore[arg-type]
    moderator = Moderator(policy, Judges(judge))
    await moderator.start()
    await session(bus, moderation=moderation)
    task = await serving(bus, moderator)
    for count in range(1, FAILURES + 2):
        await put(bus, [typed(f"these are some words, number {count}")])
        events = await eventually(lambda: log(bus), lambda events, count=count: unjudged(events) == count)
        assert unjudged(events) == count
    await put(bus, [END, NO_MORE])
    await asyncio.wait_for(task, 10)
    gaps = [after - before for before, after in pairwise(judge.asked)]
    assert [gap >= REST_S for gap in gaps] == [False] * (FAILURES - 1) + [rests]
