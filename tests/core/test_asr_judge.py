"""The judge: what a session is told does not depend on who else waits."""

import asyncio

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr.hearing.judge import Judge
from asr.hearing.sound import Float32


class Summing:
    """A VAD whose memory is the sum of what it heard; `calls` are the streams of each call."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.fails = False

    def fresh(self, streams: int) -> Float32:
        return np.zeros((2, streams, 128), np.float32)

    def judge(self, frames: Float32, memory: Float32) -> tuple[Float32, Float32]:
        if self.fails:
            raise RuntimeError("out of order")
        self.calls.append(len(frames))
        after = memory + frames[:, 64:65][None]
        return after[0, :, 0], after


def frames(streams: int, *values: int) -> list[Float32]:
    return [np.full((streams, 576), value, np.float32) for value in values]


Sessions = st.lists(st.tuples(st.integers(1, 3), st.lists(st.integers(0, 9), max_size=6)), max_size=6)


@given(Sessions, st.lists(st.integers(0, 4), min_size=6, max_size=6))
def test_each_session_is_told_what_it_would_be_told_alone(
    sessions: list[tuple[int, list[int]]], turns: list[int]
) -> None:
    async def one(judge: Judge, streams: int, values: list[int], wait: int) -> None:
        for _ in range(wait):
            await asyncio.sleep(0)
        chances, memory = await judge.judge(frames(streams, *values), judge.fresh(streams))
        assert [list(chance) for chance in chances] == [
            [sum(values[: n + 1])] * streams for n in range(len(values))
        ]
        assert memory.shape == (2, streams, 128)
        assert (memory == sum(values)).all()

    async def all_of() -> None:
        judge = Judge(Summing())
        waits = [one(judge, *session, wait) for session, wait in zip(sessions, turns, strict=False)]
        await asyncio.gather(*waits)

    asyncio.run(all_of())


async def test_those_who_wait_in_the_same_turn_are_judged_in_one_call() -> None:
    vad = Summing()
    judge = Judge(vad)
    waits = [judge.judge(frames(1 + n % 2, *range(3 - n % 3)), judge.fresh(1 + n % 2)) for n in range(4)]
    await asyncio.gather(*waits)
    assert vad.calls == [6, 5, 3]  # 1 + 2 + 1 + 2 streams; then those with a second frame, and with a third


async def test_others_may_run_between_the_frames_of_a_long_recording() -> None:
    vad = Summing()
    judge = Judge(vad)
    long = asyncio.ensure_future(judge.judge(frames(1, *[1] * 500), judge.fresh(1)))
    await asyncio.sleep(0)
    chances, _ = await judge.judge(frames(1, 7), judge.fresh(1))
    assert chances[0][0] == 7
    assert not long.done()
    assert len((await long)[0]) == 500


async def test_a_session_that_has_gone_holds_nobody_up() -> None:
    vad = Summing()
    judge = Judge(vad)
    gone = asyncio.ensure_future(judge.judge(frames(1, 1, 1, 1), judge.fresh(1)))
    stays = asyncio.ensure_future(judge.judge(frames(1, 2, 2, 2), judge.fresh(1)))
    await asyncio.sleep(0)
    gone.cancel()
    chances, _ = await stays
    assert [float(chance[0]) for chance in chances] == [2, 4, 6]
    assert sum(vad.calls) < 6


async def test_what_went_wrong_is_told_to_all_who_waited_and_the_next_are_judged() -> None:
    vad = Summing()
    judge, vad.fails = Judge(vad), True
    waits = [judge.judge(frames(1, 1), judge.fresh(1)) for _ in range(2)]
    for told in await asyncio.gather(*waits, return_exceptions=True):
        assert isinstance(told, RuntimeError)
    vad.fails = False
    assert (await judge.judge(frames(1, 3), judge.fresh(1)))[0][0][0] == 3
