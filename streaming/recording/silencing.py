"""Where the sound of a recording says what moderation has masked in its text. Pure.

Words have times, and verdicts have spans of words. Times of words are those of a model that listens, which errs, and
may miss some digits. So a stretch reaches from the end of the word before to the beginning of the word after, also
where these are in other segments of the channel; and at least `REACH_MS` to each side, `EDGE_MS` at the ends of a
segment. A segment without times of words is silent as a whole.
"""

from collections.abc import Sequence
from typing import Final

from streaming.archive.kept import Silence
from streaming.audio import RATE
from streaming.events import ModerationVerdict, TranscriptFinal, Word

REACH_MS: Final = 300
"""Of 40 numbers dictated without a pause before or behind, with tiny.en and base, some were told to begin 200 ms
late or to end 240 ms early."""
EDGE_MS: Final = 500
ACROSS_MS: Final = 10_000
"""A segment farther away than this says nothing of where the number began or ended."""
RECENT: Final = 64
"""Finals that a verdict may still be about: it stands right behind its own."""


class Silencing:
    """A fold over the log. `categories`: beginnings of those that are to be silent; with none of them nothing is."""

    def __init__(self, categories: Sequence[str]) -> None:
        self.silences: list[Silence] = []
        self._categories = tuple(categories)
        self._finals: dict[int, TranscriptFinal] = {}
        self._before: dict[int, int] = {}
        """By segment: where (ms) the one before it ended on its channel, if that was not long ago."""
        self._ended: dict[int, int] = {}
        """By channel: where the last segment ended."""
        self._trailing: set[int] = set()
        """Channels whose last segment ended in what was masked."""

    def said(self, final: TranscriptFinal) -> None:
        """The next final; typed ones have no sound."""
        if final.source != "speech" or not self._categories:
            return
        begin, end, channel = _begin(final), _end(final), final.channel
        before = self._ended.get(channel)
        if before is not None and before <= begin <= before + ACROSS_MS:
            self._before[final.segment] = before
            if channel in self._trailing:
                self._add(channel, before, begin)
        self._trailing.discard(channel)
        self._ended[channel] = end
        self._finals[final.segment] = final
        if len(self._finals) > RECENT:
            oldest = next(iter(self._finals))
            del self._finals[oldest]
            self._before.pop(oldest, None)

    def judged(self, verdict: ModerationVerdict) -> None:
        """What was decided about one of them."""
        final = self._finals.get(verdict.target.segment or 0)
        masks = verdict.action == "redact" and any(
            one.startswith(self._categories) for one in verdict.categories
        )
        if final is None or not masks:
            return
        words = final.words
        first, last = _touched(words, verdict.span)
        if first > 0:
            begin = min(words[first - 1].end_ms, words[first].start_ms - REACH_MS)
        else:
            at = _begin(final)
            begin = min(at - EDGE_MS, self._before.get(final.segment, at))
        if last + 1 < len(words):
            end = max(words[last + 1].start_ms, words[last].end_ms + REACH_MS)
        else:
            end = _end(final) + EDGE_MS
            self._trailing.add(final.channel)
        self._add(final.channel, begin, end)

    def _add(self, channel: int, begin_ms: int, end_ms: int) -> None:
        first, last = max(0, begin_ms) * RATE // 1000, end_ms * RATE // 1000
        if first < last:
            self.silences.append(Silence(channel, first, last))


def _begin(final: TranscriptFinal) -> int:
    return min([final.start_ms, *(word.start_ms for word in final.words[:1])])


def _end(final: TranscriptFinal) -> int:
    return max([final.end_ms, *(word.end_ms for word in final.words[-1:])])


def _touched(words: Sequence[Word], span: tuple[int, int]) -> tuple[int, int]:
    """The first and the last of `words` in `span`; all of them where none is."""
    begin, end = span
    found = [
        place
        for place, word in enumerate(words)
        if word.offset < end and word.offset + len(word.text) > begin
    ]
    return (found[0], found[-1]) if found else (0, len(words) - 1)
