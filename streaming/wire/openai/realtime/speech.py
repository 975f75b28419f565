"""What is heard, as items: which words belong to which, and when one is whole. Pure.

The sound that comes is the item to be; its id is given when somebody begins to speak, or at its first word. A turn that
ended makes it an item (`server_vad`, `semantic_vad`), or its client does (`commit`): then `audio.finalized` says that
nothing more of it will come, and words until there are its own. What was cleared is such an item, which nobody sees.

Deltas are the words that can no longer change, in order: the transcript of an item is exactly what its deltas were, but
for what moderation took back since.
"""

import enum
from collections import deque
from collections.abc import Callable
from typing import Final

from msgspec import Struct, field

from streaming.events import TranscriptFinal, TranscriptPartial


class Voice(enum.Enum):
    """Where the speaker is."""

    QUIET = "nobody has spoken since the last item"
    SPEAKING = "somebody speaks"
    PAUSED = "nobody speaks, and the item is not made yet"


class Sign(enum.Enum):
    """What happens to a speaker."""

    STARTED = "speech.started"
    STOPPED = "speech.stopped"
    MADE = "the item is made, or cleared"


NEXT: Final[dict[tuple[Voice, Sign], Voice]] = {
    (Voice.QUIET, Sign.STARTED): Voice.SPEAKING,
    (Voice.QUIET, Sign.MADE): Voice.QUIET,
    (Voice.SPEAKING, Sign.STOPPED): Voice.PAUSED,
    (Voice.SPEAKING, Sign.MADE): Voice.QUIET,
    (Voice.PAUSED, Sign.STARTED): Voice.SPEAKING,
    (Voice.PAUSED, Sign.MADE): Voice.QUIET,
}
"""What is not in it changes nothing and is not told: a voice that stops after its item was committed, say."""


def table() -> str:
    """`NEXT`, to be read."""
    return "\n".join(f"{a.name:9}{sign.name:9}-> {b.name}" for (a, sign), b in NEXT.items())


class Utterance(Struct):
    """What is or will be an item: final texts by segment, and how much of each segment was told.

    `committed`: its client, or a turn, made it an item; `cleared`: nobody wants it; `whole`: all its words are
    known. Times in ms of the session's sound.
    """

    id: str
    segments: dict[int, str] = field(default_factory=dict[int, str])
    told: dict[int, int] = field(default_factory=dict[int, int])
    languages: dict[str, None] = field(default_factory=dict[str, None])
    begin_ms: int | None = None
    end_ms: int = 0
    committed: bool = False
    cleared: bool = False
    whole: bool = False

    @property
    def transcript(self) -> str:
        """All its final words."""
        return " ".join(text for text in self.segments.values() if text.strip())

    @property
    def seconds(self) -> float:
        """How long it took to say."""
        return round(max(0, self.end_ms - (self.begin_ms or 0)) / 1000, 3)

    def grown(self, segment: int, text: str) -> str:
        """What is to be told more, now that `text` of a segment can no longer change."""
        was = self.told.get(segment, 0)
        more = text[was:]
        if not more:
            return ""
        lead = " " if not was and any(self.told.values()) else ""
        self.told[segment] = len(text)
        return lead + more


class Speech:
    """The utterances of one session. `named` gives new ids."""

    def __init__(self, named: Callable[[], str]) -> None:
        self._named = named
        self._now: Utterance | None = None
        self._waiting: deque[Utterance] = deque()
        self.voice = Voice.QUIET

    @property
    def waits(self) -> bool:
        """Whether an item was committed of which not all words are known."""
        return any(not one.cleared for one in self._waiting)

    def sign(self, sign: Sign) -> bool:
        """Whether this is news."""
        after = NEXT.get((self.voice, sign))
        if after is None:
            return False
        self.voice = after
        return True

    def now(self) -> Utterance:
        """The item to be."""
        if self._now is None:
            self._now = Utterance(self._named())
        return self._now

    def partial(self, heard: TranscriptPartial) -> tuple[Utterance, str]:
        """Whose words these are, and what can be told more of them."""
        spoken = self._whose()
        return spoken, spoken.grown(heard.segment, heard.text[: heard.stable])

    def final(self, heard: TranscriptFinal) -> tuple[Utterance, str]:
        """As `partial`: all of a segment."""
        spoken = self._whose()
        if heard.text.strip():
            spoken.segments[heard.segment] = heard.text
            spoken.languages[heard.language] = None
            spoken.begin_ms = heard.start_ms if spoken.begin_ms is None else spoken.begin_ms
            spoken.end_ms = max(spoken.end_ms, heard.end_ms)
        return spoken, spoken.grown(heard.segment, heard.text)

    def turned(self) -> Utterance | None:
        """A turn ended: the item that this makes. None: its client has committed it already, or there are no words."""
        if self._waiting or self._now is None or not self._now.segments:
            return None
        spoken, self._now = self._now, None
        spoken.committed = True
        self.sign(Sign.MADE)
        return spoken

    def commit(self) -> Utterance:
        """What came until here is an item; its words may yet come."""
        spoken, self._now = self.now(), None
        spoken.committed = True
        self._waiting.append(spoken)
        self.sign(Sign.MADE)
        return spoken

    def clear(self) -> None:
        """What came until here is not wanted."""
        spoken, self._now = self.now(), None
        spoken.cleared = True
        self._waiting.append(spoken)
        self.sign(Sign.MADE)

    def finalized(self) -> Utterance | None:
        """All words until a commit, or a clear, are known: its item, if anybody wants it."""
        spoken = self._waiting.popleft() if self._waiting else None
        return None if spoken is None or spoken.cleared else spoken

    def left(self) -> list[Utterance]:
        """Nothing more will come: items that wait for words which will not come."""
        left, self._waiting = [one for one in self._waiting if not one.cleared], deque()
        return left

    def _whose(self) -> Utterance:
        return self._waiting[0] if self._waiting else self.now()
