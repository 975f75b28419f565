"""A session's events as a client of `/v1/listen` is told them. Pure.

Rules, for each channel:
- A partial is a result that is not final, and replaces the one before it. A final is one that is, and never changes: a
  verdict that comes later than it cannot be told in this dialect.
- `speech_final` is with the last final of a turn when the turn's end follows it at once (whoever reads the events says
  when nothing more is there: `rest`); else it is a result without words.
- `start` + `duration` never goes back, and covers all words; `start` is where the last result ended, unless the words
  begin before that.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from streaming.events import (
    AudioEnded,
    AudioFinalized,
    Event,
    SessionEnded,
    SpeechStarted,
    SpeechStopped,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from streaming.parts import Word
from streaming.wire.deepgram.asked import Asked
from streaming.wire.deepgram.results import (
    About,
    Alternative,
    HeardWord,
    Results,
    Said,
    SpeechBegan,
    UtteranceEnd,
)
from streaming.wire.spoken import bare, guessed, seconds

Told: TypeAlias = Results | SpeechBegan | UtteranceEnd


class How(NamedTuple):
    """What a result says of itself: it will not change; a pause follows it; it was asked for."""

    final: bool
    speech: bool = False
    finalize: bool = False


INTERIM: Final = How(final=False)
FINAL: Final = How(final=True)


class Channel(Struct):
    """Where a channel stands, in milliseconds.

    `said`: where its last final ended; `reach`: how far results told of it; `start`: where the last final one began;
    `began`, `stopped`: its voice; `last_word`: the end of a word after which no silence was told yet. `shown`: the
    segment of which something is shown that is not final. `answered`: the last end of a turn was what the client asked
    for.
    """

    index: tuple[int, int]
    said: int = 0
    reach: int = 0
    start: int = 0
    began: int = 0
    stopped: int = -1
    speaking: bool = False
    last_word: int | None = None
    shown: int | None = None
    answered: bool = False

    def between(self, begin: int, end: int) -> tuple[int, int]:
        """Start and end of a result about what was said from `begin` to `end`."""
        start = max(self.start, min(self.reach, begin))
        self.reach = max(self.reach, start, end)
        return start, self.reach


class Listening:
    """Events in, messages out."""

    def __init__(self, asked: Asked, about: About, channels: int) -> None:
        self._asked = asked
        self._about = about
        self._channels = [Channel((number, channels)) for number in range(channels)]
        self._held: TranscriptFinal | None = None

    @property
    def holds(self) -> bool:
        """Whether a final waits for what may follow it."""
        return self._held is not None

    def rest(self) -> list[Told]:
        """Nothing follows for now."""
        final, self._held = self._held, None
        return [self._final(final)] if final else []

    def take(self, event: Event, heard_ms: int) -> list[Told]:
        """What follows from an event. `heard_ms` of sound were received by then."""
        match event:
            case SpeechStarted():
                return self.rest() + self._began(self._channels[event.channel], event.at_ms)
            case SpeechStopped():
                channel = self._channels[event.channel]
                channel.speaking, channel.stopped = False, event.at_ms
                return []
            case TranscriptPartial():
                return self.rest() + self._partial(event, heard_ms)
            case TranscriptFinal():
                return self.rest() + self._heard(event)
            case TurnEnded(eager=False):
                return self._turned(event)
            case AudioFinalized():
                return self._finalized(self._channels[event.channel])
            case AudioEnded() | SessionEnded():
                return self.rest()
            case _:  # what this dialect has no word for
                return []

    def passed(self, at_ms: int) -> list[Told]:
        """The recogniser is through with `at_ms` of the sound, and all that it found there was taken."""
        told: list[Told] = []
        for channel in self._channels:
            pending = channel.speaking or channel.shown is not None
            if not pending and not self._held and at_ms >= self._silent_at(channel):
                told.append(self._silence(channel))
        return told

    def _began(self, channel: Channel, at_ms: int) -> list[Told]:
        told: list[Told] = []
        if at_ms >= self._silent_at(channel):
            told.append(self._silence(channel))
        again, channel.speaking = channel.speaking or at_ms <= channel.stopped, True
        if again:  # it goes on, after all
            return told
        channel.began = max(channel.began, at_ms)
        if self._asked.starts:
            told.append(SpeechBegan(channel.index, seconds(at_ms)))
        return told

    def _partial(self, partial: TranscriptPartial, heard_ms: int) -> list[Told]:
        channel = self._channels[partial.channel]
        channel.shown = partial.segment
        if not self._asked.interim:
            return []
        begin = max(channel.said, min(channel.began, heard_ms))
        start, end = channel.between(begin, max(begin, heard_ms - partial.lag_ms))
        words = guessed(partial.text, partial.stable, max(begin, start), end)
        sure = sum(word.confidence for word in words) / len(words) if words else 0.0
        said = _alternative(partial.text, sure, words)
        return [self._results(channel, (start, end), said, INTERIM)]

    def _heard(self, final: TranscriptFinal) -> list[Told]:
        channel = self._channels[final.channel]
        shown, channel.shown = channel.shown, None
        if final.text:
            self._held = final
            channel.last_word = max(channel.last_word or 0, final.end_ms)
        elif shown is not None and self._asked.interim:  # takes back what is on a screen
            return [self._final(final)]
        return []

    def _turned(self, ended: TurnEnded) -> list[Told]:
        channel = self._channels[ended.channel]
        asked = ended.reason == "finalize"
        channel.answered = channel.answered or asked
        if not (self._asked.ends or asked):
            return self.rest()
        how, held = How(final=True, speech=True, finalize=asked), self._held
        if held and held.channel == ended.channel:
            self._held = None
            return [self._final(held, how)]
        return [*self.rest(), self._empty(channel, how)]

    def _silent_at(self, channel: Channel) -> float:
        """When there was silence for long enough to tell of it."""
        if channel.last_word is None or self._asked.utterance_end_ms is None:
            return float("inf")
        return channel.last_word + self._asked.utterance_end_ms

    def _silence(self, channel: Channel) -> UtteranceEnd:
        last, channel.last_word = channel.last_word or 0, None
        return UtteranceEnd(channel.index, seconds(last))

    def _finalized(self, channel: Channel) -> list[Told]:
        """All that the client wanted to be final is: it is told so, also if there was nothing."""
        answered, channel.answered = channel.answered, False
        return [] if answered else [*self.rest(), self._empty(channel, How(final=True, finalize=True))]

    def _final(self, final: TranscriptFinal, how: How = FINAL) -> Results:
        channel = self._channels[final.channel]
        channel.said = max(channel.said, final.end_ms)
        place = channel.between(final.start_ms, final.end_ms)
        channel.start = place[0]
        said = _alternative(final.text, final.confidence, final.words)
        if self._asked.languages and final.language:
            said = replace(said, languages=[final.language])
        return self._results(channel, place, said, how)

    def _empty(self, channel: Channel, how: How) -> Results:
        return self._results(channel, (channel.reach, channel.reach), _alternative("", 0.0, []), how)

    def _results(self, channel: Channel, place: tuple[int, int], said: Alternative, how: How) -> Results:
        start, end = place
        return Results(
            channel_index=channel.index,
            start=seconds(start),
            duration=seconds(end - start),
            is_final=how.final,
            speech_final=how.speech,
            from_finalize=how.finalize,
            channel=Said((said,)),
            metadata=self._about,
        )


def _alternative(text: str, confidence: float, words: Sequence[Word]) -> Alternative:
    return Alternative(text, round(confidence, 3), [_word(word) for word in words])


def _word(word: Word) -> HeardWord:
    return HeardWord(
        word=bare(word.text),
        start=seconds(word.start_ms),
        end=seconds(word.end_ms),
        confidence=word.confidence,
        punctuated_word=word.text,
    )
