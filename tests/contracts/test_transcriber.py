"""What every engine promises to a channel: one that reads a script, Whisper of our own, and a transcription server."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from asr.hearing.mel import Sees, view
from asr.hearing.sound import Sound
from asr.policy import AsrPolicy
from asr.rates import HOP, RATE
from asr.remote.engine import Remote
from asr.remote.policy import RemotePolicy
from asr.remote.written import Written, written
from asr.transcriber import Transcriber
from asr.whisper.engine import Engine
from asr.whisper.final import look
from asr.whisper.passes import (
    Align,
    Aligned,
    Answer,
    Call,
    Detect,
    Encode,
    Generate,
    Generated,
    PassPolicy,
    Question,
)
from streaming.machine import models
from tests import speech
from tests.transcription_server import transcription_server

pytestmark = pytest.mark.models

NAME = "agent-alreadyon"
LEAD_S = 0.4


class Reading:
    """Whisper's passes over a script: the words of the prompt, spread evenly over its sound."""

    sees: Sees = "mel"
    bands = 80
    words = Written()

    def __init__(self) -> None:
        lasts = len(speech.prompt(NAME)) / RATE
        said = speech.said()[NAME].split()
        self.said = [
            (token, LEAD_S + lasts * (number + 1) / len(said))
            for number, word in enumerate(said)
            for token in written(" " + word)
        ]

    def close(self) -> None:
        pass

    def run(self, batch: Sequence[Question]) -> list[Answer]:
        return [self._play(question) for question in batch]

    def _play(self, question: Question) -> Answer:
        program, reply = look(question, PassPolicy()), None
        truth = [(token, end) for token, end in self.said if end <= question.heard / 100]
        while True:
            try:
                call = program.send(reply)
            except StopIteration as done:
                return done.value
            reply = self._reply(call, truth)

    def _reply(self, call: Call, truth: list[tuple[int, float]]) -> Any:
        match call:
            case Encode():
                return "encoded"
            case Detect():
                return ("en", 0.9)
            case Generate(prefix=prefix, room=room):
                return Generated(tuple(token for token, _ in truth[len(prefix) :][:room]))
            case Align(tokens=tokens):
                right = [
                    0.9 if [t for t, _ in truth[n : n + 1]] == [one] else 0.1 for n, one in enumerate(tokens)
                ]
                return Aligned(
                    right, [LEAD_S, *(truth[min(n, len(truth) - 1)][1] for n in range(len(tokens)))]
                )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with transcription_server() as server:
        yield server.url


@pytest.fixture(scope="module", params=["script", "whisper", "server"])
def engine(request: pytest.FixtureRequest, server: str) -> Iterator[Transcriber]:
    match request.param:
        case "script":
            engine: Transcriber = Reading()
        case "whisper":
            engine = Engine(models.path("tiny.en"), AsrPolicy(model="tiny.en"))
        case _:
            engine = Remote(RemotePolicy(server))
    yield engine
    engine.close()


def sound(seconds: float | None = None) -> Sound:
    whole = Sound()
    pcm = speech.join(LEAD_S, NAME, 1.0)
    whole.append(pcm if seconds is None else pcm[: round(seconds * RATE)])
    return whole


def question(engine: Transcriber, sound: Sound, **changes: Any) -> Question:
    """What is said in `sound`, as the engine sees it."""
    frames = sound.end // HOP
    voice_s = min(LEAD_S + len(speech.prompt(NAME)) / RATE, sound.end / RATE)
    plain: dict[str, Any] = {
        "view": view(engine.sees, engine.bands, 0).until(sound, frames),
        "heard": frames,
        "frames": max(500, frames + 100 + frames % 2),
        "forced": (),
        "tail": (),
        "begin_s": LEAD_S,
        "said_s": LEAD_S,
        "voice_s": voice_s,
        "language": "en",
        "fallback": "en",
    }
    return Question(**{**plain, **changes})


def said(engine: Transcriber, tokens: tuple[int, ...]) -> list[str]:
    return speech.plain(engine.words.text(tokens))


def well_timed(aligned: Aligned, count: int, end_s: float) -> bool:
    """A probability for each token, times around each, in order and within the window."""
    grows = all(one <= other for one, other in pairwise(aligned.times))
    within = aligned.times[0] >= 0 and aligned.times[-1] <= end_s + 0.05
    chances = all(0 <= chance <= 1 for chance in aligned.probabilities)
    return (
        grows
        and within
        and chances
        and [len(aligned.probabilities), len(aligned.times)] == [count, count + 1]
    )


