"""What our session says of its sound, as OpenAI's events of the input buffer and its items. Pure."""

from collections.abc import Callable
from typing import Final

from streaming.errors import ServiceFault
from streaming.events import (
    AudioEnded,
    AudioFinalized,
    Event,
    ModerationVerdict,
    SessionEnded,
    SpeechStarted,
    SpeechStopped,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from streaming.parts import replaced
from streaming.wire.openai.audio import Seconds
from streaming.wire.openai.realtime import told
from streaming.wire.openai.realtime.conversation import spoken
from streaming.wire.openai.realtime.outlet import problem
from streaming.wire.openai.realtime.shapes import Spoken
from streaming.wire.openai.realtime.speech import Sign, Utterance
from streaming.wire.openai.realtime.state import State

MOST: Final = 1_024
"""Segments that a verdict may still change."""


class Hearing:
    """`tell`: that somebody begins to speak; that a turn is over; that words that were missing are there."""

    def __init__(
        self, state: State, tell: tuple[Callable[[], None], Callable[[], None], Callable[[], None]]
    ) -> None:
        self._state = state
        self._interrupted, self._turned, self._known = tell
        self._spoken: dict[int, Utterance] = {}

    def heard(self, event: Event) -> None:
        """The next event of the session's log."""
        match event:
            case SpeechStarted():
                self._started(event.at_ms)
            case SpeechStopped():
                self._stopped(event.at_ms)
            case TranscriptPartial():
                self._more(*self._state.speech.partial(event))
            case TranscriptFinal():
                self._final(event)
            case TurnEnded(eager=False):
                self._ended()
            case AudioFinalized():
                self._finalized()
            case ModerationVerdict():
                self._judged(event)
            case AudioEnded() | SessionEnded():
                self._left()
            case _:
                pass  # of gaps, viewers and load OpenAI's clients know nothing

    def commit(self) -> None:
        """The client makes an item of what came until here."""
        self._made(self._state.speech.commit())

    def _started(self, at_ms: int) -> None:
        state = self._state
        if not state.speech.sign(Sign.STARTED) or not state.turns:
            return
        name = state.speech.now().id
        state.outlet.tell(told.SpeechStarted(audio_start_ms=at_ms, item_id=name))
        if state.turns.interrupt_response is not False:
            self._interrupted()

    def _stopped(self, at_ms: int) -> None:
        state = self._state
        if state.speech.sign(Sign.STOPPED) and state.turns:
            name = state.speech.now().id
            state.outlet.tell(told.SpeechStopped(audio_end_ms=at_ms, item_id=name))

    def _more(self, utterance: Utterance, more: str) -> None:
        if more and self._state.transcribes and not utterance.cleared:
            self._state.outlet.tell(told.TranscriptDelta(item_id=utterance.id, delta=more))

    def _final(self, final: TranscriptFinal) -> None:
        utterance, more = self._state.speech.final(final)
        self._more(utterance, more)
        self._spoken[final.segment] = utterance
        while len(self._spoken) > MOST:
            del self._spoken[next(iter(self._spoken))]
        wish = self._state.session.audio.input.transcription
        if wish and "diarize" in (wish.model or "") and final.text.strip() and not utterance.cleared:
            self._state.outlet.tell(
                told.TranscriptSegment(
                    id=f"seg_{final.segment}",
                    item_id=utterance.id,
                    text=final.text,
                    start=final.start_ms / 1000,
                    end=final.end_ms / 1000,
                )
            )

    def _ended(self) -> None:
        """A turn is over: an item is made and whole at once."""
        utterance = self._state.speech.turned() if self._state.turns else None
        if utterance is not None:
            self._made(utterance)
            self._complete(utterance)
            self._turned()

    def _finalized(self) -> None:
        utterance = self._state.speech.finalized()
        if utterance is not None:
            self._complete(utterance)
        self._known()

    def _made(self, utterance: Utterance) -> None:
        state, name = self._state, utterance.id
        before = state.conversation.before()
        state.outlet.tell(told.Committed(item_id=name, previous_item_id=before))
        state.added(spoken(name, None))

    def _complete(self, utterance: Utterance) -> None:
        state, said = self._state, utterance.transcript
        utterance.whole = True
        state.conversation.change(spoken(utterance.id, said))
        if state.transcribes:
            languages = [Spoken(code) for code in utterance.languages if code]
            cost = Seconds(utterance.seconds)
            state.outlet.tell(
                told.TranscriptCompleted(
                    item_id=utterance.id, transcript=said, usage=cost, languages=languages
                )
            )

    def _judged(self, verdict: ModerationVerdict) -> None:
        """Something of what was said is not to be shown any more. Where it never was, nothing changes."""
        segment = verdict.target.segment
        utterance = self._spoken.get(segment or 0)
        if verdict.replacement is None or utterance is None or segment not in utterance.segments:
            return
        was = utterance.segments[segment]
        if verdict.span[1] > len(was):
            return
        utterance.segments[segment] = replaced(was, verdict.span, verdict.replacement)
        if utterance.whole:
            utterance.id = self._state.taken_back(utterance.id, utterance.transcript)

    def _left(self) -> None:
        """No more words come: whatever waits for some is told so."""
        fault = ServiceFault(
            "transcription_failed", "the session ended before this was transcribed: say it again"
        )
        for utterance in self._state.speech.left():
            if self._state.transcribes:
                self._state.outlet.tell(told.TranscriptFailed(item_id=utterance.id, error=problem(fault)))
        self._known()
