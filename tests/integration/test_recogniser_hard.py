"""What goes wrong with Whisper, and with live recognition: real speech, made hard, and what is none. Real models."""

import subprocess
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import pytest

from streaming.facts import HeardFinal
from streaming.machine import models
from tests import speech
from tests.ear import Ear, mulaw, said, shouted, whispered
from tests.speech import RATE, Pcm, errors, join, plain

pytestmark = [pytest.mark.models, pytest.mark.slow]

THANKS: Final = plain("Goodbye. Thank you for trying out the Asterisk Open Source PBX.")
noise = np.random.default_rng(5)


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear(models.path("base"), models.path("silero-vad"))


def thanks() -> Pcm:
    return join(0.4, "demo-thanks", 0.5)


def loud(wave: Any, peak: int = 9_000) -> Pcm:
    return (np.asarray(wave) / np.abs(wave).max() * peak).astype(np.int16)


def clicks(length_s: float) -> Pcm:
    """Somebody types."""
    wave = np.zeros(round(length_s * RATE))
    for at in noise.uniform(0.1, length_s - 0.1, round(5 * length_s)):
        begin = round(at * RATE)
        wave[begin : begin + 200] += noise.normal(0, 1, 200) * np.exp(-np.arange(200) / 60)
    return loud(wave, 6_000)


def chords(length_s: float) -> Pcm:
    """Music on hold: four chords with overtones that die away, 1.2 s each."""
    at = np.arange(round(length_s * RATE)) / RATE
    roots = np.array([262, 220, 175, 196])[(at / 1.2).astype(int) % 4]
    phase = 2 * np.pi * np.cumsum(roots) / RATE
    tones = sum(np.sin(phase * ratio * over) / over for ratio in (1, 1.26, 1.5) for over in range(1, 7))
    return loud(tones * np.exp(-1.2 * (at % 1.2)))


def keys(length_s: float) -> Pcm:
    """A telephone's keys: 0.2 s of two tones (ITU-T Q.23), 0.15 s of nothing."""
    at = np.arange(round(length_s * RATE)) / RATE
    return loud((np.sin(2 * np.pi * 770 * at) + np.sin(2 * np.pi * 1336 * at)) * (at % 0.35 < 0.2), 8_000)


def hum(length_s: float) -> Pcm:
    at = np.arange(round(length_s * RATE)) / RATE
    return loud(sum(np.sin(2 * np.pi * 50 * over * at) / over for over in range(1, 8)), 4_000)


def hiss(length_s: float) -> Pcm:
    return loud(noise.normal(0, 1, round(length_s * RATE)), 12_000)


NOISES: Final = (clicks, chords, keys, hum, hiss)


def test_noises_and_music_give_no_word(ear: Ear) -> None:
    assert said(ear.hear(join(*(part for make in NOISES for part in (0.5, make(6))), 1.0))) == []


def test_the_model_says_nothing_in_noises_and_music_even_if_the_vad_takes_them_for_voice(ear: Ear) -> None:
    hints = ear.engine.words.tokens(" Digium, Asterisk.")
    sounds = {make.__name__: join(0.3, make(2.5), 0.4) for make in NOISES} | {"silence": speech.silence(2.5)}
    heard = {name: (ear.once(pcm), ear.once(pcm, context=hints)) for name, pcm in sounds.items()}
    assert heard == dict.fromkeys(heard, ("", ""))


@pytest.mark.parametrize("piece", ["macroform-the_simplicity", "manolo_camp-morning_coffee"])
def test_real_music_on_hold_gives_no_word(ear: Ear, piece: str) -> None:
    assert said(ear.hear(join(speech.music(piece)[: 25 * RATE], 1.0))) == []


@pytest.mark.parametrize("name", ["garcia", "kowalski"])
def test_a_name_that_is_spelled_has_all_its_letters(ear: Ear, name: str) -> None:
    letters: list[str | float] = [part for letter in name for part in (f"letters/{letter}", 0.1)]
    assert "".join(said(ear.hear(join(0.5, *letters, 1.0)))) == name


