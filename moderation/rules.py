"""Word lists, all matched in one pass through the text, also while it is still being written. Pure.

The automaton is that of Aho and Corasick ("Efficient string matching", CACM 18(6), 1975) with words for letters. A
word is read as a list may mean it: l, 1, ! and | are all i, other digits and signs the letters they look like (in a
word that has letters), and letters drawn out to three or more as two or one, whichever a list knows.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final, Literal

import msgspec
from msgspec import Struct

from moderation import pii
from moderation.finding import LETTERS, Finding, Seen
from moderation.normalize import WIDE, Plain

WORD: Final = re.compile(rf"(?:[^\W_{WIDE}]|[@$!|])+|[{WIDE}]")
LEET: Final = str.maketrans("01345789l@$!|", "oieastbgiasii")
DRAWN: Final = re.compile(r"(.)\1{2,}")
EDGES: Final = "@$!|"
APART: Final = 8
"""Words with more than this many signs between them are no phrase."""


class WordList(Struct, frozen=True, forbid_unknown_fields=True):
    """Phrases of one `category`, and what is done about them; `replacement` is for those that are masked."""

    category: str
    action: Literal["flag", "redact", "block"]
    phrases: tuple[str, ...]
    replacement: str = "[removed]"


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    list: tuple[WordList, ...]


class _Node(Struct):
    """A state: its `children` by word, how many words lead to it, and the lists that have them as a phrase.

    `starts`: every beginning of a word that goes on to a phrase that is masked.
    """

    depth: int = 0
    children: dict[str, int] = {}
    fail: int = 0
    lists: list[int] = []
    starts: set[str] = set()


class Read(Struct, frozen=True):
    """A word as the lists know it ("" when they do not), at [start, end) of the normalised text."""

    word: str
    start: int
    end: int


class Rules:
    """Word lists, ready to be looked for. `ref` is what stands in `made_by`: `rules@` and 16 digits of `hash`."""

    def __init__(self, files: Sequence[bytes]) -> None:
        """`files`: contents of TOML files of lists. Raises ValueError with a line that says what is wrong."""
        self.lists = [one for file in files for one in parsed(file)]
        self.hash = sha256(b"\0".join((*files, pii.VERSION.encode()))).hexdigest()
        self.ref = f"rules@{self.hash[:16]}"
        self._known: set[str] = set()
        self._nodes = [_Node()]
        self._cache: dict[str, tuple[str, int, int]] = {}
        for number, one in enumerate(self.lists):
            for phrase in one.phrases:
                self._add(number, phrase)
        self._link()

    def look(self, text: Plain) -> Seen:
        """All phrases in `text`."""
        findings: list[Finding] = []
        words: list[Read] = []
        state, end, tail = 0, len(text.chars), None
        for found in WORD.finditer(text.chars):
            if words and found.start() - words[-1].end > APART:
                state = 0
            if found.end() == end and not text.closed and found[0] < "\u2e80":
                tail = found
                break
            words.append(self._read(found[0], found.start()))
            state = self._next(state, words[-1].word)
            findings += self._found(state, words)
        if tail is None and (text.closed or not words or end - words[-1].end > APART):
            return Seen(findings, end, end)
        held = self._begin(state, words, end)
        if tail is not None and tail.end() - tail.start() <= LETTERS:
            held = min(held, tail.start())
        return Seen(findings, held, self._veiled(state, words, tail, end))

    # ---- reading -------------------------------------------------------------------------------------------

    def _read(self, raw: str, start: int) -> Read:
        if raw not in self._cache:
            if len(self._cache) > 10_000:
                self._cache.clear()
            self._cache[raw] = self._meant(raw)
        word, before, behind = self._cache[raw]
        return Read(word, start + before, start + len(raw) - behind)

    def _meant(self, raw: str) -> tuple[str, int, int]:
        if len(raw) > LETTERS:
            return "", 0, 0
        bare = raw.strip(EDGES)
        before = len(raw) - len(raw.lstrip(EDGES)) if bare else 0
        for shown in (raw, bare):
            for word in _ways(shown):
                if word in self._known:
                    return (word, 0, 0) if shown == raw else (word, before, len(raw) - before - len(bare))
        return "", 0, 0

    def _next(self, state: int, word: str) -> int:
        while state and word not in self._nodes[state].children:
            state = self._nodes[state].fail
        return self._nodes[state].children.get(word, 0)

    def _found(self, state: int, words: Sequence[Read]) -> Iterable[Finding]:
        while state:
            node = self._nodes[state]
            for number in node.lists:
                one = self.lists[number]
                masked = None if one.action == "flag" else one.replacement
                start = words[-node.depth].start
                yield Finding(start, words[-1].end, (one.category,), one.action, masked)
            state = node.fail

    # ---- what may still become a phrase --------------------------------------------------------------------

    def _begin(self, state: int, words: Sequence[Read], end: int) -> int:
        depth = self._nodes[state].depth
        return words[-depth].start if depth else end

    def _veiled(self, state: int, words: Sequence[Read], tail: re.Match[str] | None, end: int) -> int:
        """Where a phrase begins that may be masked, as far as it stands there."""
        ways = {way for raw in (tail[0], tail[0].strip(EDGES)) for way in _ways(raw)} if tail else set[str]()
        while True:
            node = self._nodes[state]
            if tail and node.starts & ways:
                return words[-node.depth].start if node.depth else tail.start()
            if not tail and node.depth and node.starts:
                return words[-node.depth].start
            if not state:
                return end
            state = node.fail

    # ---- building ------------------------------------------------------------------------------------------

    def _add(self, number: int, phrase: str) -> None:
        words = [next(iter(_ways(found[0]))) for found in WORD.finditer(phrase.lower())]
        if not words:
            raise ValueError(f"a phrase of {self.lists[number].category} has no words: {phrase!r}")
        state = 0
        for word in words:
            node = self._nodes[state]
            self._known.add(word)
            if self.lists[number].action != "flag":
                node.starts.update(word[:size] for size in range(1, len(word) + 1))
            if word not in node.children:
                node.children[word] = len(self._nodes)
                self._nodes.append(_Node(depth=node.depth + 1))
            state = node.children[word]
        self._nodes[state].lists.append(number)

    def _link(self) -> None:
        waiting = list(self._nodes[0].children.values())
        for state in waiting:  # grows: breadth first
            for word, child in self._nodes[state].children.items():
                self._nodes[child].fail = self._next(self._nodes[state].fail, word)
                waiting.append(child)


def _ways(raw: str) -> Mapping[str, None]:
    """The ways to read a word, the plainest first."""
    lettered = any(sign.isalpha() for sign in raw)
    read = raw.translate(LEET) if lettered else raw
    return dict.fromkeys((read, DRAWN.sub(r"\1\1", read), DRAWN.sub(r"\1", read)))


def parsed(file: bytes) -> tuple[WordList, ...]:
    """The lists of a TOML file. Raises ValueError with a line that says what is wrong."""
    try:
        return msgspec.convert(tomllib.loads(file.decode()), _File).list
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as wrong:
        raise ValueError(f"word lists: {wrong}") from None
