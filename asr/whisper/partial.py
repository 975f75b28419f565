"""A pass over an utterance that goes on: what was believed is verified, and what follows is written. Pure."""

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from asr.whisper.loops import spoken, unecho, unloop
from asr.whisper.passes import (
    Aligned,
    Answer,
    Call,
    Encode,
    Generate,
    Pass,
    PassPolicy,
    Question,
    align,
    asked,
    generate,
    tell,
)


class Text(NamedTuple):
    """`tokens` as they are shown, the forced ones too. `likely`: the probability of each that is not forced, and maybe
    of more behind them, if it is known."""

    tokens: tuple[int, ...]
    likely: Sequence[float]
    looped: bool


def extend(question: Question, policy: PassPolicy) -> Pass:
    """Verify the last hypothesis, keep of it what still holds, and generate what follows."""
    encoded = yield Encode(question.view, question.frames)
    language, told = yield from tell(encoded, question, policy)
    forced = question.forced
    old = forced + (question.tail if not told or language == question.fallback else ())
    aligned, kept, explained_s = Aligned(), len(forced), question.said_s
    if old:
        aligned = yield from align(encoded, language, old, question)
        while kept < len(old) and aligned.probabilities[kept] > policy.keep:
            kept += 1
        # what no token explains is put into the last one: a committed word does not grow by it
        explained_s = aligned.times[kept] if kept > len(forced) else question.said_s
    unexplained_s = min(question.heard / 100, question.voice_s + 0.3) - explained_s
    room = policy.cap + int(policy.cap_rate * max(0.3, unexplained_s))
    beam = policy.partial_beam if question.searched else 1
    call = replace(asked(encoded, language, question, room), prefix=old[:kept], beam=beam)
    text = yield from _follow(call, question, aligned.probabilities[len(forced) : kept])
    return Answer(
        text.tokens[len(forced) :],
        aligned,
        language,
        told,
        text.looped,
        likely=tuple(text.likely),
        translated=question.translate,
    )


def _follow(call: Generate, question: Question, known: Sequence[float]) -> Generator[Call, Any, Text]:
    """What follows the prefix of `call`, of whose tokens behind the forced ones the probabilities are `known`."""
    forced, greedy = len(question.forced), call.beam == 1
    made = yield from generate(replace(call, scored=False, weighed=greedy))
    tokens, likely = call.prefix + made.tokens, (*known, *made.probabilities)
    looped = unloop(tokens, len(call.prefix)).found
    if looped or (made.tokens and not greedy):  # a search does not tell the probability of each token
        again = yield from align(call.encoded, call.language, tokens, question)
        if looped:  # a digit may be said many times: as many rounds are shown as have their time
            borne = spoken(tokens, forced, again.times, question.voice_s)
            return Text(tuple(tokens[number] for number in borne.picked), (), looped=True)
        likely = tuple(again.probabilities[forced:])
    if len(made.tokens) >= call.room:
        tokens = tokens[:-2]  # cut short in the middle of something
    echo = unecho(tokens, forced)
    return Text(echo.tokens, likely, echo.found)
