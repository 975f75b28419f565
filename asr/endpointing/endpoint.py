"""When a speaker is done. Pure.

Silence says so; what the voice sounded like may say so sooner, or that more will come. An utterance becomes final after
its silence in any case: only the end of the turn waits for more.
"""

import re
from typing import Final, Literal

from msgspec import Struct

from asr.hearing.vad import Voice
from asr.rates import samples
from streaming.facts import Endpointing

NUMERAL: Final = re.compile(
    r"\d|\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)\b", re.IGNORECASE
)
WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class EndpointPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`silence_ms` after the voice end a turn, `dictation_ms` while a number is being dictated.

    `semantic`: after `ask_ms` a model is asked whether the speaker sounds done. With a probability of `complete` the
    turn ends after `complete_ms`; below `incomplete` it goes on, whatever is final of it, until `incomplete_ms`.
    `eager_ms`: silence after which a turn ends eagerly; 0: never. These three may be set by each session.
    `rehearse_ms`: silence after which the last pass is made already, in case that nothing more is said; 0: never.

    `announce_ms` of voice are surely speech; a stretch with less than `least_ms` of it is not even transcribed.
    Sound up to `tail_ms` after the voice belongs to the utterance.
    """

    silence_ms: int = 450
    dictation_ms: int = 1_200
    semantic: bool = False
    ask_ms: int = 200
    complete: float = 0.8
    complete_ms: int = 250
    incomplete: float = 0.5
    incomplete_ms: int = 1_500
    eager_ms: int = 0
    rehearse_ms: int = 200
    announce_ms: int = 200
    least_ms: int = 120
    tail_ms: int = 250


class Manner(Struct, frozen=True):
    """How turns end in a session, in samples of silence: after so much, and eagerly after so much; after `rehearse`
    the last pass is made already (0: never)."""

    silence: int
    semantic: bool
    eager: int
    rehearse: int


class Opinion(Struct, frozen=True):
    """What is thought of the pause behind the voice that ended at sample `voice`, of sound up to `edge`.

    `complete`: the probability that the speaker is done; None: nobody could say. `waiting`: it is not known yet.
    """

    voice: int
    edge: int
    complete: float | None = None
    waiting: bool = False


class Ahead(Struct, frozen=True):
    """In the pause behind `voice` the last pass is made ahead, on sound up to `edge`. `eager`: the pause is long enough
    to end the turn eagerly. `told`: so it was."""

    voice: int
    edge: int
    eager: bool = False
    told: bool = False


Verdict = Literal["complete", "incomplete", "unsure"]


def manner(wish: Endpointing, policy: EndpointPolicy) -> Manner:
    """What the session wishes, and the server's settings for what it does not say."""
    return Manner(
        silence=samples(policy.silence_ms if wish.silence_ms is None else wish.silence_ms),
        semantic=policy.semantic if wish.semantic is None else wish.semantic,
        eager=samples(policy.eager_ms if wish.eager_ms is None else wish.eager_ms),
        rehearse=samples(policy.rehearse_ms),
    )


def verdict(opinion: Opinion | None, voice: int, policy: EndpointPolicy) -> Verdict:
    """Whether a speaker who was last heard at sample `voice` sounds done."""
    if opinion is None or opinion.voice != voice or opinion.complete is None:
        return "unsure"
    if opinion.complete >= policy.complete:
        return "complete"
    return "incomplete" if opinion.complete < policy.incomplete else "unsure"


def dictating(text: str) -> bool:
    """Whether `text` ends in two digits or digit words or more: more may come after a breath."""
    numerals = 0
    for word in reversed(WORD.findall(text)):
        if not word.replace("-", "").isdigit():
            if not NUMERAL.fullmatch(word):
                break
            numerals += 1
            continue
        numerals += sum(letter.isdigit() for letter in word)
    return numerals >= 2


def hangover(text: str, wish: int, found: Verdict, policy: EndpointPolicy) -> int:
    """Samples of silence that end what somebody says who has said `text`, if `wish` samples do in general."""
    if found == "complete":
        wish = min(wish, samples(policy.complete_ms))
    return max(wish, samples(policy.dictation_ms)) if dictating(text) else wish


def announced(voice: Voice, policy: EndpointPolicy) -> bool:
    """Whether enough voice was heard to be sure that somebody speaks."""
    return voice.voiced >= samples(policy.announce_ms)


def negligible(voice: Voice, policy: EndpointPolicy) -> bool:
    """Whether what was heard is too short to be a word."""
    return voice.voiced < samples(policy.least_ms)
