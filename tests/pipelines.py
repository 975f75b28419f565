"""Sessions as the pipeline may tell them: any number of channels, any order that the floor allows. For properties."""

from hypothesis import strategies as st
from msgspec import Struct, field

from streaming.events import (
    AudioEnded,
    AudioFinalized,
    AudioGap,
    Event,
    ModerationVerdict,
    SessionEnded,
    SpeechStarted,
    SpeechStopped,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
    TurnReason,
    TurnResumed,
)
from streaming.parts import Target, Word

SPOKEN = st.sampled_from(["yes", "No.", "twenty-one", "é", "[card number]", "••••", "hello,", "naïve?", "A"])
REASONS: tuple[TurnReason, ...] = ("silence", "semantic", "finalize")


class Speaker(Struct):
    """One channel: where its clock is, and what is open."""

    now: int = 0
    end: int = 0
    open: int | None = None
    revision: int = 0
    stable: str = ""
    said: list[int] = field(default_factory=list)
    speaking: bool = False
    eager: int | None = None


class Pipeline:
    """Draws a session, event by event."""

    def __init__(self, data: st.DataObject, channels: int) -> None:
        self._data = data
        self.events: list[Event] = []
        self.speakers = [Speaker() for _ in range(channels)]
        self._segments = self._turns = 0

    def run(self, most: int = 25) -> list[Event]:
        """A whole session."""
        for _ in range(self._data.draw(st.integers(0, most))):
            channel = self._data.draw(st.integers(0, len(self.speakers) - 1))
            self._step(channel)
        for channel in range(len(self.speakers)):
            self._conclude(channel)
        return [*self.events, AudioEnded([]), SessionEnded("client", [])]

    def _step(self, channel: int) -> None:
        speaker = self.speakers[channel]
        speaker.now += self._data.draw(st.integers(0, 3_000))
        steps = [self._start, self._partial, self._final, self._cut, self._end, self._gap, self._eager]
        self._data.draw(st.sampled_from(steps))(channel)

    def _start(self, channel: int) -> None:
        speaker = self.speakers[channel]
        if not speaker.speaking:
            self._resume(channel)
            self.events.append(SpeechStarted(channel, speaker.now))
            speaker.speaking = True

    def _resume(self, channel: int) -> None:
        speaker = self.speakers[channel]
        if speaker.eager is not None:
            self.events.append(TurnResumed(speaker.eager, channel))
            speaker.eager = None

    def _partial(self, channel: int) -> None:
        speaker = self.speakers[channel]
        self._start(channel)
        if speaker.open is None:
            self._segments += 1
            speaker.open, speaker.stable = self._segments, ""
        speaker.revision += 1
        text = " ".join(
            filter(None, [speaker.stable, *self._data.draw(st.lists(SPOKEN, min_size=1, max_size=4))])
        )
        stable = self._data.draw(st.integers(len(speaker.stable), len(text)))
        speaker.stable = text[:stable].strip()
        lag = self._data.draw(st.integers(0, 5_000))
        self.events.append(
            TranscriptPartial(channel, speaker.open, speaker.revision, text, len(speaker.stable), lag)
        )

    def _final(self, channel: int, *, blank: bool | None = None) -> None:
        speaker = self.speakers[channel]
        self._start(channel)
        if speaker.open is None:
            self._segments += 1
            speaker.open = self._segments
        begin = max(0, speaker.now - self._data.draw(st.integers(0, 500)))
        begin = max(begin, speaker.end)
        blank = self._data.draw(st.booleans()) and not speaker.stable if blank is None else blank
        spoken = [] if blank else self._data.draw(st.lists(SPOKEN, min_size=1, max_size=4))
        text = " ".join(filter(None, [speaker.stable, *spoken]))
        words, at = list[Word](), 0
        for spelled in text.split():
            words.append(Word(spelled, text.index(spelled, at), begin, begin + 90, 0.75))
            at, begin = words[-1].offset + len(spelled), begin + 100
        first, last = (words[0].start_ms, words[-1].end_ms) if words else (begin, begin)
        speaker.end = last
        speaker.now = max(speaker.now, last)
        self.events.append(
            TranscriptFinal(channel, speaker.open, text, first, last, words, "en", 0.75, "m@0", time="")
        )
        if text:
            self.events.append(
                ModerationVerdict(Target(segment=speaker.open), (0, len(text)), "pass", [], 0, 0, "r@0")
            )
            speaker.said.append(speaker.open)
        speaker.open, speaker.stable = None, ""

    def _cut(self, channel: int) -> None:
        """A final after which the speaker goes on."""
        self._final(channel, blank=False)

    def _stop(self, channel: int) -> None:
        speaker = self.speakers[channel]
        if speaker.speaking:
            self.events.append(SpeechStopped(channel, speaker.now))
            speaker.speaking = False

    def _eager(self, channel: int) -> None:
        speaker = self.speakers[channel]
        if speaker.said and speaker.open is None and all(one.eager is None for one in self.speakers):
            speaker.eager = self._turns + 1
            told = TurnEnded(speaker.eager, channel, list(speaker.said), "silence", True, "")
            self.events.append(told)

    def _end(self, channel: int) -> None:
        speaker = self.speakers[channel]
        if speaker.open is not None or (speaker.speaking and self._data.draw(st.booleans())):
            self._final(channel)
        self._stop(channel)
        reason = self._data.draw(st.sampled_from(REASONS))
        self._turn(channel, reason)
        if reason == "finalize":
            self.events.append(AudioFinalized(channel, speaker.now))

    def _turn(self, channel: int, reason: TurnReason) -> None:
        speaker = self.speakers[channel]
        if not speaker.said:
            return
        for other in range(len(self.speakers)):
            if other != channel:
                self._resume(other)
        self._turns += 1
        self.events.append(TurnEnded(self._turns, channel, list(speaker.said), reason))
        speaker.said, speaker.eager = [], None

    def _gap(self, channel: int) -> None:
        now = self.speakers[channel].now
        self.events.append(AudioGap(channel, now, now + 10, "lost"))

    def _conclude(self, channel: int) -> None:
        speaker = self.speakers[channel]
        if speaker.open is not None:
            self._final(channel)
        self._stop(channel)
        self._turn(channel, "end")


def finals(events: list[Event], channel: int) -> list[TranscriptFinal]:
    """What was said on a channel, once and for all."""
    return [one for one in events if isinstance(one, TranscriptFinal) and one.channel == channel and one.text]
