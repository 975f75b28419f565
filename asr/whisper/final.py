"""The last pass over an utterance: what it says stands for good. Pure.

A wide window and a beam on what is not committed. Where the text loops, what its rounds have their time for in the
sound was said. What loops or is doubted all the same is made again on 30 s, more and more by chance; the best of all
tries is taken, so that a doubt alone costs nobody a word.
"""

import math
from collections.abc import Generator
from typing import Any, NamedTuple

from msgspec.structs import replace

from asr.hearing.mel import MOST
from asr.whisper.loops import spoken, unloop
from asr.whisper.partial import extend
from asr.whisper.passes import (
    Aligned,
    Answer,
    Call,
    Encode,
    Generate,
    Generated,
    Pass,
    PassPolicy,
    Question,
    align,
    asked,
    generate,
    tell,
)


class Try(NamedTuple):
    """One way to hear it: `tokens` with the `forced` ones, which end at `until_s`. `cut`: not all that was made has its
    time in the sound, or it does not come to an end; `short`: so it may well lack something that was said."""

    forced: tuple[int, ...]
    tokens: tuple[int, ...]
    aligned: Aligned
    made: Generated
    looped: bool
    cut: bool
    short: bool
    until_s: float


def look(question: Question, policy: PassPolicy) -> Pass:
    """The pass that answers `question` with Whisper."""
    return conclude(question, policy) if question.final else extend(question, policy)


def conclude(question: Question, policy: PassPolicy) -> Pass:
    """The endpoint's pass; see above."""
    encoded = yield Encode(question.view, question.frames)
    language, told = yield from tell(encoded, question, policy)
    room = policy.cap + 2 + int(policy.cap_rate * max(0.5, question.voice_s - question.said_s))
    call = replace(asked(encoded, language, question, room), beam=1 if question.lean else policy.beam)
    best = yield from _try(call, question, policy)
    looped, hinted = best.looped, bool(question.context)
    if best.looped or doubted(best, policy, hinted=hinted):  # of two counts the likelier is taken
        call = replace(call, encoded=(yield Encode(question.view, MOST)), beam=policy.beam)
        for temperature in policy.temperatures:
            other = yield from _try(replace(call, temperature=temperature), question, policy)
            best = max(best, other, key=lambda one: rank(one, policy))
            if not doubted(best, policy, hinted=hinted):
                break
    if silent(best, policy, hinted=hinted):
        return Answer((), Aligned(), language, told, looped)
    return Answer(
        best.tokens[len(question.forced) :],
        best.aligned,
        language,
        told,
        looped,
        best.cut,
        translated=question.translate,
    )


def doubted(one: Try, policy: PassPolicy, *, hinted: bool = False) -> bool:
    """Whether it should be tried again. What loops is borne out by its time, however small zlib makes it."""
    if silent(one, policy, hinted=hinted):
        return False
    return (
        one.short
        or one.cut
        or _dense(one, policy)
        or (one.made.logprob < policy.logprob and one.made.tokens != ())
    )


def silent(one: Try, policy: PassPolicy, *, hinted: bool = False) -> bool:
    """Whether nobody spoke: no word of it stands, the text is hardly likely, and the model says that it hears no
    speech, or suspects so and does not expect the first token at all. Short answers are far from it: of 45 single words
    none had `no_speech` above 0.3 or a first token below 0.17; of 32 noises and tunes none was on that side. (The
    rule was found on these very sounds.)

    Where it was `hinted` at words it writes these into silence, quite sure of them. So the text is judged by the
    alignment then, which knows of no hints; no speech had `no_speech` above 0.04, no noise below 0.3.
    """
    made, likely = one.made, one.aligned.probabilities
    if one.forced or not made.tokens:
        return False
    logprob = sum(math.log(max(chance, 1e-6)) for chance in likely) / len(likely) if hinted else made.logprob
    if logprob >= policy.logprob:
        return False
    suspected = made.no_speech > policy.silence / (4 if hinted else 2)
    return made.no_speech > policy.silence or (suspected and likely[0] < policy.first)


def rank(one: Try, policy: PassPolicy) -> tuple[bool, bool, int, bool, float]:
    """The better a try, the higher: whole, no jingle, far in the sound, without a round lost, likely."""
    until_s = round(one.until_s) if one.short else 0
    return not one.short, not _dense(one, policy), until_s, not one.cut, one.made.logprob


def _dense(one: Try, policy: PassPolicy) -> bool:
    return one.made.ratio > policy.ratio and not one.looped


def _try(call: Generate, question: Question, policy: PassPolicy) -> Generator[Call, Any, Try]:
    made = yield from generate(call)
    forced, whole = call.prefix, call.prefix + made.tokens
    looped, ended = unloop(whole, len(forced)).found, len(made.tokens) < call.room
    left_s = question.voice_s - policy.rest_s
    if not made.tokens:  # is there voice behind the words that stand? Where none does: does it hear speech?
        stands = bool(forced or question.tail)
        short = question.said_s < left_s if stands else made.no_speech <= policy.silence / 2
        return Try(forced, forced, Aligned(), made, False, short, short, question.said_s)
    aligned = yield from align(call.encoded, call.language, whole, question)
    if not looped:
        return Try(forced, whole, aligned, made, False, not ended, not ended, aligned.times[-1])
    borne = spoken(whole, len(forced), aligned.times, question.voice_s)
    tokens = tuple(whole[number] for number in borne.picked)
    likely = [aligned.probabilities[number] for number in borne.picked]
    cut, until_s = not ended or len(tokens) < len(whole), borne.times[-1]
    return Try(
        forced, tokens, Aligned(likely, borne.times), made, True, cut, not ended or until_s < left_s, until_s
    )
