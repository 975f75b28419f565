"""What the bench of moderation says of a reply: first words that are held, unsafe ones that are taken back."""

import asyncio
from collections.abc import Sequence

import pytest

from moderation.guard.policy import Author
from streaming.bench import moderation_turn
from streaming.bench.moderation_turn import costs
from tests.judging import FORBIDDEN, PhraseJudge
from tests.screening import SCREEN

SAFE = "this is what the weather will be like tomorrow, and so on until the end of the week"
UNSAFE = (
    f"listen to this for it is what happens then, {FORBIDDEN} over them all, and then it goes on for a while"
)
LATE_S = 0.08


class Slow(PhraseJudge):
    """Takes its time."""

    async def scores(self, texts: Sequence[str], by: Author = "user") -> list[dict[str, float]]:
        await asyncio.sleep(LATE_S)
        return await super().scores(texts, by)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words come faster than the judge answers."""
    monkeypatch.setattr(moderation_turn, "WORD_S", 0.005)


async def test_in_hold_the_first_word_waits_for_the_judge() -> None:
    told = await costs(SCREEN, Slow(), "hold", [SAFE, SAFE])
    assert len(told.first) == 2
    assert min(told.first) >= 1000 * LATE_S
    assert all(1000 * LATE_S <= one < 1000 * LATE_S * 6 for one in (*told.release, *told.verdict))
    assert told.retract == []


async def test_in_stream_first_unsafe_words_stand_until_the_judge_has_answered() -> None:
    told = await costs(SCREEN, Slow(), "stream_first", [UNSAFE, SAFE])
    assert max(told.first) < 1000 * LATE_S
    assert len(told.retract) == 1
    assert told.retract[0] >= 900 * LATE_S
