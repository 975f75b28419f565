"""What stands before the models, by numpy and ONNX Runtime and by PyTorch: the same for the same sound.

PyTorch comes with the extra `gpu` only; where it is not installed, its cases are skipped.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from asr.hearing.front import Front, NumpyFront
from asr.hearing.judge import Vad
from asr.hearing.mel import features, power, view
from asr.hearing.silero import Silero
from asr.hearing.sound import Float32, Sound
from asr.rates import CONTEXT, FRAME, HOP
from streaming.machine import models
from tests import speech

BANDS = 80


def torch_front() -> Any:
    pytest.importorskip("torch", reason="the extra `gpu` is not installed")
    from asr.hearing import torch_front

    return torch_front


FRONTS: dict[str, Callable[[], Front]] = {
    "numpy": NumpyFront,
    "torch": lambda: torch_front().TorchFront("cpu", BANDS),
}
VADS: dict[str, Callable[[], Vad]] = {
    "onnx": lambda: Silero(models.path("silero-vad")),
    "torch": lambda: torch_front().TorchSilero(models.path("silero-vad"), "cpu"),
}


@pytest.fixture(params=FRONTS)
def front(request: pytest.FixtureRequest) -> Front:
    return FRONTS[request.param]()


@pytest.fixture(params=VADS)
def vad(request: pytest.FixtureRequest) -> Vad:
    return VADS[request.param]()


def heard(*parts: str | float) -> Sound:
    sound = Sound()
    sound.append(speech.join(*parts))
    return sound


def expected(sound: Sound, first: int, last: int, frames: int) -> Float32:
    """By the definition: the log-mel of the whole window, then cut and padded."""
    whole = power(sound.cut(first * HOP - 200, (last - 1) * HOP + 200), BANDS)
    return features(whole, frames)


def test_features_of_real_speech_are_what_the_model_was_trained_on(front: Front) -> None:
    windows = [
        (heard(0.3, "agent-alreadyon"), 0, 400),
        (heard("agent-pass", 0.5), 31, 200),
        (heard(1.0), 0, 7),
    ]
    shown = [_view(front, sound, first, last) for sound, first, last in windows]
    made = np.asarray(front.features(shown, 500))
    assert made.shape == (3, BANDS, 500)
    assert made.dtype == np.float32
    for row, (sound, first, last) in zip(made, windows, strict=True):
        assert np.abs(row - expected(sound, first, last, 500)).max() < 1e-4


def test_a_window_may_be_as_long_as_what_is_asked_for(front: Front) -> None:
    sound = heard(0.3, "agent-alreadyon")
    full = np.asarray(front.features([_view(front, sound, 0, 300)], 300))
    assert np.abs(full[0] - expected(sound, 0, 300, 300)).max() < 1e-4
    over = np.asarray(front.features([_view(front, sound, 0, 400)], 300))
    assert over.shape == (1, BANDS, 300)


def test_the_same_window_alone_and_among_others_has_the_same_features(front: Front) -> None:
    sound, other = heard(0.3, "agent-pass"), heard("vm-goodbye", 0.2)
    one = _view(front, sound, 5, 150)
    alone = np.asarray(front.features([one], 500))[0]
    among = np.asarray(front.features([_view(front, other, 0, 90), one], 500))[1]
    assert np.abs(alone - among).max() < 1e-6


def _view(front: Front, sound: Sound, first: int, last: int) -> Float32:
    return view(front.sees, BANDS, first).until(sound, last)


def frames(sound: Sound) -> list[Float32]:
    begins = range(0, sound.end - FRAME + 1, FRAME)
    return [sound.cut(at - CONTEXT, at + FRAME) for at in begins]


def test_voice_is_told_from_silence(vad: Vad) -> None:
    memory, chances = vad.fresh(1), list[float]()
    for frame in frames(heard(1.0, "agent-alreadyon", 1.5)):
        chance, memory = vad.judge(frame[None], memory)
        chances.append(float(chance[0]))
    assert max(chances[:25]) < 0.3
    assert max(chances[40:100]) > 0.9
    assert max(chances[-20:]) < 0.3


def test_streams_that_are_judged_together_are_judged_as_if_alone(vad: Vad) -> None:
    sounds = [frames(heard(0.2, "agent-pass")), frames(heard("vm-goodbye", 1.0)), frames(heard(2.0))]
    together, apart = vad.fresh(3), [vad.fresh(1) for _ in sounds]
    for row in zip(*sounds, strict=False):
        chances, together = vad.judge(np.stack(row), together)
        for number, frame in enumerate(row):
            alone, apart[number] = vad.judge(frame[None], apart[number])
            assert abs(float(alone[0]) - float(chances[number])) < 1e-4


def test_the_vad_by_torch_says_what_onnx_runtime_says() -> None:
    ours, theirs = VADS["torch"](), VADS["onnx"]()
    sounds = [frames(heard(0.2, "agent-alreadyon")), frames(heard("vm-goodbye", 4.0))]
    memory, other = ours.fresh(2), theirs.fresh(2)
    for row in zip(*sounds, strict=False):
        chances, memory = ours.judge(np.stack(row), memory)
        said, other = theirs.judge(np.stack(row), other)
        assert np.abs(chances - said).max() < 3e-5
        assert np.abs(memory - other).max() < 1e-3
