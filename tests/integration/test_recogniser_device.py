"""A model loaded as suits the device: measured, proven, and plain where the edit does not hold."""

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ctranslate2
import numpy as np
import pytest
from msgspec.structs import replace

from asr.policy import AsrPolicy
from asr.sharing.costs import Costs
from asr.whisper import measuring
from asr.whisper.alias import Aliases
from asr.whisper.device import cores, device
from asr.whisper.engine import Engine
from asr.whisper.measuring import load, proven
from asr.whisper.passes import Encode, Generate
from streaming.machine import models
from streaming.refusal import Usage


@pytest.fixture(scope="module")
def folder() -> Path:
    return models.path("tiny.en")


@pytest.mark.models
def test_a_model_is_measured_when_it_is_loaded(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        engine, costs = load(folder, AsrPolicy(device="auto", compute_type="auto", workers=0, threads=0))
    assert engine.policy.workers == int(cores())
    assert engine.policy.compute_type == "int8"
    assert engine.aliases is not None
    assert 0.01 < costs.each(5.0, None) < 2
    assert costs.batch == 1
    assert any("a partial takes" in record.getMessage() for record in caplog.records)


@pytest.mark.models
def test_measuring_can_be_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(engine: Engine) -> None:
        raise AssertionError

    monkeypatch.setattr(measuring, "measure", never)
    assert load(folder, AsrPolicy(measure=False))[1] == Costs()


@pytest.mark.models
def test_an_edit_that_says_something_else_is_not_used(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Wrong(Engine):
        """Its aliases are another token's."""

        def __init__(self, folder: Path, policy: AsrPolicy) -> None:
            super().__init__(folder, policy)
            if self.aliases:
                stop = self.words.no_timestamps
                turned = {token: alias + 7 for token, alias in self.aliases.again.items() if token != stop}
                self.aliases = Aliases(self.aliases.moved, turned | {stop: self.aliases.again[stop]})

    policy = AsrPolicy(measure=False)
    assert proven(Engine(folder, policy))
    assert proven(Engine(folder, replace(policy, prefix="plain")))
    monkeypatch.setattr(measuring, "Engine", Wrong)
    engine, _ = load(folder, policy)
    assert engine.policy.prefix == "plain"
    assert engine.aliases is None
    assert any("says something else" in record.getMessage() for record in caplog.records)


@pytest.mark.models
def test_a_gpu_that_cannot_be_used_leaves_the_work_to_the_cpu(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = device("cpu")

    def seen(kind: str) -> object:
        return replace(real, kind="cuda") if kind == "auto" else real

    monkeypatch.setattr(measuring, "device", seen)
    engine, _ = load(folder, AsrPolicy(device="auto", measure=False))
    assert engine.policy.device == "cpu"
    assert any("cannot be used" in record.getMessage() for record in caplog.records)


@pytest.mark.models
def test_a_device_that_was_asked_for_is_insisted_on(folder: Path) -> None:
    with pytest.raises(Usage, match=r"asr.device = 'cuda' cannot be used"):
        load(folder, AsrPolicy(device="cuda"))


@pytest.mark.models
def test_numbers_that_the_device_cannot_compute_with_are_refused_in_one_line(folder: Path) -> None:
    with pytest.raises(Usage, match=r"asr.compute_type = 'float16' cannot be had on this cpu: .*int8"):
        load(folder, AsrPolicy(device="cpu", compute_type="float16"))


@pytest.mark.parametrize(
    ("quota", "most"), [("max 100000", None), ("50000 100000", 0.5), ("nonsense", None), ("100000 0", None)]
)
def test_a_control_group_may_leave_us_less_than_the_cores(
    tmp_path: Path, quota: str, most: float | None
) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    bound = cores(tmp_path / "none")
    assert cores(tmp_path / "cpu.max") == (most or bound)
    assert bound >= 1


class Far:
    """A view as a GPU has it: NumPy cannot look into it."""

    def __init__(self, view: ctranslate2.StorageView) -> None:
        self._view = view

    def to(self, dtype: ctranslate2.DataType) -> "Far":
        return Far(self._view.to(dtype))

    def to_device(self, device: ctranslate2.Device) -> ctranslate2.StorageView:
        return self._view.to_device(device)


@pytest.mark.models
def test_how_likely_each_token_is_can_be_told_of_what_stands_on_a_gpu(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Whisper(ctranslate2.models.Whisper):
        def generate(self, *given: Any, **named: Any) -> Any:
            return [
                SimpleNamespace(
                    sequences_ids=one.sequences_ids,
                    scores=one.scores,
                    logits=[[Far(view) for view in views] for views in one.logits],
                )
                for one in super().generate(*given, **named)
            ]

    engines = [Engine(folder, AsrPolicy(measure=False, workers=1))]
    monkeypatch.setattr(ctranslate2.models, "Whisper", Whisper)
    engines.append(Engine(folder, AsrPolicy(measure=False, workers=1)))
    view = np.zeros((80, 400), np.float32)
    found: list[tuple[float, ...]] = []
    for engine in engines:
        (seen,) = engine.call([Encode(view, 500)])
        (said,) = engine.call([Generate(seen, "en", (383,), 6, 1, scored=False, weighed=True)])
        assert len(said.probabilities) == len(said.tokens) > 0
        found.append(said.probabilities)
    assert found[1] == pytest.approx(found[0], abs=0.01)
