"""The engine with a real model: what is forced in parallel, or batched, says what it says plainly, one by one."""

import logging
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from asr.hearing.mel import power
from asr.hearing.sound import Float32
from asr.policy import AsrPolicy
from asr.whisper.engine import Engine
from asr.whisper.passes import Align, Aligned, Detect, Encode, Generate, Generated
from streaming.machine import models
from tests import speech

pytestmark = pytest.mark.models

POLICY = AsrPolicy(workers=1)
PLAIN = replace(POLICY, prefix="plain")
PROMPTS = [
    "basic-pbx-ivr-main",
    "demo-moreinfo",
    "demo-abouttotry",
    "dir-intro",
    "demo-echotest",
    "queue-periodic-announce",
]


def view(name: str, seconds: float = 6.0) -> Float32:
    """Log-mel of the beginning of a prompt, over and over."""
    pcm = np.tile(speech.join(name, 0.3), 6)[: round(seconds * speech.RATE)].astype(np.float32) / 32768
    return power(np.pad(pcm, 200).astype(np.float32), 80)


@pytest.fixture(scope="module")
def folder() -> Path:
    return models.path("tiny.en")


@pytest.fixture(scope="module")
def engines(folder: Path) -> tuple[Engine, Engine]:
    """The parallel one and the plain one."""
    return Engine(folder, POLICY), Engine(folder, PLAIN)


def encoded(engine: Engine, *names: str, frames: int = 700) -> list[object]:
    return list(engine.call([Encode(view(name), frames) for name in names]))


def test_a_text_forced_in_parallel_goes_on_as_one_forced_step_by_step(engines: tuple[Engine, Engine]) -> None:
    parallel, plain = engines
    assert parallel.aliases is not None
    assert plain.aliases is None
    compared, turned = 0, list[str]()
    for name in PROMPTS:
        (ours,), (theirs,) = encoded(parallel, name), encoded(plain, name)
        (whole,) = plain.call([Generate(theirs, "en", (), 40, 1)])
        for place in range(2, len(whole.tokens), 5):
            context = whole.tokens[:5] if place % 2 else ()
            (mine,), (other,) = (
                engine.call([Generate(seen, "en", whole.tokens[:place], 8, 1, context=context)])
                for engine, seen in ((parallel, ours), (plain, theirs))
            )
            compared += 1
            if mine.tokens != other.tokens:
                turned.append(parallel.words.text((*whole.tokens[:place], *mine.tokens)))
    assert compared >= 15
    assert len(turned) <= 1, turned  # rounding may turn a close decision


def test_a_text_is_aligned_as_by_the_model_as_it_is(engines: tuple[Engine, Engine]) -> None:
    parallel, plain = engines
    for name in PROMPTS[:3]:
        (ours,), (theirs,) = encoded(parallel, name), encoded(plain, name)
        (said,) = plain.call([Generate(theirs, "en", (), 40, 1)])
        tokens = (*said.tokens, plain.words.tokens("!")[0], *said.tokens[:2])
        (mine,), (other,) = (
            engine.call([Align(seen, "en", tokens, 600)])
            for engine, seen in ((parallel, ours), (plain, theirs))
        )
        assert mine.times == pytest.approx(other.times, abs=0.05)
        assert mine.probabilities == pytest.approx(other.probabilities, abs=0.02)


def test_an_exclamation_mark_is_heard_by_the_edited_model_too(engines: tuple[Engine, Engine]) -> None:
    heard: list[str] = []
    for engine in engines:
        (seen,) = encoded(engine, "demo-congrats")
        (found,) = engine.call([Generate(seen, "en", (), 10, 1)])
        heard.append(engine.words.text(found.tokens))
        (chance,) = engine.call([Align(seen, "en", found.tokens, 600)])
        assert chance.probabilities[heard[-1].split("!")[0].count(" ")] > 0.3
    assert "Congratulations!" in heard[0]
    assert heard[0] == heard[1]


def test_calls_made_as_one_say_what_they_say_alone(engines: tuple[Engine, Engine]) -> None:
    engine = engines[0]
    together = encoded(engine, *PROMPTS[:4])
    alone = [encoded(engine, name)[0] for name in PROMPTS[:4]]
    begun: list[Generated] = [engine.call([Generate(seen, "en", (), 30, 1)])[0] for seen in alone]
    whole: list[Generated] = list(engine.call([Generate(seen, "en", (), 30, 1) for seen in together]))
    assert [one.tokens for one in whole] == [one.tokens for one in begun]
    prefixes = [one.tokens[: 3 + n] for n, one in enumerate(begun)]
    calls = [
        Generate(seen, "en", text, 5 + n, 1)
        for n, (seen, text) in enumerate(zip(together, prefixes, strict=True))
    ]
    single = [replace(call, encoded=seen) for call, seen in zip(calls, alone, strict=True)]
    assert [one.tokens for one in engine.call(calls)] == [engine.call([one])[0].tokens for one in single]
    texts = [
        Align(seen, "en", one.tokens, 560 + 10 * n)
        for n, (seen, one) in enumerate(zip(together, begun, strict=True))
    ]
    found: list[Aligned] = list(engine.call(texts))
    for call, seen, one in zip(texts, alone, found, strict=True):
        (other,) = engine.call([replace(call, encoded=seen)])
        assert one.times == pytest.approx(other.times, abs=0.05)
        assert one.probabilities == pytest.approx(other.probabilities, abs=0.02)


def test_windows_that_part_and_meet_again_are_told_apart(engines: tuple[Engine, Engine]) -> None:
    engine = engines[0]
    three = encoded(engine, *PROMPTS[:3])
    alone = [engine.call([Generate(seen, "en", (), 12, 1)])[0].tokens for seen in three]
    turned = engine.call([Generate(seen, "en", (), 12, 1) for seen in (three[2], three[0])])
    assert [one.tokens for one in turned] == [alone[2], alone[0]]
    assert len(set(alone)) == 3


def test_an_english_model_takes_all_for_english(engines: tuple[Engine, Engine]) -> None:
    assert engines[0].call([Detect(seen) for seen in encoded(engines[0], *PROMPTS[:2])]) == [("en", 1.0)] * 2


def test_a_model_that_cannot_be_edited_works_as_it_is_and_says_so(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for file in folder.iterdir():
        if file.name != "vocabulary.txt":
            (tmp_path / file.name).symlink_to(file)
    other = (folder / "vocabulary.txt").read_text(encoding="utf-8").replace("\nÿ\n", "\n<0xFF>\n")
    (tmp_path / "vocabulary.txt").write_text(other, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        engine = Engine(tmp_path, POLICY)
    assert engine.aliases is None
    assert [record.getMessage() for record in caplog.records if "its vocabulary" in record.getMessage()]
    (seen,) = encoded(engine, "auth-thankyou")
    assert "thank you" in engine.words.text(engine.call([Generate(seen, "en", (), 30, 1)])[0].tokens).lower()


def test_how_sure_the_model_is_costs_only_who_asks(engines: tuple[Engine, Engine]) -> None:
    (seen,) = encoded(engines[0], "demo-congrats")
    asked = Generate(seen, "en", (), 6, 1)
    (told,), (untold,) = engines[0].call([asked]), engines[0].call([replace(asked, scored=False)])
    assert told.tokens == untold.tokens
    assert told.logprob < 0 < told.no_speech
    assert (untold.logprob, untold.no_speech) == (0.0, 0.0)