def test_a_final_is_the_words_that_were_said_and_where(engine: Transcriber) -> None:
    heard = sound()
    asked = question(engine, heard, final=True)
    (answer,) = engine.run([asked])
    assert speech.errors(speech.plain(speech.said()[NAME]), said(engine, answer.tokens)) <= 1
    assert answer.language == "en"
    assert well_timed(answer.aligned, len(answer.tokens), heard.end / RATE)
    lasts = len(speech.prompt(NAME)) / RATE
    assert answer.aligned.times[0] < LEAD_S + 0.7
    assert answer.aligned.times[-1] > LEAD_S + lasts - 1.2


def test_words_are_groups_of_tokens_and_say_the_text_together(engine: Transcriber) -> None:
    (answer,) = engine.run([question(engine, sound(), final=True)])
    words = engine.words.words(answer.tokens, "en")
    assert [token for word in words for token in word] == list(answer.tokens)
    assert "".join(engine.words.text(word) for word in words) == engine.words.text(answer.tokens)
    assert len(words) == len(engine.words.text(answer.tokens).split())
    assert all(engine.words.text(word).startswith(" ") for word in words)


def test_a_final_does_not_repeat_what_is_committed(engine: Transcriber) -> None:
    (whole,) = engine.run([question(engine, sound(), final=True)])
    words = engine.words.words(whole.tokens, "en")
    forced = tuple(token for word in words[:4] for token in word)
    again = question(engine, sound(), final=True, forced=forced, said_s=whole.aligned.times[len(forced)])
    (answer,) = engine.run([again])
    assert answer.tokens == whole.tokens[len(forced) :]
    assert well_timed(answer.aligned, len(whole.tokens), again.heard / 100)


def test_a_partial_bears_out_what_is_still_heard_and_not_what_was_made_up(engine: Transcriber) -> None:
    (first,) = engine.run([question(engine, sound(2.4))])
    words = engine.words.words(first.tokens, "en")[:-1]
    assert len(words) >= 3
    believed = tuple(token for word in words[:3] for token in word)
    invented = engine.words.tokens("zebra")
    (second,) = engine.run([question(engine, sound(3.0), tail=believed + invented)])
    assert well_timed(second.aligned, len(believed + invented), 3.0)
    assert min(second.aligned.probabilities[: len(believed)]) > 0.5
    assert min(second.aligned.probabilities[len(believed) :]) < 0.5
    assert second.tokens[: len(believed)] == believed
    assert "zebra" not in said(engine, second.tokens)


def test_a_partial_hears_more_in_more_sound_and_leaves_out_what_is_committed(engine: Transcriber) -> None:
    (first,) = engine.run([question(engine, sound(2.4))])
    (second,) = engine.run([question(engine, sound(4.0), tail=first.tokens)])
    assert len(said(engine, second.tokens)) > len(said(engine, first.tokens))
    forced = tuple(token for word in engine.words.words(second.tokens, "en")[:3] for token in word)
    said_s = 1.8 if not second.aligned.times else second.aligned.times[min(len(forced), len(first.tokens))]
    (third,) = engine.run([question(engine, sound(4.0), forced=forced, said_s=said_s)])
    assert well_timed(third.aligned, len(forced), 4.0)
    assert speech.errors(said(engine, second.tokens)[3:], said(engine, third.tokens)) <= 1


def test_a_batch_is_answered_in_its_order(engine: Transcriber) -> None:
    asked = [question(engine, sound(seconds), final=True) for seconds in (3.0, 2.0)]
    together = [answer.tokens for answer in engine.run(asked)]
    assert together == [engine.run([one])[0].tokens for one in asked]
    assert len(together[0]) > len(together[1])


def test_the_answer_is_in_the_language_that_is_asked_for_or_else_told(engine: Transcriber) -> None:
    (given,) = engine.run([question(engine, sound(), final=True)])
    assert (given.language, given.told) == ("en", False)
    (told,) = engine.run([question(engine, sound(), final=True, language=None)])
    assert (told.language, told.told) == ("en", True)


def test_the_view_of_a_window_may_begin_anywhere_in_the_sound(engine: Transcriber) -> None:
    heard = Sound()
    heard.append(np.concatenate([speech.join(LEAD_S, NAME, 2.0), speech.join(LEAD_S, NAME, 1.0)]))
    first = (len(speech.join(LEAD_S, NAME, 2.0))) // HOP
    seen = view(engine.sees, engine.bands, first)
    shown = seen.until(heard, heard.end // HOP)
    (late,) = engine.run([question(engine, sound(), final=True, view=shown, heard=heard.end // HOP - first)])
    (alone,) = engine.run([question(engine, sound(), final=True)])
    assert speech.errors(said(engine, alone.tokens), said(engine, late.tokens)) <= 1
