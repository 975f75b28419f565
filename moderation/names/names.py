"""The names in a text, as far as who finds them has said. Pure.

Answers are kept by what was read, so a text that is looked at again, grown, is judged the same. What is not known yet
is held back in a text that goes on, and masked in one that does not; in `wanted` stands what to ask.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from moderation.finding import Finding
from moderation.levels import UNJUDGED
from moderation.names.runs import TITLES, WORD, Run, key, plain, read

CATEGORY: Final = "pii/name"
REPLACEMENT: Final = "[name]"
MOST: Final = 4096
"""Answers that are kept from one fact to the next."""
Spans = Sequence[tuple[int, int]]
"""Names in a text: [start, end) of each, in order, none of which overlaps another."""


class Named(Struct, frozen=True):
    """As `Seen`, but that places are of the text as it is. `read`: what each run is read with, and what a
    run that follows may be."""

    findings: Sequence[Finding]
    held: int
    veiled: int
    read: Spans


class Names:
    """One session's. `ref` is who finds them; `allowed` are names that are not masked, in any case of letters."""

    def __init__(self, ref: str, allowed: Iterable[str] = ()) -> None:
        self._ref = ref
        self._allowed = {_words(name) for name in allowed}
        self._known: dict[str, Spans | None] = {}
        self.wanted: dict[str, None] = {}
        """Texts that were looked for, and are not known: in order."""

    def begin(self) -> None:
        """Nothing is wanted; what was known long ago is forgotten."""
        self.wanted = {}
        for old in list(self._known)[:-MOST]:
            del self._known[old]

    def learn(self, texts: Sequence[str], answers: Sequence[Spans] | None) -> None:
        """What is in each of `texts`; None: nobody could tell, and all of them that may be a name is masked."""
        self._known |= dict(zip(texts, answers, strict=True)) if answers is not None else dict.fromkeys(texts)
        for text in texts:
            self.wanted.pop(text, None)

    def look(self, text: str, *, closed: bool) -> Named:
        """The names in `text`; unless it is `closed`, more may follow."""
        reading = read(text, closed=closed)
        findings: list[Finding] = []
        held, veiled = reading.held, reading.veiled
        for run in reading.runs:
            if not run.whole:
                break
            told = text[run.first : run.last]
            if told in self._known:
                self._known[told] = spans = self._known.pop(told)  # the last to be forgotten
                findings += self._own(text, run, spans)
                continue
            self.wanted[told] = None
            findings += self._own(text, run, None)
            if not closed:
                held, veiled = min(held, run.begin), min(veiled, run.begin)
        following = (reading.behind, len(text) + 1)
        return Named(findings, held, veiled, [*((run.first, run.last) for run in reading.runs), following])

    def _own(self, text: str, run: Run, spans: Spans | None) -> list[Finding]:
        """What of `spans`, as they were read, is this run's."""
        if spans is None:
            found = (CATEGORY, UNJUDGED)
            return [Finding(run.begin, run.last, found, replacement=REPLACEMENT, made_by=self._ref)]
        out: list[Finding] = []
        for begin, stop in spans:
            start, end = max(run.begin, run.first + begin), run.first + stop
            if start >= min(end, run.end):
                continue
            if span := self._masked(text, start, end):
                out.append(Finding(*span, (CATEGORY,), replacement=REPLACEMENT, made_by=self._ref))
        return out

    def _masked(self, text: str, start: int, end: int) -> tuple[int, int] | None:
        """The whole words of a name, without titles, and words before and behind it that are none; None: nothing is
        masked."""
        while start and WORD.match(text[start - 1]):
            start -= 1
        words = [word for word in WORD.finditer(text, start) if word.start() < end]
        while words and _apart(words[0][0]):
            del words[0]
        while words and _apart(words[-1][0]):
            del words[-1]
        if not words or tuple(key(_bare(word[0])) for word in words) in self._allowed:
            return None
        first, last = words[0], words[-1]
        lead = len(first[0]) - len(first[0].lstrip("\"'([{«“*_-"))
        return first.start() + lead, last.start() + len(_bare(last[0]))


def _apart(word: str) -> bool:
    return plain(word) or key(word) in TITLES


def _words(name: str) -> tuple[str, ...]:
    return tuple(map(key, name.split()))


def _bare(word: str) -> str:
    """Without the signs behind it, and without the "'s" of whose something is."""
    bare = word.rstrip(".,;:!?…\"'()[]{}«»“”’*_-")
    return bare[:-2] if bare.endswith(("'s", "’s")) else bare
