"""Where in a text names of people may be, and what must be read to tell whether they are. Pure.

A run begins at a word that may be of a name: it has a capital and is none of PLAIN, or it is one of OPENERS, behind
which a name stands in small letters too. It ends with the end of a sentence, behind GAP words that are not of the kind,
or at MOST words. It is read with up to LEFT words before it, none of which is another run's, and where MOST has cut it
with RIGHT behind it. What a run is read with therefore depends on the text alone, never on how the text came, and a
text may be read from the beginning of any run's reading on.
"""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from moderation.finding import LETTERS
from moderation.normalize import WIDE

WORD: Final = re.compile(rf"[^\s{WIDE}]+")
LEFT: Final = 8
RIGHT: Final = 4
GAP: Final = 3
MOST: Final = 16
CLOSERS: Final = "\"')]}»”’"
INITIALS: Final = re.compile(r"(?:[^\W\d_]\.)+")
TITLES: Final = frozenset({
    "mr", "mrs", "ms", "miss", "mx", "mister", "dr", "doctor", "prof", "professor", "sir", "madam",
})  # fmt: skip
ABBREVIATED: Final = frozenset({"mr", "mrs", "ms", "mx", "dr", "prof", "st", "jr", "sr"})
OPENERS: Final = TITLES | frozenset({"name", "name's", "names", "named", "surname", "called"})
PLAIN: Final = frozenset({
    "a", "about", "absolutely", "actually", "after", "again", "ah", "all", "alright", "also", "although", "am",
    "an", "and", "any", "anyway", "are", "as", "at", "because", "before", "both", "but", "by", "bye", "can",
    "certainly", "could", "dear", "did", "do", "does", "each", "either", "every", "everything", "excellent",
    "excuse", "few", "first", "for", "from", "get", "give", "go", "good", "goodbye", "great", "had", "has", "have",
    "he", "hello", "her", "here", "hey", "hi", "his", "how", "however", "i", "if", "in", "instead", "is", "it",
    "its", "just", "last", "let", "like", "many", "maybe", "more", "most", "my", "neither", "never", "next", "no",
    "none", "nope", "not", "nothing", "now", "of", "oh", "ok", "okay", "on", "once", "one", "only", "or", "other",
    "our", "perfect", "perhaps", "please", "really", "right", "same", "see", "she", "should", "since", "so", "some",
    "something", "sometimes", "sorry", "still", "such", "sure", "thank", "thanks", "that", "the", "their", "then",
    "there", "therefore", "these", "they", "this", "those", "though", "to", "today", "tomorrow", "too", "two", "uh",
    "um", "under", "unless", "until", "us", "very", "was", "we", "welcome", "well", "were", "what", "whatever",
    "when", "where", "which", "while", "who", "whose", "why", "with", "without", "would", "yeah", "yep", "yes",
    "yesterday", "yet", "you", "your", "yours",
})  # fmt: skip
"""Words that are no part of a name, wherever they stand. Words that may be one ("will", "may", "mark") are not here."""


class Run(Struct, frozen=True):
    """Names that begin in [begin, end) are this run's; [first, last) is read to find them, and is there if it is
    `whole`. Places are code points."""

    begin: int
    end: int
    first: int
    last: int
    whole: bool


class Reading(Struct, frozen=True):
    """A text's runs. What begins before `held` belongs to a run that is whole, or to none, whatever follows;
    `veiled` is the same for a display that may be corrected. The next run is read from `behind` on, or from later."""

    runs: Sequence[Run]
    held: int
    veiled: int
    behind: int


def read(text: str, *, closed: bool) -> Reading:
    """The runs of `text`; unless it is `closed`, more may follow."""
    words = list(WORD.finditer(text))
    tail = words.pop() if words and not closed and words[-1].end() == len(text) else None
    told = [word[0] for word in words]
    runs: list[Run] = []
    place = floor = 0
    while place < len(words):
        if not candidate(told[place]):
            place += 1
            continue
        begin, first = place, max(floor, place - LEFT)
        place, why = _stop(told, begin)
        right = _right(told, place) if why == "cut" else place
        there = why == "over" or (why == "cut" and (right == place + RIGHT or ends(told[right - 1])))
        floor = place
        spans = (words[begin].start(), words[place - 1].end(), words[first].start(), words[right - 1].end())
        runs.append(Run(*spans, closed or there))
    waits = [run.begin for run in runs if not run.whole]
    grows = [tail.start()] if tail and len(tail[0]) <= LETTERS else []
    seen = grows if tail and candidate(tail[0]) else []
    behind = max(floor, len(words) - LEFT)
    next_from = words[behind].start() if behind < len(words) else tail.start() if tail else len(text)
    return Reading(runs, min([*waits, *grows, len(text)]), min([*waits, *seen, len(text)]), next_from)


def _stop(words: Sequence[str], begin: int) -> tuple[int, str]:
    """Behind the last word of the run that begins at `begin`, and why there: the run is "over", it was "cut", or there
    is no more ("open")."""
    last = begin
    for place in range(begin, len(words)):
        if candidate(words[place]):
            last = place
        if ends(words[place]) or place - last >= GAP:
            return place + 1, "over"
        if place - begin + 1 >= MOST:
            return place + 1, "cut"
    return len(words), "open"


def _right(words: Sequence[str], place: int) -> int:
    """Behind the words that are read behind `place`."""
    right = place
    while right < min(place + RIGHT, len(words)) and not (right > place and ends(words[right - 1])):
        right += 1
    return right


def key(word: str) -> str:
    """A word as the lists here have it: small, without signs around it."""
    return word.replace("’", "'").casefold().strip(".,;:!?…\"'()[]{}«»“”-*_#")


def plain(word: str) -> bool:
    """Whether it is no part of a name, wherever it stands."""
    known = key(word)
    return not known or known in PLAIN or known.endswith("n't") or known.partition("'")[0] in PLAIN


def candidate(word: str) -> bool:
    """Whether a run may begin with it."""
    if len(word) > LETTERS:
        return False
    return key(word) in OPENERS or (any(map(str.isupper, word)) and not plain(word))


def ends(word: str) -> bool:
    """Whether a sentence ends with it."""
    bare = word.rstrip(CLOSERS)
    if not bare.endswith((".", "?", "!", "…")):
        return False
    return not (INITIALS.fullmatch(bare) or key(bare) in ABBREVIATED)
