"""What this process wrote into Redis in the last seconds, to be written again if Redis lost its tail. Pure.

A Redis that was killed comes back as it was some time before: a prefix of what was done. Each process then writes again
what it wrote behind that place, under the same ids (scripts/restore.lua), so that whoever read it before just goes on.
Order does not matter, neither of the processes nor within one: an entry is put where its id belongs, and only if it is
behind what the server had when it came back; of a hash the newest version wins.

Time is the caller's, in seconds; nothing ages while nothing is written, however long Redis is away.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Literal

from msgspec import Struct, field

from streaming import keys

Arg = str | bytes | int
Call = tuple[Sequence[str], Sequence[Arg]]

CALL_BYTES: Final = 1 << 19
"""A call is cut when it gets larger: a script that runs for long makes everybody wait."""
OVERHEAD: Final = 300
"""What an entry costs beside its bytes, about."""


class JournalPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of what was written is kept: the last `keep_s` seconds, and no more than `most_mb` MB a process.

    When it is more, the oldest is forgotten first, and then only Redis has it.
    """

    keep_s: float = 30.0
    most_mb: int = 256


class Put(Struct, frozen=True, gc=False):
    """An entry of a stream as it was written: `words` are its fields' names and values in turn; `ttl_ms` 0: none."""

    key: str
    id: str
    words: tuple[Arg, ...]
    ttl_ms: int

    @property
    def size(self) -> int:
        """Bytes, about."""
        return OVERHEAD + sum(len(one) for one in self.words if not isinstance(one, int))


class Page(Struct):
    """What one writer wrote: the newest `fields` of its hash, its entries, and what it trimmed.

    `kind`: of a `stage` the version with the greatest (epoch, n) wins, and whoever claims it anew is let be; of a
    `record` numbers only grow, and the configuration is the newest socket's. `names`: taken names of messages, with
    their times. `whole`: the stream that must have no hole, whose ids are places, and where our part of it begins.
    `again`: plain commands that do no harm when they are done twice. `refused`: why it could not be written again.
    """

    hash: str
    kind: Literal["stage", "record"]
    ttl_ms: int
    fields: dict[str, Arg] = field(default_factory=dict[str, Arg])
    entries: deque[tuple[float, Put]] = field(default_factory=deque[tuple[float, Put]])
    cuts: dict[str, str] = field(default_factory=dict[str, str])
    names: dict[str, float] = field(default_factory=dict[str, float])
    whole: tuple[str, int] | None = None
    again: list[tuple[Arg, ...]] = field(default_factory=list[tuple[Arg, ...]])
    refused: str = ""
    at: float = 0.0


class Journal:
    """All pages of a process, bounded in time and bytes. `short` is called once, with how many seconds what is kept
    reaches back, when the bytes do not suffice for the time."""

    def __init__(self, policy: JournalPolicy | None = None) -> None:
        policy = policy or JournalPolicy()
        self._keep_s = policy.keep_s
        self._most = policy.most_mb << 20
        self._pages: dict[str, Page] = {}
        self._order: deque[Page] = deque()  # whose entry is the oldest, the second oldest, ...
        self._looked = 0.0
        self.short: Callable[[float], None] | None = None
        self.size = 0

    @property
    def pages(self) -> list[Page]:
        """All of them, but those that cannot be written again."""
        return [page for page in self._pages.values() if not page.refused]

    @property
    def holes(self) -> list[Page]:
        """Those that cannot be written again, since even before their beginning something is missing."""
        return [page for page in self._pages.values() if page.refused.startswith("HOLE")]

    def __len__(self) -> int:
        """Entries that are kept."""
        return len(self._order)

    def page(self, hash_key: str, kind: Literal["stage", "record"], ttl_ms: int, now: float) -> Page:
        """The page of a writer, a new one if there is none. Ask for it with each write: a silent one is forgotten."""
        page = self._pages.get(hash_key)
        if page is None or page.refused:
            page = self._pages[hash_key] = Page(hash_key, kind, ttl_ms)
        page.at = now
        self._forget(now)
        return page

    def put(self, page: Page, put: Put) -> None:
        """An entry was written, when the page was asked for."""
        page.entries.append((page.at, put))
        self._order.append(page)
        self.size += put.size
        self._forget(page.at)

    def left(self, hash_key: str) -> None:
        """Somebody else writes that hash now, and knows better what was in it."""
        if hash_key in self._pages:
            self._pages[hash_key].fields = {}

    def _forget(self, now: float) -> None:
        """The oldest entries, and the pages of those who write no more."""
        old = now - self._keep_s
        if self.size > self._most and self.short is not None and self._order[0].entries[0][0] > old:
            self.short(now - self._order[0].entries[0][0])
            self.short = None
        while self._order and (self.size > self._most or self._order[0].entries[0][0] < old):
            page = self._order.popleft()
            _, put = page.entries.popleft()
            self.size -= put.size
            if page.whole and page.whole[0] == put.key:
                page.whole = (put.key, max(page.whole[1], int(put.id.partition("-")[0])))
        if self._looked > old + self._keep_s - 1:
            return
        self._looked = now
        for page in list(self._pages.values()):
            if page.at < old and not page.entries:
                del self._pages[page.hash]
            while page.names and next(iter(page.names.values())) < old:
                del page.names[next(iter(page.names))]


def calls(page: Page, incarnation: str) -> list[Call]:
    """One page as calls of scripts/restore.lua, none much larger than CALL_BYTES."""
    parts: list[list[Put]] = [[]]
    size = 0
    for _, put in page.entries:
        if size > CALL_BYTES:
            parts.append([])
            size = 0
        parts[-1].append(put)
        size += put.size
    return [_call(page, incarnation, part) for part in parts]


def _call(page: Page, incarnation: str, puts: Sequence[Put]) -> Call:
    whole = [page.whole] if page.whole else []
    streams = list(dict.fromkeys([*page.cuts, *(key for key, _ in whole), *(put.key for put in puts)]))
    number = {key: i for i, key in enumerate(streams, start=4)}
    args: list[Arg] = [incarnation, page.kind, page.ttl_ms]
    args += [len(page.fields), *(one for pair in page.fields.items() for one in pair)]
    args += [len(page.names), *page.names]
    args += [len(page.cuts), *(one for key, lowest in page.cuts.items() for one in (number[key], lowest))]
    args += [word for key, begin in whole for word in (number[key], begin)] or [0, 0]
    args.append(len(puts))
    for put in puts:
        args += [number[put.key], put.id, put.ttl_ms, len(put.words), *put.words]
    return [page.hash, keys.restored(page.hash), keys.refs_of(page.hash), *streams], args
