"""What a native client says, once it is in a session, into the streams of that session."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from streaming.audio import RATE
from streaming.errors import ClientFault, Close, Fault, about
from streaming.events import EndReason
from streaming.facts import CancelReply, Feedback, Finalize, Skipped, Typed, Updated, Wish
from streaming.ingress import records
from streaming.ingress.intake import Inlet
from streaming.ingress.sound import Edge
from streaming.parts import GapReason
from streaming.presence import Dtmf, SessionPaused, SessionUnpaused
from streaming.session import Clock, Input, Phase, SessionPolicy, advance
from streaming.wire import messages as said
from streaming.wire import native as wire

PAUSING: Final = "/paused"
"""A pause is two marks: the second has the client's ref and this as its name."""

TELLING: Final = "/told"
"""The same of what is told of it."""

PIECE: Final = RATE
"""Samples of a pause that are told at once: its end may be far."""


class Inbox:
    """One client's input: checked against the protocol's order, counted at the edge, put into the inlet."""

    def __init__(self, policy: SessionPolicy, opened: records.Opened, inlet: Inlet) -> None:
        self._policy = policy
        self._config = opened.config
        self._inlet = inlet
        there = Phase.PAUSED if opened.config.paused else Phase.LIVE
        self.phase = Phase.ENDING if opened.ending else there
        self._dropped = 0
        sound = opened.config.audio
        self.clock = Clock(policy, sound, opened.stored) if sound else None
        self._edge = Edge(self.clock, opened.stored) if self.clock else None

    def sound(self, data: bytes) -> None:
        """A binary frame. Raises ClientFault as `Edge.frame` does, or for a frame that is too large (1009)."""
        if self.phase is not Phase.LIVE:  # in LIVE it may come, and changes nothing
            self.phase = advance(self.phase, Input.SOUND)
        if len(data) > self._policy.frame_bytes:
            told = f"a frame of {len(data)} bytes is over the limit of {self._policy.frame_bytes}: send smaller ones"
            raise ClientFault("frame_too_large", told, close=Close.SIZE)
        edge = self._need_edge()
        if self.phase is Phase.PAUSED:
            self._drop(edge.count(data))
            return
        block = edge.frame(data)
        if block:
            self._inlet.sound(block)

    def message(self, message: said.ClientMessage) -> None:
        """A text frame. Raises ClientFault, or Overloaded when too much of this session waits for Redis."""
        with about(message.ref):
            self._take(message)

    def _take(self, message: said.ClientMessage) -> None:
        ref = message.ref
        match message:
            case said.AudioSkip(samples=samples):
                self._skip(samples, ref)
            case said.Text(text=text):
                self._text(text, ref)
            case said.AudioFinalize():
                self.phase = advance(self.phase, Input.FINALIZE)
                self._flush()
                self._inlet.mark(Finalize(), self._need_edge().end, ref)
            case said.SessionUpdate():
                self._update(message, ref)
            case said.ReplyCancel(reply=reply):
                self.phase = advance(self.phase, Input.CANCEL)
                self._inlet.heard(CancelReply(reply), ref)
            case said.SuggestionFeedback():
                self._feedback(message)
            case said.SessionEnd():
                self._end(ref)
            case said.SessionPause():
                self._pause(ref)
            case said.SessionUnpause():
                self._unpause(ref)
            case other:
                raise misplaced(other, self.phase)

    def pressed(self, channel: int, key: str) -> None:
        """A key of a telephone; none is told while the session is paused: it may be a card's number."""
        if self.phase is Phase.LIVE and self.clock:
            self._inlet.heard(Dtmf(channel, key, self._at_ms))

    def wished(self, wish: Wish) -> None:
        """An agent, who is not this client, has it paused or go on. Nothing, behind the session's end or without
        sound."""
        if self.clock is None or self.phase is Phase.ENDING:
            return
        if wish.paused:
            self._pause(None, wish.by)
        else:
            self._unpause(None, wish.by)

    def hole(self, samples: int, reason: GapReason, pcm: bytes = b"") -> None:
        """`samples` (at the client's rate) that the network lost; `pcm`: what was made up in their place, as `Skipped`
        has it. Raises ClientFault beyond the credit."""
        self._skip(samples, None, (reason, pcm))

    def end(self, reason: EndReason) -> None:
        """As if the client had ended the session."""
        self.phase = Phase.ENDING
        self._flush()
        records.end(self._inlet, self._config, self._received(), reason)

    def _text(self, text: str, ref: str | None) -> None:
        self.phase = advance(self.phase, Input.TEXT)
        if self.phase is Phase.PAUSED:
            raise ClientFault("paused", "the session is paused and took no text: send session.unpause first")
        if self._config.mode != "chat":
            raise ClientFault("bad_text", "text is for mode chat: start the session with it")
        self._inlet.heard(Typed(text), ref)

    def _feedback(self, message: said.SuggestionFeedback) -> None:
        self.phase = advance(self.phase, Input.FEEDBACK)
        self._inlet.heard(Feedback(message.suggestion, message.action, message.text), message.ref)

    def _end(self, ref: str | None) -> None:
        was, self.phase = self.phase, advance(self.phase, Input.END)
        if was is Phase.ENDING:
            return
        self._flush()
        records.end(self._inlet, self._config, self._received(), "client", ref)

    def _received(self) -> int:
        """16 kHz samples (a channel) counted at the edge."""
        return self.clock.inside(self.clock.received) if self.clock else 0

    def _need_edge(self) -> Edge:
        if self._edge is None:
            raise ClientFault(
                "order", "this is for sessions with sound: start one with `audio`", close=Close.ORDER
            )
        return self._edge

    def _pause(self, ref: str | None, by: str = "") -> None:
        """What was said is finalised; what comes from now on goes no further than this."""
        edge = self._need_edge()
        was, self.phase = self.phase, advance(self.phase, Input.PAUSE)
        if was is Phase.PAUSED:
            return
        self._flush()
        self._inlet.mark(Finalize(), edge.end, ref)
        self._turn(ref and ref + PAUSING, paused=True)
        self._inlet.heard(SessionPaused(self._at_ms, by), ref and ref + TELLING)

    def _unpause(self, ref: str | None, by: str = "") -> None:
        self._need_edge()
        was, self.phase = self.phase, advance(self.phase, Input.UNPAUSE)
        if was is Phase.PAUSED:
            self._flush()
            self._turn(ref, paused=False)
            self._inlet.heard(SessionUnpaused(self._at_ms, by), ref and ref + TELLING)

    @property
    def _at_ms(self) -> int:
        return self.clock.received * 1_000 // self.clock.sound.sample_rate if self.clock else 0

    def _turn(self, ref: str | None, *, paused: bool) -> None:
        """Paused or not, from now on: it stands in the record, so that it outlives this socket and this gateway."""
        self._config = replace(self._config, paused=paused)
        self._inlet.mark(Updated(self._config), self._need_edge().end, ref)

    def _drop(self, samples: int) -> None:
        """These came, or were skipped, while the session is paused."""
        self._dropped += self._need_edge().skip(samples)
        if self._dropped >= PIECE:
            self._flush()

    def _flush(self) -> None:
        if self._dropped:
            gap, self._dropped = Skipped(self._dropped, "paused"), 0
            self._inlet.skipped(gap, self._need_edge().end, None)
            return
        block = self._edge.flush() if self._edge else None
        if block:
            self._inlet.sound(block)

    def _skip(self, samples: int, ref: str | None, why: tuple[GapReason, bytes] = ("lost", b"")) -> None:
        self.phase = advance(self.phase, Input.SKIP)
        edge = self._need_edge()
        if self.phase is Phase.PAUSED:
            self._drop(samples)
            return
        self._flush()
        gap = edge.skip(samples)
        if gap:
            self._inlet.skipped(Skipped(gap, *why), edge.end, ref)

    def _update(self, message: said.SessionUpdate, ref: str | None) -> None:
        self.phase = advance(self.phase, Input.UPDATE)
        edge = self._need_edge()
        self._config = wire.updated(self._config, message)
        self._flush()
        self._inlet.mark(Updated(self._config), edge.end, ref)


def misplaced(message: Struct, phase: Phase) -> Fault:
    """What to say of a message that may not come now."""
    told = f"{message.__struct_config__.tag} cannot come {phase.value}"
    return ClientFault("order", told, close=Close.ORDER)
