"""A reply (or a suggestion) on its way from `draft` to the log: rules and masks, then the judge, by the mode. Pure.

- `hold`: text is shown when the rules and the judge have passed it. What the judge blocks is never shown; what was
  shown before stays.
- `stream_first`: text is shown when the rules have passed it, the judge comes behind: what it blocks is taken back.
  What personal data and forbidden phrases may still become is held back in this mode too.
- `block_all`: nothing is shown before all of it has passed; if anything is blocked, nothing ever is.

A judge that does not answer is no reason to show anything in `hold` and `block_all`; in `stream_first` a flag says that
nobody judged. Of all that has to be known after a restart, text is in `draft` (what was not shown) or in the log.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from moderation.gate import Cursor, Gate, Judged, Release
from moderation.levels import UNJUDGED
from moderation.place import Kept
from moderation.screen import Screen
from moderation.watch import Answer, Ask, Conduct, asked, flag, retraction, unjudged, worst
from streaming.parts import Target


class Writing:
    """Text in, releases out. After a restart: with `cursor` and `checked` as they were, what was `shown`, and each
    entry of `draft` from the first one kept recalled."""

    def __init__(
        self,
        screen: Screen,
        conduct: Conduct,
        cursor: Cursor | None = None,
        checked: int = 0,
        shown: str = "",
    ) -> None:
        self.cursor = cursor or Cursor()
        self._conduct = conduct
        self._gate = Gate(screen, self.cursor)
        self._passed = shown  # by the rules, masked
        self._shown = len(shown)
        self._checked = checked
        self._queue: list[tuple[Release, Cursor]] = []
        self._flags: list[Judged] = []
        self._kept: list[Kept] = []
        self._closed = self._blocked = False

    # ---- what is known of it -------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """As it was shown."""
        return self._passed[: self._shown]

    @property
    def checked(self) -> int:
        """Code points of the text that the judge has passed, as far as a successor need not ask again."""
        return 0 if self._conduct.mode == "block_all" else self._checked

    @property
    def unasked(self) -> int:
        """From which code point on the judge has yet to see it: what is owed when it is over."""
        return self._checked

    @property
    def first(self) -> Kept | None:
        """The first entry that is still needed."""
        return self._kept[0] if self._kept else None

    @property
    def waits(self) -> bool:
        """Whether something of it waits for the judge: it is not over before."""
        return bool(self._queue) or (self._judges and bool(self._passed[self._checked :].strip()))

    @property
    def _judges(self) -> bool:
        return bool(self._conduct.judge)

    # ---- text ----------------------------------------------------------------------------------------------

    def recall(self, entry: str, text: str, begin: int) -> None:
        """An entry that was taken before a restart, whose text begins at code point `begin` (below 0: before what is
        needed)."""
        self._kept.append(Kept(entry, begin, begin + len(text)))
        self._gate.recall(text[max(0, -begin) :])

    def recalled(self) -> None:
        """All was recalled: what the rules have passed waits again, for the judge or for what comes next."""
        self._queued(self._gate.feed(""))

    def feed(self, entry: str, text: str) -> Release:
        """More of it, and what may be shown now."""
        begin = self._kept[-1].end if self._kept else self._gate.consumed
        self._kept.append(Kept(entry, begin, begin + len(text)))
        return self._pass(self._gate.feed(text))

    def close(self) -> Release:
        """There is no more of it. Again: nothing."""
        if self._closed:
            return Release()
        self._closed = True
        return self._pass(self._gate.finish())

    def _pass(self, release: Release) -> Release:
        self._queued(release)
        return self._flush()

    def _queued(self, release: Release) -> None:
        """Behind what the rules have blocked nothing counts, however long that waits for the judge."""
        if self._blocked:
            return
        self._passed += release.text
        self._blocked = release.blocked
        self._queue.append((release, self._gate.cursor))

    def _flush(self) -> Release:
        """All of the queue that may be shown."""
        if self._queue and self._blocked and self._conduct.mode == "block_all":
            return self._refused(self._queue[-1][0].judged[-1])
        ready, text, judged = self._ready(), "", list[Judged]()
        blocked = False
        while self._queue and self._queue[0][1].shown <= ready:
            release, self.cursor = self._queue.pop(0)
            text += release.text
            judged += release.judged
            blocked = release.blocked
        self._shown += len(text)
        self._kept = [kept for kept in self._kept if kept.end > self.cursor.consumed]
        return Release(text, judged, blocked)

    def _ready(self) -> int:
        """Code points that may be shown."""
        size = len(self._passed)
        match self._conduct.mode:
            case "stream_first":
                return size
            case "hold":
                return self._judged if self._judges else size
            case "block_all":
                whole = not self._judges or self._judged == size
                return size if self._closed and whole else -1

    @property
    def _judged(self) -> int:
        """Code points that were judged; blank ones need no judge."""
        fresh = self._passed[self._checked :]
        return self._checked + len(fresh) - len(fresh.lstrip())

    # ---- the judge -----------------------------------------------------------------------------------------

    def due(self, target: Target) -> Ask | None:
        """What the judge is to be asked now, if it is not being asked."""
        if not self._judges or (self._conduct.mode == "block_all" and not self._closed):
            return None
        return asked(target, self._passed, self._checked, closed=self._closed or self._blocked)

    def answered(self, ask: Ask, answer: Answer) -> Release:
        """What the answer to `ask` lets out."""
        if answer.scores is None:
            return self._unanswered(ask, answer.latency_ms)
        behind = self._conduct.mode == "stream_first"
        judged: list[Judged] = []
        for span, weighed in worst(ask, answer.scores, self._conduct.thresholds):
            if weighed.action == "flag":
                judged.append(flag(span, weighed, self._conduct, answer.latency_ms))
            elif behind:
                return self._retracted(retraction(span, weighed, self._conduct, answer.latency_ms), judged)
            else:
                told = Judged((0, 0), "block", weighed.categories, None, weighed.score, self._conduct.judge)
                return self._refused(replace(told, latency_ms=answer.latency_ms))
        self._checked = ask.end
        self._flags += judged
        release = self._flush()
        if self._conduct.mode == "block_all" and self.waits:
            return release  # nobody has seen yet what was flagged
        judged, self._flags = self._flags, []
        return replace(release, judged=[*release.judged, *judged])

    def _unanswered(self, ask: Ask, latency_ms: float) -> Release:
        if self._conduct.mode == "stream_first":
            span, self._checked = (self._checked, ask.end), ask.end
            return Release(judged=[unjudged(span, self._conduct, latency_ms)])
        if self._conduct.away == "hold":
            return Release()
        return self._refused(Judged((0, 0), "block", (UNJUDGED,), None, 0.0, self._conduct.judge, latency_ms))

    def _refused(self, told: Judged) -> Release:
        """Nothing more of it is shown."""
        self._queue = []
        self._passed = self._passed[: self._shown]
        self._checked = self._shown
        return Release(judged=[replace(told, span=(self._shown, self._shown))], blocked=True)

    def _retracted(self, told: Judged, before: Sequence[Judged]) -> Release:
        """What was shown from the window's beginning on is taken back, and it is over."""
        begin = told.span[0]
        told = replace(told, span=(begin, self._shown))
        self._queue = []
        self._passed = self._passed[:begin] + (told.replacement or "")
        self._shown = self._checked = len(self._passed)
        return Release(judged=[*before, told], blocked=True)
