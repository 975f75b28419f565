"""One AudioHook connection: its transactions, its sound, and our events as entities. Pure.

Sequence numbers are checked as the protocol has it. A client's position is its own clock: what it is ahead of the sound
that came, though nothing was said to be discarded, is lost. There is no message for an error but `disconnect`, behind
which the client closes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from streaming.errors import ClientFault, Close, Fault
from streaming.events import Event, SessionStarted
from streaming.languages import base
from streaming.wire import telephone as acts
from streaming.wire.audiohook import messages as said
from streaming.wire.audiohook.asking import RATE, Wanted, wanted
from streaming.wire.audiohook.entities import LANGUAGES, Entities
from streaming.wire.audiohook.policy import AudiohookPolicy
from streaming.wire.messages import SessionPause, SessionUnpause, SessionUpdate
from streaming.wire.telephone import Act

LARGEST: Final = 65_535
"""Characters of a text message."""
SLACK: Final = RATE // 2
"""A position may be so many samples ahead of what came."""
LONGEST: Final = RATE * 3_600 * 8
"""Samples that can be lost at once: a shift."""


class Hook:
    """The translator of one connection. `headers`: of its upgrade."""

    def __init__(self, policy: AudiohookPolicy, headers: Mapping[str, str]) -> None:
        self._policy = policy
        self._organization = headers.get("audiohook-organization-id")
        self._id = headers.get("audiohook-session-id", "")
        self._seq: int = 0
        self._clientseq: int = 0
        self._wanted: Wanted | None = None
        self._asked: said.Open | None = None
        self._entities: Entities | None = None
        self._opened = self._probe = self._paused = self._parting = self._closing = False
        self._at = 0

    def read(self, frame: str) -> Sequence[Act]:
        """Raises ClientFault as `Translator.read` does."""
        if len(frame) > LARGEST:
            told = f"a text message of {len(frame)} characters is over the limit of {LARGEST}"
            raise ClientFault("frame_too_large", told, close=Close.SIZE)
        told = said.decode(frame)
        self._in_order(told)
        position = said.samples(told.position)
        match told.type:
            case "open":
                return self._open(said.parameters(told, said.Open))
            case "close":
                return self._close()
            case "ping":
                return [acts.Send(said.Answer("pong")), *self._caught_up(position)]
            case "error":
                return []
            case _ if self._wanted is None:
                raise ClientFault("order", f"{told.type[:40]} came before open", close=Close.ORDER)
            case "update":
                return self._update(said.parameters(told, said.Update))
            case "paused":
                return self._pause(position)
            case "resumed" | "discarded":
                return self._gap(told, said.parameters(told, said.Gap))
            case _:
                told_type = f"{told.type[:40]!r} is no client message of AudioHook"
                raise ClientFault("bad_message", told_type, close=Close.MALFORMED)

    def hear(self, data: bytes) -> Sequence[Act]:
        """Raises ClientFault (1002, 1003)."""
        if self._parting or self._closing:
            return []
        if self._wanted is None or not self._opened:
            raise ClientFault("order", "sound came before opened", close=Close.ORDER)
        channels = len(self._wanted.channels)
        if len(data) % channels:
            raise ClientFault(
                "odd_frame", f"{len(data)} bytes are not {channels} whole channels", close=Close.ENCODING
            )
        self._at += len(data) // channels
        if self._probe:
            return []
        return [acts.Sound(self._ordered(data))]

    def tell(self, event_id: str, event: Event) -> Sequence[Act]:
        """`opened`, then entities."""
        del event_id
        if isinstance(event, SessionStarted):
            return self._open_up()
        if self._entities is None or self._parting:
            return []
        told = self._entities.of(event)
        return [acts.Send(said.Answer("event", said.Entities(list(told))))] if told else []

    def over(self) -> Sequence[Act]:
        """`closed`, or where the client has not closed, that it may."""
        if self._closing:
            return [acts.Send(said.Answer("closed")), acts.Close()]
        return self._part("completed", "the session is over")

    def wrong(self, fault: Fault) -> Sequence[Act]:
        """`disconnect`. What goes on all the same is told in no way."""
        if fault.close is None:
            return []
        return self._part("unauthorized" if fault.code == "unauthorized" else "error", fault.message)

    def written(self, message: Struct) -> str:
        """An answer in its envelope, numbered."""
        assert isinstance(message, said.Answer)
        self._seq += 1
        envelope = {"version": "2", "id": self._id or said.NOBODY, "type": message.type, "seq": self._seq}
        return msgspec.json.encode(
            envelope | {"clientseq": self._clientseq, "parameters": message.parameters}
        ).decode()

    def _in_order(self, told: said.Told) -> None:
        if told.seq != self._clientseq + 1 or not 0 <= told.serverseq <= self._seq:
            raise ClientFault(
                "bad_seq",
                f"seq is {told.seq} behind {self._clientseq}, serverseq {told.serverseq} of {self._seq}",
                close=Close.ORDER,
            )
        self._id = self._id or told.id[:64]
        if told.id != self._id:
            raise ClientFault("bad_message", "id is not that of the session", close=Close.POLICY)
        self._clientseq = told.seq

    def _open(self, asked: said.Open) -> Sequence[Act]:
        if self._wanted is not None:
            raise ClientFault("order", "open came twice", close=Close.ORDER)
        if self._organization not in (None, asked.organization_id):
            told = "organizationId is not that of the header audiohook-organization-id"
            raise ClientFault("unauthorized", told, close=Close.POLICY)
        self._wanted, self._asked = wanted(asked, self._policy), asked
        self._probe = asked.conversation_id == said.NOBODY
        if self._probe:
            return self._open_up()
        self._entities = Entities(
            self._id, self._wanted.channels, asked.language, partials=self._policy.partials
        )
        return [acts.Begin(self._wanted.start)]

    def _open_up(self) -> Sequence[Act]:
        assert self._wanted is not None
        assert self._asked is not None
        self._opened = True
        languages = sorted(LANGUAGES.values()) if self._asked.supported_languages else None
        return [acts.Send(said.Answer("opened", said.Opened([self._wanted.medium], languages)))]

    def _update(self, asked: said.Update) -> Sequence[Act]:
        done = acts.Send(said.Answer("updated"))
        if self._entities is None:
            return [done]
        self._entities.language = asked.language
        return [acts.Say(SessionUpdate(language=base(asked.language))), done]

    def _pause(self, position: int) -> Sequence[Act]:
        lost = self._caught_up(position)
        self._paused = True
        return [*lost, *self._unless_probe(acts.Say(SessionPause()))]

    def _gap(self, told: said.Told, gap: said.Gap) -> Sequence[Act]:
        """Sound that was not sent, up to where the gap ends; behind a pause the session goes on there."""
        lost = self._lost(said.samples(gap.start) + said.samples(gap.discarded) - self._at)
        if told.type == "resumed":
            self._paused = False
            return [*lost, *self._unless_probe(acts.Say(SessionUnpause()))]
        return lost

    def _caught_up(self, position: int) -> Sequence[Act]:
        """What the client has sent by its own clock, and never came."""
        going = self._opened and not (self._paused or self._closing or self._parting)
        ahead = position - self._at
        return self._lost(ahead) if going and ahead > SLACK else []

    def _lost(self, samples: int) -> Sequence[Act]:
        if samples > LONGEST:
            raise ClientFault("bad_message", "more was discarded than a day has", close=Close.MALFORMED)
        if samples <= 0:
            return []
        self._at += samples
        return self._unless_probe(acts.Lost(samples))

    def _close(self) -> Sequence[Act]:
        if self._closing:
            raise ClientFault("order", "close came twice", close=Close.ORDER)
        self._closing = True
        if self._entities is None or self._parting or not self._opened:
            return [acts.Send(said.Answer("closed")), acts.Close()]
        return [acts.End()]

    def _part(self, reason: str, info: str) -> Sequence[Act]:
        if self._parting or self._closing:
            return [acts.Close()]
        self._parting = True
        return [acts.Send(said.Answer("disconnect", said.Disconnect(reason, info)))]

    def _unless_probe(self, act: Act) -> Sequence[Act]:
        return [] if self._probe else [act]

    def _ordered(self, data: bytes) -> bytes:
        """Its channels in the order of the session's."""
        assert self._wanted is not None
        sent = [("external", "internal").index(name) for name in self._wanted.medium.channels]
        if list(self._wanted.channels) == sent:
            return data
        out = bytearray(len(data))
        out[0::2], out[1::2] = data[1::2], data[0::2]
        return bytes(out)
