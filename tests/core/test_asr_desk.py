"""The desk: who gets the engine's workers, who is told what went wrong, and who hears of the ladder."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from asr.hearing.mel import Sees
from asr.sharing.costs import Costs
from asr.sharing.desk import Desk, Ticket
from asr.sharing.dispatch import Setup
from asr.sharing.ladder import LadderPolicy
from asr.sharing.wishes import Wish
from asr.speaker.channel import Request
from asr.whisper.passes import Aligned, Answer, Question
from tests.scripted import Spelled


def request(final: bool = False) -> Request:
    view = np.zeros((80, 100), np.float32)
    return Request(Question(view, 100, 500, (), (), 0.0, 0.0, 1.0, "en", "en", final), 0, 0)


class Gate:
    """An engine that runs when it is let, and fails at questions with so many frames."""

    sees: Sees = "mel"
    bands, words = 80, Spelled()

    def __init__(self) -> None:
        self.open = threading.Event()
        self.fails = 0
        self.batches: list[int] = []

    def run(self, batch: Sequence[Question]) -> list[Answer]:
        assert self.open.wait(10)
        self.batches.append(len(batch))
        if any(question.frames == self.fails for question in batch):
            raise RuntimeError("out of order")
        return [Answer((), Aligned(), "en") for _ in batch]

    def close(self) -> None:
        pass


def desk_of(gate: Any, batch: int = 1, draft: Any = None) -> Desk:
    return Desk(Setup(Costs(batch=batch), 1, draft=draft is not None), gate, draft)


class Asking:
    """Asks a desk, and notes whose request was made."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.made: list[str] = []

    def __call__(self, name: str, unheard_s: float = 0.4, final: bool = False, **more: Any) -> Ticket:
        def make() -> Request:
            self.made.append(name)
            return request(final)

        made: Callable[[], Request | None] = more.pop("make", make)
        return self.desk.ask(Wish((name, 0), more.pop("tenant", "t"), final, unheard_s, 6.0, **more), made)


async def test_finals_go_before_partials_and_the_request_is_made_when_its_turn_comes() -> None:
    gate = Gate()
    desk = desk_of(gate)
    ask = Asking(desk)
    running = ask("a")
    waiting = [ask("b", 0.5), ask("c", 0.7), ask("d", 0.1, final=True)]
    assert ask.made == ["a"]
    gate.open.set()
    await asyncio.gather(running, *waiting)
    assert ask.made == ["a", "d", "c", "b"]
    await desk.close()


async def test_a_channel_stands_in_the_queue_once_and_its_final_replaces_its_partial() -> None:
    gate = Gate()
    desk = desk_of(gate)
    ask = Asking(desk)
    running = ask("a")
    partial = ask("b", 0.5)
    assert ask("b", 0.8) is partial
    final = ask("b", 0.9, final=True)
    assert partial.cancelled()
    gate.open.set()
    answered = await final
    assert answered
    assert answered[0].final
    await running
    assert ask.made == ["a", "b"]
    await desk.close()


async def test_what_went_wrong_is_told_to_whoever_asked_and_the_others_go_on() -> None:
    gate = Gate()
    desk = desk_of(gate)
    ask = Asking(desk)
    running = ask("a")

    def broken() -> Request:
        raise ValueError("no such window")

    bad = ask("b", 0.9, make=broken)
    good = ask("c")
    gate.open.set()
    with pytest.raises(ValueError, match="no such window"):
        await bad
    assert await running
    assert await good
    gate.fails = 500
    with pytest.raises(RuntimeError, match="out of order"):
        await ask("a")
    await desk.close()


async def test_windows_are_gathered_and_one_that_cannot_be_answered_takes_no_other_one_down() -> None:
    gate = Gate()
    gate.open.set()
    gate.fails = 501
    desk = desk_of(gate, batch=3)
    ask = Asking(desk)

    def odd() -> Request:
        made = request()
        return made._replace(question=replace(made.question, frames=501))

    good, bad, late = ask("a", 0.2), ask("b", 0.2, make=odd), ask("c", 0.2)
    with pytest.raises(RuntimeError, match="out of order"):
        await bad
    assert await good
    assert await late
    assert gate.batches == [3, 1, 1, 1]
    alone = ask("d", 0.2)
    assert await asyncio.wait_for(alone, 1)  # and nobody waits for a batch to fill for long
    await desk.close()


async def test_whoever_has_nothing_to_ask_any_more_gets_no_worker() -> None:
    gate = Gate()
    gate.open.set()
    desk = desk_of(gate)
    ask = Asking(desk)
    assert await ask("a", make=lambda: None) is None
    assert await ask("a")
    await desk.close()


async def test_the_partial_of_a_live_session_goes_before_the_final_of_a_recording() -> None:
    gate = Gate()
    desk = desk_of(gate)
    ask = Asking(desk)
    running = ask("a")
    recording = ask("b", 9.0, final=True, replayed=True)
    live = ask("c")
    gate.open.set()
    await asyncio.gather(running, recording, live)
    assert ask.made == ["a", "c", "b"]
    await desk.close()


async def test_those_who_listen_are_woken_when_the_ladder_is_stepped_on_and_then_the_smaller_engine_helps() -> (
    None
):
    gate, small = Gate(), Gate()
    gate.open.set()
    small.open.set()
    never_in_time = LadderPolicy(late_s=0.0, down_s=0.0)
    desk = Desk(Setup(Costs(), 1, draft=True, ladder=never_in_time), gate, small)
    ask = Asking(desk)
    moved, steps = desk.moved(), ["full"]
    desk.enter("a", "t")
    while steps[-1] != "draft":
        await asyncio.wait_for(moved, 2)
        moved = desk.moved()
        steps.append(desk.rung("t").step)
    assert steps == ["full", "slower", "slowest", "draft"]
    assert await ask("a")
    assert await ask("a", final=True)
    assert await ask("a", 9.0, replayed=True)
    assert (len(small.batches), len(gate.batches)) == (1, 2)
    assert desk.load().step == "draft"
    desk.leave("a")
    assert desk.rung("t").step == "full", "nobody is left for whom it was so"
    await desk.close()


async def test_an_engine_that_answers_too_little_is_an_error_and_its_worker_goes_on() -> None:
    class Mute(Gate):
        def run(self, batch: Sequence[Question]) -> list[Answer]:
            return []

    desk = desk_of(Mute(), batch=2)
    ask = Asking(desk)
    for name in ("a", "b"):
        with pytest.raises(RuntimeError, match="0 answers to 1 question"):
            await asyncio.wait_for(ask(name), 5)
    await desk.close()
