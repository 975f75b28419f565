"""Who is asked whether a speaker is done, how often, and what becomes of it when nobody answers."""

import asyncio
import threading

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor

from asr.endpointing.smart_turn import SPAN, heard
from asr.endpointing.turns import MOST, Pauses, Turns
from asr.rates import FRAME
from streaming.facts import Endpointing
from tests.scripted import Run, cut, script
from tests.speech import join


def test_the_model_hears_whispers_features_of_the_last_8_s_brought_to_one_loudness() -> None:
    for pcm in (join("agent-alreadyon"), join("conf-adminmenu")):
        sound = pcm.astype(np.float32) / np.float32(32_768)
        whole = np.pad(sound[-SPAN:], (max(0, SPAN - len(sound)), 0))
        whole = ((whole - whole.mean()) / np.sqrt(whole.var() + 1e-7)).astype(np.float32)
        reference = FeatureExtractor(chunk_length=8)(whole, padding=0)
        assert heard(sound).shape == (80, 800)
        assert np.abs(heard(sound) - reference[:, :800]).max() < 1e-3


class Slow:
    """A judge that answers when it is let."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked = 0

    def complete(self, sound: object) -> float:
        self.asked += 1
        assert self.go.wait(10)
        return 0.25


def paused(complete: float | None = None) -> Run:
    """A session in the middle of a pause that is to be judged."""
    one = script([(10, 20), (30, 20)])
    run = Run([one], cut([one], [FRAME], {}, set()), Endpointing(semantic=True), lambda _: complete)
    while not run.core.channels[0].pause():
        assert run.read()
    return run


async def test_a_pause_is_asked_about_once_and_its_answer_is_taken_when_it_comes() -> None:
    slow, run = Slow(), paused()
    turns = Turns(slow.complete)
    channel = run.core.channels[0]
    pauses = Pauses([channel], turns)
    for _ in range(3):
        assert pauses.settle() == []
    assert len(pauses.coming) == 1
    slow.go.set()
    await asyncio.wait(pauses.coming)
    pauses.settle()
    assert channel.pause() is None
    assert channel.state.opinion
    assert (channel.state.opinion.complete, slow.asked, pauses.coming) == (0.25, 1, [])
    await turns.close()


async def test_too_many_questions_are_not_asked_and_silence_decides() -> None:
    slow = Slow()
    turns = Turns(slow.complete)
    runs = [paused() for _ in range(MOST + 2)]
    for run in runs:
        Pauses(run.core.channels, turns).settle()
    waiting = [run.core.channels[0].pause() is not None for run in runs]
    assert waiting == [True] * (MOST + 1) + [False]
    slow.go.set()
    await turns.close()


async def test_without_a_judge_silence_decides() -> None:
    run = paused()
    Pauses(run.core.channels, None).settle()
    assert run.core.channels[0].pause() is None


async def test_a_judge_that_fails_leaves_it_to_the_silence() -> None:
    def fail(sound: object) -> float:
        raise ValueError(sound)

    run, turns = paused(), Turns(fail)
    pauses = Pauses(run.core.channels, turns)
    pauses.settle()
    await asyncio.wait(pauses.coming)
    pauses.settle()
    assert run.core.channels[0].pause() is None
    assert run.core.channels[0].state.opinion
    assert run.core.channels[0].state.opinion.complete is None
    await turns.close()
