"""The desk: who gets the engine's workers, and who is told what went wrong."""

import asyncio
import threading
from collections.abc import Sequence

import numpy as np
import pytest

from asr.channel import Request
from asr.desk import Desk
from asr.mel import Sees
from asr.passes import Aligned, Answer, Question
from tests.scripted import Spelled


def request(final: bool = False) -> Request:
    view = np.zeros((80, 1), np.float32)
    return Request(Question(view, 1, 500, (), (), 0.0, 0.0, 0.0, "en", "en", final), 0, 0)


class Gate:
    """An engine with one worker that runs when it is let."""

    sees: Sees = "mel"
    bands = 80
    words = Spelled()

    def __init__(self) -> None:
        self.open = threading.Event()
        self.fails = False

    def close(self) -> None:
        self.open.set()

    def run(self, batch: Sequence[Question]) -> list[Answer]:
        assert self.open.wait(10)
        if self.fails:
            raise RuntimeError("out of order")
        return [Answer((), Aligned(), "en") for _ in batch]


async def test_finals_go_before_partials_and_the_request_is_made_when_its_turn_comes() -> None:
    gate, made = Gate(), list[str]()
    desk = Desk(gate, 1)

    def make(name: str) -> Request:
        made.append(name)
        return request()

    running = desk.ask(("a", 0), False, 9, lambda: make("a"))
    waiting = [
        desk.ask(("b", 0), False, 5, lambda: make("b")),
        desk.ask(("c", 0), False, 7, lambda: make("c")),
        desk.ask(("d", 0), True, 1, lambda: make("d")),
    ]
    assert made == ["a"]
    gate.open.set()
    await asyncio.gather(running, *waiting)
    assert made == ["a", "d", "c", "b"]
    await desk.close()


async def test_a_channel_stands_in_the_queue_once_and_its_final_replaces_its_partial() -> None:
    gate = Gate()
    desk = Desk(gate, 1)
    running = desk.ask(("a", 0), False, 9, request)
    partial = desk.ask(("b", 0), False, 5, request)
    assert desk.ask(("b", 0), False, 8, request) is partial
    final = desk.ask(("b", 0), True, 9, lambda: request(True))
    assert partial.cancelled()
    gate.open.set()
    answered = await final
    assert answered
    assert answered[0].final
    await running
    await desk.close()


async def test_what_went_wrong_is_told_to_whoever_asked_and_the_others_go_on() -> None:
    gate = Gate()
    desk = Desk(gate, 1)
    running = desk.ask(("a", 0), False, 9, request)

    def broken() -> Request:
        raise ValueError("no such window")

    bad = desk.ask(("b", 0), False, 5, broken)
    good = desk.ask(("c", 0), False, 1, request)
    gate.open.set()
    with pytest.raises(ValueError, match="no such window"):
        await bad
    assert await running
    assert await good
    gate.fails = True
    with pytest.raises(RuntimeError, match="out of order"):
        await desk.ask(("a", 0), False, 1, request)
    await desk.close()


async def test_whoever_has_nothing_to_ask_any_more_gets_no_worker() -> None:
    gate = Gate()
    gate.open.set()
    desk = Desk(gate, 1)
    assert await desk.ask(("a", 0), False, 1, lambda: None) is None
    assert await desk.ask(("a", 0), False, 1, request)
    await desk.close()


async def test_the_partial_of_a_live_session_goes_before_the_final_of_a_recording() -> None:
    gate, made = Gate(), list[str]()
    desk = Desk(gate, 1)

    def make(name: str) -> Request:
        made.append(name)
        return request()

    running = desk.ask(("a", 0), False, 9, lambda: make("a"))
    recording = desk.ask(("b", 0), True, 9, lambda: make("b"), replayed=True)
    live = desk.ask(("c", 0), False, 1, lambda: make("c"))
    gate.open.set()
    await asyncio.gather(running, recording, live)
    assert made == ["a", "c", "b"]
    await desk.close()
