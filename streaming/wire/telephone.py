"""What a telephone's dialect wants done, for the shell that serves them all (`streaming/ingress/telephone`). Pure.

A dialect is a `Translator`: it makes acts of what its client says, and of what our log tells. It never touches a
socket; time is counted in its client's samples.
"""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import msgspec
from msgspec import Struct

from streaming.errors import ClientFault, Fault
from streaming.errors import Close as WireClose
from streaming.events import EndReason, Event
from streaming.wire import native
from streaming.wire.messages import ClientMessage, SessionStart


class Proof(Struct, frozen=True):
    """What a client shows in its first message to be let in; `tenant`: which of those that it may be."""

    key: str = ""
    ticket: str = ""
    tenant: str = ""


class Begin(Struct, frozen=True):
    """A session is wanted. Before it only `Send` and `Close` may be."""

    start: SessionStart
    proof: Proof = Proof()


class Sound(Struct, frozen=True):
    """Sound as the session's format has it."""

    data: bytes


class Lost(Struct, frozen=True):
    """So many samples (a channel, at the client's rate) never came."""

    samples: int


class Pressed(Struct, frozen=True):
    """A key was pressed, here in the sound; `key` as the event `dtmf` tells it."""

    channel: int
    key: str


class Say(Struct, frozen=True):
    """What a native client would say, here in the sound."""

    message: ClientMessage


class Send(Struct, frozen=True):
    """A message to the client, which `Translator.written` makes into a frame when it is sent."""

    message: Struct


class End(Struct, frozen=True):
    """The client has no more to say."""

    reason: EndReason = "client"


class Close(Struct, frozen=True):
    """All is told: the connection may be closed."""


Act: TypeAlias = Begin | Sound | Lost | Pressed | Say | Send | End | Close


def asked_start(asked: dict[str, Any], where: str) -> SessionStart:
    """A session of these members, checked as a native client's. Raises ClientFault (1008) about `where` they stand."""
    body = msgspec.json.encode({"type": "session.start", **asked}).decode()
    try:
        start = native.decode(body)
    except ClientFault as fault:
        raise ClientFault(fault.code, f"{where}: {fault.message}", close=WireClose.POLICY) from None
    assert isinstance(start, SessionStart)
    return start


class Translator(Protocol):
    """One connection of a telephone's dialect."""

    def read(self, frame: str) -> Sequence[Act]:
        """What a text frame asks for. Raises ClientFault: without a close code, all else goes on."""
        ...

    def hear(self, data: bytes) -> Sequence[Act]:
        """What a binary frame asks for. Raises ClientFault."""
        ...

    def tell(self, event_id: str, event: Event) -> Sequence[Act]:
        """What an event of the log makes to be told."""
        ...

    def over(self) -> Sequence[Act]:
        """The log has ended, or its end is not waited for any longer."""
        ...

    def wrong(self, fault: Fault) -> Sequence[Act]:
        """A fault is told. Behind one with a close code the connection is closed, when the client has answered."""
        ...

    def written(self, message: Struct) -> str:
        """A message as it is sent, in the order in which they are sent."""
        ...
