"""Who speaks when, from the sound: both at once, nobody at all, and how fast. Pure folds; ms of the session's sound.

Each incident is told once: two that are less than `calm_s` apart are one. Talking over each other is told when the
first of them stops, since only then it is known for how long they did; dead air by a timer, or, for sound that comes
faster than it was spoken, when somebody speaks again.
"""

from collections import deque

from msgspec import Struct

from llm.assist.policy import SoundPolicy
from streaming.answers import AlertKind
from streaming.events import AudioGap, Event, SpeechStarted, SpeechStopped, TranscriptFinal

_TALKERS = 2
_BREATH = 0.9
MINUTE_MS = 60_000
FEWEST = 8
"""Words: the pace of fewer tells nothing."""


class Heard(Struct, frozen=True):
    """An alert without its number."""

    kind: AlertKind
    name: str
    from_ms: int
    to_ms: int
    channel: int | None = None
    segment: int | None = None
    value: float | None = None


class TalkOver:
    """The agent and the customer speak at the same time."""

    def __init__(self, policy: SoundPolicy) -> None:
        self._policy = policy
        self._since: dict[int, int] = {}
        self._calm_from: int | None = None
        self._told = False

    def heard(self, event: Event) -> list[Heard]:
        """The log's next event."""
        match event:
            case SpeechStarted(channel=channel, at_ms=at) if channel < _TALKERS:
                self._since.setdefault(channel, at)
            case SpeechStopped(channel=channel, at_ms=at) if channel in self._since:
                both = len(self._since) == _TALKERS
                begin = max(self._since.values())
                del self._since[channel]
                return self._over(begin, at) if both and at > begin else []
            case _:
                pass
        return []

    def _over(self, begin: int, end: int) -> list[Heard]:
        if self._calm_from is None or begin - self._calm_from >= self._policy.calm_s * 1000:
            self._told = False
        self._calm_from = end
        if self._told or not 0 < self._policy.talk_over_ms <= end - begin:
            return []
        self._told = True
        return [Heard("talk_over", "talk over", begin, end, value=(end - begin) / 1000)]


class DeadAir:
    """Nobody speaks. The clock of `due` is any that runs on, in ms; it is read when an event comes."""

    def __init__(self, policy: SoundPolicy) -> None:
        self._limit_ms = round(policy.dead_air_s * 1000)
        self._speaking: set[int] = set()
        self._since: tuple[int, int] | None = None
        self._told = False

    def heard(self, event: Event, now_ms: int) -> list[Heard]:
        """The log's next event, read at `now_ms`. A gap is no silence: nobody knows what was said in it."""
        match event:
            case SpeechStarted(channel=channel, at_ms=at):
                self._speaking.add(channel)
                found = self._found(at)
                self._since = None
                return found
            case SpeechStopped(channel=channel, at_ms=at):
                self._speaking.discard(channel)
                if not self._speaking:
                    self._begin(at, now_ms)
            case AudioGap(to_ms=to) if self._since is not None:
                self._begin(round(to), now_ms)
            case _:
                pass
        return []

    def due(self, now_ms: int) -> list[Heard]:
        """What has come of it by now, when the sound comes at the pace of speech."""
        if self._since is None:
            return []
        at, read = self._since
        return self._found(at + now_ms - read)

    def wait_ms(self, now_ms: int) -> int | None:
        """How long until `due` may have something; None: not before something else happens."""
        if self._since is None or self._told or not self._limit_ms:
            return None
        return max(0, self._since[1] + self._limit_ms - now_ms)

    def _begin(self, at: int, now_ms: int) -> None:
        self._since, self._told = (at, now_ms), False

    def _found(self, until: int) -> list[Heard]:
        if self._since is None or self._told or not self._limit_ms or until - self._since[0] < self._limit_ms:
            return []
        self._told = True
        begin = self._since[0]
        return [Heard("dead_air", "dead air", begin, until, value=(until - begin) / 1000)]


class Pace:
    """Words a minute of each speaker."""

    def __init__(self, policy: SoundPolicy) -> None:
        self._policy = policy
        self._spoken: dict[int, deque[tuple[int, int, int]]] = {}
        self._fast: set[int] = set()

    def heard(self, event: Event) -> list[Heard]:
        """The log's next event."""
        if not isinstance(event, TranscriptFinal) or event.source != "speech" or not event.words:
            return []
        spoken = self._spoken.setdefault(event.channel, deque())
        spoken.append((event.words[0].start_ms, event.words[-1].end_ms, len(event.words)))
        while len(spoken) > 1 and self._ms(spoken) - _length(spoken[0]) >= self._policy.pace_s * 1000:
            spoken.popleft()
        ms, count = self._ms(spoken), sum(words for _, _, words in spoken)
        if ms < self._policy.pace_s * 500 or count < FEWEST:  # half of it is heard, at least
            return []
        return self._judged(event, spoken[0][0], count * MINUTE_MS / ms)

    def _judged(self, event: TranscriptFinal, begin: int, pace: float) -> list[Heard]:
        limit, channel = self._policy.pace, event.channel
        if pace < limit * _BREATH:
            self._fast.discard(channel)
        if not 0 < limit <= pace or channel in self._fast:
            return []
        self._fast.add(channel)
        return [Heard("pace", "fast", begin, event.end_ms, channel, event.segment, round(pace, 1))]

    @staticmethod
    def _ms(spoken: deque[tuple[int, int, int]]) -> int:
        return sum(map(_length, spoken))


def _length(one: tuple[int, int, int]) -> int:
    return max(1, one[1] - one[0])
