"""When a speaker is done. Pure."""

import re
from typing import Final

from msgspec import Struct

from asr.rates import samples
from asr.vad import Voice

NUMERAL: Final = re.compile(
    r"\d|\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple)\b", re.IGNORECASE
)
WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


class EndpointPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """`silence_ms` after the voice end a turn, `dictation_ms` while a number is being dictated.

    `announce_ms` of voice are surely speech; a stretch with less than `least_ms` of it is not even transcribed.
    Sound up to `tail_ms` after the voice belongs to the utterance.
    """

    silence_ms: int = 450
    dictation_ms: int = 1_200
    announce_ms: int = 200
    least_ms: int = 120
    tail_ms: int = 250


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


def hangover(text: str, silence_ms: int | None, policy: EndpointPolicy) -> int:
    """Samples of silence that end the turn of somebody who has said `text`; `silence_ms`: the session's own wish."""
    wish = policy.silence_ms if silence_ms is None else silence_ms
    return samples(max(wish, policy.dictation_ms) if dictating(text) else wish)


def announced(voice: Voice, policy: EndpointPolicy) -> bool:
    """Whether enough voice was heard to be sure that somebody speaks."""
    return voice.voiced >= samples(policy.announce_ms)


def negligible(voice: Voice, policy: EndpointPolicy) -> bool:
    """Whether what was heard is too short to be a word."""
    return voice.voiced < samples(policy.least_ms)
