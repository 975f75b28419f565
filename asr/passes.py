"""One look of the model at a window, as a program: a generator that asks for model calls and gets their replies. Pure.

The engine runs many such programs side by side and may put calls of the same kind into one batch; what is called,
and why, is decided here. CTranslate2 consumes a forced text prefix token by token, as dear as generating it, while
`align` gives the probability and the time of every token of a text in one parallel pass: so verify, then extend.
"""

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias, cast

from msgspec import Struct

from asr.loops import spoken, unecho, unloop
from asr.mel import MOST
from asr.sound import Float32


class PassPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`keep`: probability above which an old token stays. A pass may make at most `cap` + `cap_rate` new tokens a
    second of sound that no token explains yet. `beam` of the endpoint's pass. `detect_s`: least speech for telling
    the language, which needs probability `detect_p`. Words that begin `late_s` after the voice are invented."""

    keep: float = 0.5
    cap: int = 6
    cap_rate: float = 6.0
    beam: int = 5
    detect_s: float = 1.0
    detect_p: float = 0.5
    late_s: float = 0.2


# ---- model calls and their replies --------------------------------------------------------------------------------


class Encode(Struct, frozen=True):
    """A question's `view`, padded with silence to `frames` -> a handle of the encoder's output, for the calls below."""

    view: Float32
    frames: int


class Detect(Struct, frozen=True):
    """-> (language, probability), the likeliest."""

    encoded: Any


class Align(Struct, frozen=True):
    """Where are `tokens` in the first `frames` of the window? -> Aligned."""

    encoded: Any
    language: str
    tokens: tuple[int, ...]
    frames: int
    translate: bool = False


class Generate(Struct, frozen=True):
    """What follows `prefix`? -> Generated, at most `room` tokens of text (room of them: it was cut short).

    `temperature` 0: the likeliest, by a search of `beam` ways; above: drawn by chance, one way. `translate`: in
    English, whatever the language. `context`: text before all this (`<|startofprev|>`), which is not in the sound.
    `scored`: whether the reply says how sure the model is, which costs as much as half a token.
    """

    encoded: Any
    language: str
    prefix: tuple[int, ...]
    room: int
    beam: int
    temperature: float = 0.0
    translate: bool = False
    context: tuple[int, ...] = ()
    scored: bool = True


class Generated(Struct, frozen=True):
    """`logprob`: the mean of the natural logarithms of the new tokens' probabilities (and of the end behind them).
    `no_speech`: how likely the model takes the window for one in which nobody speaks."""

    tokens: tuple[int, ...]
    logprob: float = 0.0
    no_speech: float = 0.0


class Aligned(Struct, frozen=True):
    """Of n tokens: n probabilities, and n + 1 times (s in the window); token i lasts from times[i] to times[i + 1]."""

    probabilities: Sequence[float] = ()
    times: Sequence[float] = (0.0,)


Call: TypeAlias = Encode | Detect | Align | Generate


# ---- the question and the answer ----------------------------------------------------------------------------------


class Question(Struct, frozen=True):
    """What is said in a window of `heard` frames of sound, padded with silence to `frames`?

    `view` is it as the engine `sees` it: log10 mel power (bands, heard), or 160 x (heard - 1) + 400 samples from
    200 before the window on. `final`: what is answered is said for good.
    `forced`: committed tokens, which explain the sound up to `said_s`; `tail`: the other tokens of the last pass.
    `begin_s`, `voice_s`: where the voice begins and ends in the window. `language` None: tell it, and take `fallback`
    in doubt.
    """

    view: Float32
    heard: int
    frames: int
    forced: tuple[int, ...]
    tail: tuple[int, ...]
    begin_s: float
    said_s: float
    voice_s: float
    language: str | None
    fallback: str
    final: bool = False


class Answer(Struct, frozen=True):
    """`tokens` after the forced ones. `aligned` has forced + old tail of a partial; of a final
    forced + `tokens`, and nothing when there are none. `cut`: more may have been said behind the tokens of a final.
    `missed`: an engine that could not listen just now says so of a partial; nothing else is told then."""

    tokens: tuple[int, ...]
    aligned: Aligned
    language: str
    told: bool = False
    looped: bool = False
    cut: bool = False
    missed: bool = False


Pass: TypeAlias = Generator[Call, Any, Answer]


def look(question: Question, policy: PassPolicy) -> Pass:
    """The pass that answers `question` with Whisper."""
    return conclude(question, policy) if question.final else extend(question, policy)


def extend(question: Question, policy: PassPolicy) -> Pass:
    """Verify the last hypothesis, keep of it what still holds, and generate what follows."""
    encoded = yield Encode(question.view, question.frames)
    language, told = yield from _language(encoded, question, policy)
    forced = question.forced
    old = forced + (question.tail if not told or language == question.fallback else ())
    aligned, kept, explained_s = Aligned(), len(forced), question.said_s
    if old:
        aligned = cast(Aligned, (yield Align(encoded, language, old, question.heard)))
        while kept < len(old) and aligned.probabilities[kept] > policy.keep:
            kept += 1
        explained_s = aligned.times[kept]
    unexplained_s = min(question.heard / 100, question.voice_s + 0.3) - explained_s
    room = policy.cap + int(policy.cap_rate * max(0.3, unexplained_s))
    fresh = (yield from _generate(Generate(encoded, language, old[:kept], room, 1, scored=False))).tokens
    cut = unloop(old[:kept] + fresh, kept)
    tokens = cut.tokens
    if not cut.found and len(fresh) >= room:
        tokens = tokens[:-2]  # cut short in the middle of something
    echo = unecho(tokens, len(forced))
    return Answer(echo.tokens[len(forced) :], aligned, language, told, cut.found or echo.found)


def conclude(question: Question, policy: PassPolicy) -> Pass:
    """The endpoint's pass: a wide window and a beam on what is not committed; once more on 30 s if it loops.

    What loops there too, but comes to an end by itself, was said as far as its rounds have their time in the sound.
    """
    encoded = yield Encode(question.view, question.frames)
    language, told = yield from _language(encoded, question, policy)
    forced = question.forced
    room = policy.cap + 2 + int(policy.cap_rate * max(0.5, question.voice_s - question.said_s))
    fresh = (yield from _generate(Generate(encoded, language, forced, room, policy.beam))).tokens
    cut = unloop(forced + fresh, len(forced))
    looped = cut.found or len(fresh) >= room
    if looped:
        encoded = yield Encode(question.view, MOST)
        fresh = (yield from _generate(Generate(encoded, language, forced, room, policy.beam))).tokens
        cut = unloop(forced + fresh, len(forced))
    whole, aligned, ended = forced + fresh, Aligned(), len(fresh) < room
    doubted, count = cut.found and ended, len(cut.tokens)
    asked = whole if doubted else cut.tokens
    if len(asked) > len(forced):
        aligned = cast(Aligned, (yield Align(encoded, language, asked, question.heard)))
    if doubted:
        count = max(count, spoken(whole, len(forced), aligned.times, question.voice_s))
        aligned = Aligned(aligned.probabilities[:count], aligned.times[: count + 1])
    return Answer(
        whole[len(forced) : count], aligned, language, told, looped, count < len(whole) or not ended
    )


def _generate(call: Generate) -> Generator[Call, Any, Generated]:
    return cast(Generated, (yield call))


def _language(encoded: Any, question: Question, policy: PassPolicy) -> Generator[Call, Any, tuple[str, bool]]:
    """The language to decode in, and whether it was told from this sound."""
    if question.language is not None:
        return question.language, False
    if question.voice_s - question.begin_s < policy.detect_s:
        return question.fallback, False
    language, probability = cast(tuple[str, float], (yield Detect(encoded)))
    return (language, True) if probability >= policy.detect_p else (question.fallback, False)
