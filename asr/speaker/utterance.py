"""How an open utterance grows: passes come in, words are committed, long ones are cut. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from asr.rates import HOP, RATE, seconds
from asr.speaker.checkpoint import Said, Utterance
from asr.speaker.stabilizer import MEMORY, Lasted, Look, Outcome, StablePolicy, Tail, Written, confirm
from asr.speaker.transcript import Spoken, Vocabulary, spell
from asr.speaker.window import Place, WindowPolicy, ends_phrase, trim
from asr.whisper.passes import Aligned, Answer

SLIP = RATE // 2
"""Samples by which a committed word may turn out to end later."""


PUNCTUATION: Final = re.compile(r"(?:(?!\ufffd)[\W_])+")
"""Whole signs; a part of a letter is spelled U+FFFD."""


class Retracted(AssertionError):
    """A committed word was about to change. It never does: whoever sees this has found a bug."""


def forced(utterance: Utterance) -> tuple[int, ...]:
    """Tokens of the committed words that are in the window."""
    return tuple(token for word in utterance.words[utterance.left :] for token in word.tokens)


def spoken(words: Sequence[Said]) -> list[Spoken]:
    """Committed words as they are spelled."""
    return [Spoken(word.text, word.begin, word.end, word.probability) for word in words]


def adopted(utterance: Utterance, vocabulary: Vocabulary) -> None:
    """The utterance of a predecessor with another vocabulary: what was committed is spelled anew, the rest is heard
    anew. One of an older version has left no text, and had ours."""
    for number, word in enumerate(utterance.words):
        if word.text:
            utterance.words[number] = replace(word, tokens=vocabulary.tokens(word.text))
        else:
            utterance.words[number] = replace(word, text=vocabulary.text(word.tokens))
    utterance.tail = Tail()


def hypothesis(utterance: Utterance, vocabulary: Vocabulary) -> str:
    """All that is believed to have been said, committed or not."""
    return ("".join(word.text for word in utterance.own) + vocabulary.text(utterance.tail.tokens)).strip()


def retimed(utterance: Utterance, aligned: Aligned) -> None:
    """The committed words in the window stand where the newest pass has heard them, or where they stood: an alignment
    puts all that no token explains into the last token, but a committed word had ended well before the live edge."""
    at = 0
    for number in range(utterance.left, len(utterance.words)):
        word = utterance.words[number]
        begin, end = (_sample(utterance, aligned.times[i]) for i in (at, at + len(word.tokens)))
        at += len(word.tokens)
        if end <= word.end + SLIP:
            utterance.words[number] = replace(word, begin=begin, end=end)


def heard(
    utterance: Utterance, groups: Sequence[tuple[int, ...]], aligned: Aligned, vocabulary: Vocabulary
) -> list[Said]:
    """Words of which `aligned` tells time and probability: they stand behind the committed ones of the window."""
    words, first = list[Said](), len(forced(utterance))
    for group in groups:
        to = first + len(group)
        begin, end = _sample(utterance, aligned.times[first]), _sample(utterance, aligned.times[to])
        likely = sum(aligned.probabilities[first:to]) / len(group)
        words.append(Said(group, begin, end, likely, vocabulary.text(group)))
        first = to
    return words


def grow(utterance: Utterance, answer: Answer, vocabulary: Vocabulary, policy: StablePolicy) -> Outcome:
    """Commit what a partial pass confirms. The words only grow."""
    count = len(forced(utterance))
    tail, aligned = utterance.tail, answer.aligned
    if len(aligned.probabilities) != count + len(tail.tokens):
        tail = Tail()  # heard in another language
    if count:
        retimed(utterance, aligned)
    lasted = _lasted(utterance, aligned)
    look = Look(
        words=written(answer.tokens, answer.written, vocabulary),
        probabilities=aligned.probabilities[count:],
        times=aligned.times[count:],
        edge_s=seconds(utterance.seen - utterance.window),
        voice_s=seconds(utterance.voice_seen - utterance.window),
        said=lasted[-MEMORY:],
        names=[word.name for word in written(tail.tokens, answer.written, vocabulary)],
        likely=answer.likely,
    )
    outcome = confirm(tail, look, policy)
    utterance.words += heard(utterance, outcome.committed, aligned, vocabulary)
    utterance.tail = outcome.tail
    return outcome


def written(tokens: tuple[int, ...], language: str, vocabulary: Vocabulary) -> list[Written]:
    """`tokens` as words."""
    words: list[Written] = []
    for group in vocabulary.words(tokens, language):
        core = len(group)
        while core > 1 and PUNCTUATION.fullmatch(vocabulary.text(group[core - 1 : core])):
            core -= 1
        words.append(Written(group, core, _name(vocabulary.text(group))))
    return words


def _name(text: str) -> str:
    """A word without case and punctuation; a sign that stands alone as it is, but "" for one that belongs to a word."""
    name = "".join(letter for letter in text.lower() if letter.isalnum() or letter == "'")
    return name or ("" if PUNCTUATION.fullmatch(text) and not text.startswith(" ") else text.strip())


def _lasted(utterance: Utterance, aligned: Aligned) -> list[Lasted]:
    """The committed words, and how long each lasts: as the newest pass has heard it, if it is in the window. The
    punctuation that was committed after its word is no word."""
    at, lasted = 0, list[Lasted]()
    for number, word in enumerate(utterance.words):
        lasts_s = seconds(word.end - word.begin)
        if number >= utterance.left:
            to = at + len(word.tokens)
            lasts_s, at = aligned.times[to] - aligned.times[at], to
        if _name(word.text):
            lasted.append(Lasted(word.tokens, lasts_s))
    return lasted


def surplus(utterance: Utterance, policy: WindowPolicy) -> int:
    """How many of the committed words may leave the window."""
    words = utterance.words[utterance.left :]
    places = [Place(word.text, seconds(word.end - utterance.window)) for word in words]
    return trim(places, policy)


def splittable(utterance: Utterance, policy: WindowPolicy) -> bool:
    """Whether the utterance is so long that it is to be closed behind its last committed word.

    Until it is half as long again, only where a phrase ends.
    """
    age, last = seconds(utterance.seen - utterance.begin), utterance.words[-1]
    if age < policy.long_s:
        return False
    return age >= 1.5 * policy.long_s or ends_phrase(Place(last.text, 0))


def shorten(utterance: Utterance, count: int) -> int:
    """Let `count` more words leave the window. Returns where it starts now."""
    utterance.left += count
    utterance.window = utterance.words[utterance.left - 1].end // HOP * HOP
    return utterance.window


def lend(utterance: Utterance, words: Sequence[Said], keep_s: float) -> None:
    """Let a new utterance's window begin with those of the `words` said before it that end in its last `keep_s`."""
    since = utterance.begin - round(keep_s * RATE)
    count = sum(word.end > since for word in words)
    if count and count < len(words):
        utterance.words, utterance.lent = list(words[-count:]), count
        utterance.window = words[-count - 1].end // HOP * HOP


def held(before: str, text: str) -> str:
    """`text`, if it begins with the stable text `before`. Raises Retracted."""
    if not text.startswith(before):
        raise Retracted("a committed word would change")
    return text


def stable(utterance: Utterance) -> str:
    """The text that can no longer change."""
    return spell(spoken(utterance.own))


def _sample(utterance: Utterance, time_s: float) -> int:
    return utterance.window + round(time_s * RATE)
