"""The dialect of `/v3/ws`: who may come in, what a client says, and a session's events as the turns that it is told.
Pure.

Rules:
- `transcript` of a turn only grows; its last message (`end_of_turn`) has all that is final, and never changes: a
  verdict that comes later than it cannot be told in this dialect.
- Text is always punctuated, so there is one last message, and it says that it is formatted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import UNSET, Struct

from streaming.errors import ClientFault, Fault
from streaming.events import (
    AudioEnded,
    Event,
    SessionEnded,
    SessionStarted,
    SpeechStarted,
    SpeechStopped,
    TranscriptFinal,
    TurnEnded,
)
from streaming.wire.assemblyai import faults, shapes
from streaming.wire.assemblyai.asked import Asked, changed, understood
from streaming.wire.dialect import Closing, Dialect, Prompt, Read, Shown, Tally
from streaming.wire.messages import AudioFinalize
from streaming.wire.query import Query
from streaming.wire.turning import Turned, Turning

LASTS_S: Final = 3 * 3_600
"""How long a session may last there. Here it may go on."""


class Turns(Prompt):
    """One session of a client of `/v3/ws`."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._turn = Turning()
        self._speaking, self._stopped_ms = False, -1

    def begun(self, started: SessionStarted) -> Sequence[Struct]:
        """`Begin`."""
        began = datetime.fromisoformat(started.time).timestamp()
        return [shapes.Begin(started.session_id, int(began) + LASTS_S)]

    def take(self, event: Event, heard_ms: int) -> Sequence[Struct]:
        """What follows from an event."""
        if self._turn.take(event, heard_ms):
            return self._grown(event)
        match event:
            case SpeechStarted():
                return self._began(event.at_ms)
            case SpeechStopped():
                self._speaking, self._stopped_ms = False, event.at_ms
                return []
            case TurnEnded(eager=False) | AudioEnded() | SessionEnded() if self._turn.said:
                return self._ended()
            case _:  # what this dialect has no word for
                return []

    def read(self, frame: str) -> Read:
        """What a client says. Raises ClientFault: what is not understood ends the session, as it does there."""
        message = shapes.decode(frame)
        match message:
            case shapes.Terminate():
                return Read(over=True)
            case shapes.ForceEndpoint():
                return Read(does=[AudioFinalize()])
            case shapes.KeepAlive():
                return Read()
            case shapes.UpdateConfiguration():
                try:
                    self._asked, update = changed(self._asked, message)
                except ClientFault as fault:
                    raise shapes.misread(fault.message) from None
                return Read(does=[update])

    def over(self, tally: Tally) -> Sequence[Struct]:
        """`Termination`."""
        return [shapes.Termination(round(tally.heard_ms / 1_000), round(tally.lasted_ms / 1_000))]

    def wrong(self, fault: Fault) -> Struct:
        """`Warning`, of a fault after which the session goes on."""
        return shapes.Warned(faults.INVALID, fault.message)

    def closing(self, fault: Fault) -> Closing:
        """How a fault ends the session."""
        return faults.closing(fault)

    def _began(self, at_ms: int) -> Sequence[Struct]:
        again, self._speaking = self._speaking or at_ms <= self._stopped_ms, True
        return [] if again else [shapes.SpeechBegan(at_ms)]  # it goes on, after all

    def _grown(self, event: Event) -> Sequence[Struct]:
        if not self._asked.growing:
            return []
        turn = self._turn
        utterance = event.text if isinstance(event, TranscriptFinal) else ""
        told = shapes.Turn(
            turn_order=turn.number,
            turn_is_formatted=False,
            end_of_turn=False,
            transcript=turn.sure,
            utterance=utterance,
            end_of_turn_confidence=0.0,
            words=[_word(turned) for turned in turn.words],
        )
        return [told]

    def _ended(self) -> Sequence[Struct]:
        turn = self._turn
        told = shapes.Turn(
            turn_order=turn.number,
            turn_is_formatted=True,
            end_of_turn=True,
            transcript=turn.said,
            utterance="",
            end_of_turn_confidence=1.0,
            words=[_word(Turned(word, True)) for word in turn.spoken],
            language_code=(self._asked.languages and turn.language) or UNSET,
        )
        turn.close()
        return [told]


def _word(turned: Turned) -> shapes.TurnWord:
    word = turned.word
    return shapes.TurnWord(word.text, word.start_ms, word.end_ms, word.confidence, turned.final)


def shown(headers: Mapping[str, str], query: str, offered: Sequence[str]) -> Shown:
    """The ticket of `token=`, else the key or ticket of `Authorization`: their clients send both there, as they are."""
    del offered
    try:
        token = Query(query).text("token")
    except ClientFault:  # `understood` will say so
        token = None
    key = headers.get("authorization", "").strip().removeprefix("Bearer ").strip()
    return Shown([key] if key else [], ticket=token or None, either=True)


def refusal(fault: Fault, request_id: str) -> Closing:
    """Of a fault before there is a session."""
    del request_id
    return faults.closing(fault)


ASSEMBLYAI: Final = Dialect(
    path="/v3/ws", understood=understood, shown=shown, translator=Turns, refusal=refusal
)