@pytest.mark.parametrize("name", ["digits/5", "letters/f"])
def test_a_very_short_answer_is_no_silence(ear: Ear, name: str) -> None:
    assert errors(plain(speech.said()[name]), plain(ear.once(join(0.3, name, 0.4)))) == 0


@pytest.mark.parametrize("hard", [mulaw, whispered, shouted])
def test_telephone_sound_a_whisper_and_a_shout_are_understood(ear: Ear, hard: Any) -> None:
    assert errors(THANKS, plain(ear.once(hard(thanks())))) <= 2


@pytest.mark.parametrize("number", ["1111", "8989"])
def test_what_is_said_again_and_again_is_written_as_often(ear: Ear, number: str) -> None:
    pcm = join(0.4, speech.dictated(number, gap=0.1), 1.2)
    assert said(ear.hear(pcm, 1)) == [speech.DIGITS[int(digit)] for digit in number]


def test_the_first_word_is_whole_though_the_voice_is_noticed_late(ear: Ear) -> None:
    assert said(ear.hear(join(0.1, speech.trimmed("auth-thankyou"), 1.0)))[:2] == ["thank", "you"]


def test_no_word_is_lost_or_doubled_where_a_recording_is_cut_for_length(ear: Ear) -> None:
    facts = ear.recorded(join(0.5, "demo-congrats", 0.3, "demo-congrats", 1.0), 20)
    assert sum(isinstance(fact, HeardFinal) for fact in facts) >= 4
    assert errors(plain(speech.said()["demo-congrats"]) * 2, said(facts)) <= 2


def test_each_of_two_speakers_who_talk_at_once_has_his_own_words(ear: Ear) -> None:
    """Each is heard in the other's microphone, 50 dB down."""
    one, other = join(0.4, "auth-thankyou", 3.5), join(0.8, "demo-thanks", 1.0)
    pcm = np.zeros((max(len(one), len(other)), 2), np.int16)
    pcm[: len(one), 0], pcm[: len(other), 1] = one, other
    leaking = (pcm + 0.003 * pcm[:, ::-1]).astype(np.int16)
    facts = ear.hear(leaking)
    assert said(facts, 0) == ["thank", "you"]
    assert errors(THANKS, said(facts, 1)) <= 2


@pytest.fixture(scope="module")
def french(tmp_path_factory: pytest.TempPathFactory) -> Pcm:
    """A sentence of a synthetic voice."""
    path: Path = tmp_path_factory.mktemp("french") / "said.wav"
    text = "Bonjour, je voudrais réserver une table pour quatre personnes demain soir."
    subprocess.run(["espeak-ng", "-v", "fr", "-s", "150", "-w", str(path), text], check=True)
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(path)) as container:
        parts = [out.to_ndarray()[0] for one in container.decode(audio=0) for out in resampler.resample(one)]
    return np.concatenate(parts)


def test_the_language_of_each_turn_is_told_though_it_changes_suddenly(ear: Ear, french: Pcm) -> None:
    facts = ear.hear(join(0.4, "demo-thanks", 1.0, french, 1.2), language=None)
    finals = [fact for fact in facts if isinstance(fact, HeardFinal)]
    assert [final.language for final in finals] == ["en", "fr"]
    assert errors(THANKS, plain(finals[0].text)) <= 2
    assert "table pour quatre" in finals[1].text


def test_french_is_translated_and_its_final_says_that_it_was_french(ear: Ear, french: Pcm) -> None:
    facts = ear.hear(join(0.4, french, 1.2), language=None, translate=True)
    [final] = [fact for fact in facts if isinstance(fact, HeardFinal)]
    assert final.language == "fr"
    assert "hello" in final.text.lower()


def test_a_hot_word_mends_a_name_and_none_is_said_that_was_not_there(ear: Ear) -> None:
    pcm = join(0.3, "demo-abouttotry", 0.4)[: 9 * RATE]
    assert "Digium" not in ear.once(pcm)
    assert "Digium" in ear.once(pcm, context=ear.engine.words.tokens(" DAHDI, Digium."))
    hinted = plain(ear.once(thanks(), context=ear.engine.words.tokens(" DAHDI, Digium.")))
    assert "".join(hinted) == "".join(THANKS)  # "good bye" or "goodbye": processors differ
