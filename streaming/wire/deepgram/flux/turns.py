"""A session's events as the turns of Flux. Pure.

`StartOfTurn` comes with the first words of a turn, so a noise begins none; a turn of which all is taken back ends
without a word. Between `EagerEndOfTurn` and what decides it nothing is told: `EndOfTurn` has the same text, or
`TurnResumed` comes first and takes it back.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import UNSET, Struct

from streaming.errors import ClientFault, Close, Fault
from streaming.events import (
    AudioEnded,
    Event,
    SessionEnded,
    SessionStarted,
    TranscriptFinal,
    TurnEnded,
    TurnReason,
    TurnResumed,
)
from streaming.parts import Word
from streaming.wire.deepgram import faults
from streaming.wire.deepgram.flux import shapes
from streaming.wire.deepgram.flux.asked import FluxAsked, changed, understood
from streaming.wire.deepgram.live import shown
from streaming.wire.deepgram.saying import decoded
from streaming.wire.dialect import QUIET, Closing, Dialect, Prompt, Read, Tally
from streaming.wire.messages import AudioFinalize
from streaming.wire.spoken import guessed, seconds
from streaming.wire.turning import BETWEEN, Turning

TRIGGERS: Final[dict[TurnReason, str]] = {"finalize": "manual", "length": "timeout"}
"""The others are "model"."""
UNREADABLE: Final = "UNPARSABLE_CLIENT_MESSAGE"
CODES: Final = {QUIET: "CLIENT_MESSAGE_TIMEOUT", "internal": "INTERNAL_SERVER_ERROR"}
"""Codes of theirs for ours."""


class Said(NamedTuple):
    """What a message says of a turn; `sure`: how sure it is that the turn is over, and `reason` why."""

    text: str
    words: Sequence[Word]
    sure: float = 0.0
    reason: TurnReason | None = None


class Flux(Prompt):
    """One session. `_eager`: the text with which its turn has seemed to end."""

    def __init__(self, asked: FluxAsked) -> None:
        self._asked = asked
        self._request = ""
        self._sent = 0
        self._turn = Turning()
        self._begun = False
        self._eager: str | None = None

    def begun(self, started: SessionStarted) -> Sequence[Struct]:
        """`Connected`."""
        self._request = started.session_id
        return [shapes.Connected(self._request, self._next())]

    def take(self, event: Event, heard_ms: int) -> Sequence[Struct]:
        """What follows from an event."""
        if self._turn.take(event, heard_ms):
            return self._grown(event)
        match event:
            case TurnEnded(eager=True):
                return self._eagerly(event)
            case TurnResumed():
                return self._resumed()
            case TurnEnded(eager=False):
                return self._ended(event.reason)
            case AudioEnded() | SessionEnded():
                return self._ended("end")
            case _:  # what this dialect has no word for
                return []

    def read(self, frame: str) -> Read:
        """What a client says. Raises ClientFault (1008): it is none of theirs."""
        try:
            message = decoded(shapes.SAYING, frame)
        except ClientFault as fault:
            raise ClientFault(UNREADABLE, fault.message, close=Close.POLICY) from None
        match message:
            case shapes.CloseStream():
                return Read(over=True)
            case shapes.ForceEndTurn():
                return Read(does=[AudioFinalize()])
            case shapes.KeepAlive():
                return Read()
            case shapes.Configure():
                return self._configured(message)

    def over(self, tally: Tally) -> Sequence[Struct]:
        """Nothing more is said."""
        del tally
        return []

    def wrong(self, fault: Fault) -> Struct:
        """`Warning`, of a fault after which the session goes on."""
        return shapes.Warned(self._request, self._next(), _code(fault), fault.message)

    def closing(self, fault: Fault) -> Closing:
        """`Error`, and a close."""
        code, reason, _ = faults.closing(fault)
        return Closing(code, reason, [shapes.Fatal(self._next(), _code(fault), fault.message)])

    def _next(self) -> int:
        self._sent += 1
        return self._sent - 1

    def _grown(self, event: Event) -> Sequence[Struct]:
        text = self._turn.text
        if isinstance(event, TranscriptFinal) and not text:  # all that was shown is taken back
            return self._ended("silence")
        if self._eager is not None or not (text or self._begun):
            return []
        what: shapes.What = "Update" if self._begun else "StartOfTurn"
        self._begun = True
        return [self._told(what, self._now())]

    def _now(self) -> Said:
        return Said(self._turn.text, [turned.word for turned in self._turn.words])

    def _eagerly(self, ended: TurnEnded) -> Sequence[Struct]:
        turn = self._turn
        text = BETWEEN.join(filter(None, [turn.said, ended.text]))
        threshold = self._asked.thresholds.eager_eot_threshold
        if threshold is None or not text:
            return []
        begin = turn.spoken[-1].end_ms if turn.spoken else turn.begin_ms
        words = [*turn.spoken, *guessed(ended.text, 0, begin, max(begin, turn.end_ms))]
        told = [*self._resumed(), *self._started(text, words)]
        self._eager = text
        return [*told, self._told("EagerEndOfTurn", Said(text, words, threshold))]

    def _resumed(self) -> Sequence[Struct]:
        if self._eager is None:
            return []
        self._eager = None
        return [self._told("TurnResumed", self._now())]

    def _ended(self, reason: TurnReason) -> Sequence[Struct]:
        text, words = self._turn.said, self._turn.spoken
        if not self._begun:  # nothing was said
            return []
        told = [] if self._eager == text else [*self._resumed()]
        told.append(self._told("EndOfTurn", Said(text, words, 1.0, reason)))
        self._begun, self._eager = False, None
        self._turn.close()
        return told

    def _started(self, text: str, words: Sequence[Word]) -> Sequence[Struct]:
        begun, self._begun = self._begun, True
        return [] if begun else [self._told("StartOfTurn", Said(text, words))]

    def _told(self, what: shapes.What, said: Said) -> shapes.TurnInfo:
        turn, any_language = self._turn, self._asked.start.language is None
        return shapes.TurnInfo(
            request_id=self._request,
            sequence_id=self._next(),
            event=what,
            turn_index=turn.number,
            audio_window_start=seconds(turn.begin_ms),
            audio_window_end=seconds(turn.end_ms),
            transcript=said.text,
            words=[
                shapes.FluxWord(word.text, word.confidence, seconds(word.start_ms), seconds(word.end_ms))
                for word in said.words
            ],
            end_of_turn_confidence=said.sure,
            trigger=TRIGGERS.get(said.reason, "model") if said.reason else UNSET,
            languages=[turn.language] if turn.language and any_language else UNSET,
        )

    def _configured(self, message: shapes.Configure) -> Read:
        request = self._request
        try:
            self._asked, update = changed(self._asked, message)
        except ClientFault as fault:
            told = shapes.ConfigureFailure(request, self._next(), "INVALID_CONFIGURATION", fault.message)
            return Read([told])
        asked = self._asked
        done = shapes.ConfigureSuccess(request, self._next(), asked.thresholds, asked.terms, asked.hints)
        return Read([done], [update])


def _code(fault: Fault) -> str:
    return CODES.get(fault.code, fault.code.upper())


FLUX: Final = Dialect(
    path="/v2/listen", understood=understood, shown=shown, translator=Flux, refusal=faults.refusal
)
