"""One look of the model at a window, as a program: a generator that asks for model calls and gets their replies. Pure.

The engine runs many such programs side by side and may put calls of the same kind into one batch; what is called,
and why, is decided here. CTranslate2 consumes a forced text prefix token by token, as dear as generating it, while
`align` gives the probability and the time of every token of a text in one parallel pass: so verify, then extend.
"""

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias, cast

from msgspec import Struct

from asr.hearing.sound import Float32


class PassPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`keep`: probability above which an old token stays. A pass may make at most `cap` + `cap_rate` new tokens a
    second of sound that no token explains yet. `beam` of the endpoint's pass, `partial_beam` of what a partial that is
    searched for adds. `detect_s`: least speech for telling
    the language, which needs probability `detect_p`, in a final `detect_last_p`.
    Words that begin `late_s` after the voice are invented.

    A final is doubted whose text zlib makes smaller than 1 / `ratio`, or whose mean log-probability is below
    `logprob`, or that leaves `rest_s` of voice behind words that stand; then it is made again on 30 s, at each of the
    `temperatures` in turn until one is not doubted. With such a log-probability, more than `silence` for no speech (or
    half of it, and less than `first` for the first token), and no word that stands, nothing was said. The thresholds
    are those of Whisper's reference implementation, but for `first`.
    """

    keep: float = 0.5
    cap: int = 6
    cap_rate: float = 6.0
    beam: int = 5
    partial_beam: int = 5
    detect_s: float = 1.0
    detect_p: float = 0.75
    detect_last_p: float = 0.5
    late_s: float = 0.2
    ratio: float = 2.4
    logprob: float = -1.0
    silence: float = 0.6
    first: float = 0.1
    temperatures: tuple[float, ...] = (0.0, 0.4)
    rest_s: float = 1.5


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
    `scored`: whether the reply says how sure the model is of it all, which costs as much as half a token; `weighed`: of
    each token.
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
    weighed: bool = False


class Generated(Struct, frozen=True):
    """`logprob`: the mean of the natural logarithms of the new tokens' probabilities (and of the end behind them).
    `no_speech`: how likely the model takes the window for one in which nobody speaks. `ratio`: so many times smaller
    zlib makes the new text."""

    tokens: tuple[int, ...]
    logprob: float = 0.0
    no_speech: float = 0.0
    ratio: float = 1.0
    probabilities: tuple[float, ...] = ()


class Aligned(Struct, frozen=True):
    """Of n tokens: n probabilities, and n + 1 times (s in the window); token i lasts from times[i] to times[i + 1]."""

    probabilities: Sequence[float] = ()
    times: Sequence[float] = (0.0,)


Call: TypeAlias = Encode | Detect | Align | Generate


# ---- the question and the answer ----------------------------------------------------------------------------------


class Question(Struct, frozen=True):
    """What is said in a window of `heard` frames of sound, padded with silence to `frames`?

    `view` is it as the engine `sees` it: log10 mel power (bands, heard), or 160 x (heard - 1) + 400 samples from
    200 before the window on. `final`: what is answered is said for good; a
    `lean` one is not searched for, unless it is doubted. `searched`: what a partial adds is searched for.
    `forced`: committed tokens, which explain the sound up to `said_s`; `tail`: the other tokens of the last pass.
    `begin_s`, `voice_s`: where the voice begins and ends in the window. `language` None: tell it, and take `fallback`
    in doubt. `context`: words that may well be said, as text that came before; `translate`: answer in English.
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
    lean: bool = False
    searched: bool = False
    context: tuple[int, ...] = ()
    translate: bool = False


class Answer(Struct, frozen=True):
    """`tokens` after the forced ones. `aligned` has forced + old tail of a partial; of a final
    forced + `tokens`, and nothing when there are none. `cut`: more may have been said behind the tokens of a final.
    `missed`: an engine that could not listen just now says so of a partial; nothing else is told then. `likely`: the
    probability of each of a partial's `tokens`, and maybe of more behind them, if it is known. `language` is what is
    spoken, `written` what the tokens are in: a translation is English."""

    tokens: tuple[int, ...]
    aligned: Aligned
    language: str
    told: bool = False
    looped: bool = False
    cut: bool = False
    missed: bool = False
    likely: tuple[float, ...] = ()
    translated: bool = False

    @property
    def written(self) -> str:
        """See above."""
        return "en" if self.translated else self.language


Pass: TypeAlias = Generator[Call, Any, Answer]


def asked(encoded: Any, language: str, question: Question, room: int) -> Generate:
    """What follows the forced tokens of `question`?"""
    return Generate(
        encoded,
        language,
        question.forced,
        room,
        1,
        translate=question.translate,
        context=question.context,
    )


def align(
    encoded: Any, language: str, tokens: tuple[int, ...], question: Question
) -> Generator[Call, Any, Aligned]:
    """Where `tokens` are in the sound of `question`."""
    return cast(Aligned, (yield Align(encoded, language, tokens, question.heard, question.translate)))


def generate(call: Generate) -> Generator[Call, Any, Generated]:
    """The reply to `call`."""
    return cast(Generated, (yield call))


def tell(encoded: Any, question: Question, policy: PassPolicy) -> Generator[Call, Any, tuple[str, bool]]:
    """The language to decode in, and whether it was told from this sound."""
    if question.language is not None:
        return question.language, False
    if question.voice_s - question.begin_s < policy.detect_s:
        return question.fallback, False
    language, probability = cast(tuple[str, float], (yield Detect(encoded)))
    enough = policy.detect_last_p if question.final else policy.detect_p
    return (language, True) if probability >= enough else (question.fallback, False)
