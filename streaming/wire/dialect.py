"""What a dialect of live speech is, for the shell that serves them (`streaming/ingress/guests/translated.py`). Pure.

A dialect reads what a client asks for in its address, translates what it says, and our events into its messages. It
never touches a socket, and time is an argument: milliseconds of the session's sound.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol

from msgspec import Struct

from streaming.errors import ClientFault, Close, Fault
from streaming.events import Event, SessionStarted
from streaming.parts import Encoding
from streaming.wire.messages import ClientMessage, SessionStart

Source = Literal["raw", "packets", "container"]
"""How sound comes: samples; raw opus packets, or an Ogg stream of them (the first bytes tell); whatever a file is."""


QUIET: Final = "quiet"
"""The code of the fault when nothing was heard of a client for too long."""


def quiet(seconds: float) -> Fault:
    """That fault."""
    return ClientFault(QUIET, f"neither sound nor KeepAlive came for {seconds:g} s", close=Close.INTERNAL)


REASON: Final = 123
"""Bytes of a close frame's reason (RFC 6455, 5.5)."""


def shortened(reason: str) -> str:
    """As much of a reason as a close frame holds."""
    return reason.encode("utf-8", "replace")[:REASON].decode("utf-8", "ignore")


class Wanted(Struct, frozen=True, kw_only=True):
    """What any client asks for. `encoding` of its samples, where the session has another. `mixed`: channels of its
    sound that become one, if above 1. `quiet_s`: it is given up when nothing came for so long; None: never.
    `blank_ends`: a frame without sound says that no more comes."""

    start: SessionStart
    source: Source = "raw"
    encoding: Encoding | None = None
    mixed: int = 1
    quiet_s: float | None = None
    blank_ends: bool = False


class Shown(NamedTuple):
    """What a client shows to be let in: keys, and which of the subprotocols that it offers is to be named back; a
    ticket, where the dialect has a place for one. `either`: what is no key of ours may be a ticket."""

    keys: Sequence[str]
    subprotocol: str | None = None
    ticket: str | None = None
    either: bool = False


class Read(Struct):
    """What is to be done about a text frame: messages to answer with, what to do to the session, and whether no more
    will come."""

    answers: Sequence[Struct] = ()
    does: Sequence[ClientMessage] = ()
    over: bool = False


class Tally(NamedTuple):
    """A session that is over: milliseconds of its sound, and how long it lasted; the SHA-256 of all that came."""

    heard_ms: int
    lasted_ms: int
    sha256: str


class Refusal(NamedTuple):
    """A fault before the upgrade: an HTTP answer."""

    status: int
    body: Struct
    headers: Mapping[str, str]


class Closing(NamedTuple):
    """A fault on an open socket: a close code, its reason (`shortened`), and what is sent before."""

    code: int
    reason: str
    last: Sequence[Struct] = ()


class Translator(Protocol):
    """One session's way into a dialect."""

    @property
    def holds(self) -> bool:
        """Whether something waits for what may follow it."""
        ...

    def begun(self, started: SessionStarted) -> Sequence[Struct]:
        """The session is there; nothing but `read` was called before."""
        ...

    def take(self, event: Event, heard_ms: int) -> Sequence[Struct]:
        """What follows from an event, when `heard_ms` of sound were received."""
        ...

    def rest(self) -> Sequence[Struct]:
        """Nothing follows what is held."""
        ...

    def passed(self, at_ms: int) -> Sequence[Struct]:
        """The recogniser is through with so much of the sound."""
        ...

    def read(self, frame: str) -> Read:
        """What a client says. Raises ClientFault: with `close` set, it ends the session."""
        ...

    def over(self, tally: Tally) -> Sequence[Struct]:
        """The last messages."""
        ...

    def wrong(self, fault: Fault) -> Struct:
        """A fault after which the session goes on, as a message."""
        ...

    def closing(self, fault: Fault) -> Closing:
        """A fault which ends the session."""
        ...


class Prompt:
    """The part of a translator that holds nothing, and waits for nothing but events."""

    holds = False

    def rest(self) -> Sequence[Struct]:
        """Nothing is held."""
        return []

    def passed(self, at_ms: int) -> Sequence[Struct]:
        """Nothing follows from time."""
        del at_ms
        return []


class Dialect(NamedTuple):
    """One dialect. `understood`: the query; raises ClientFault. `shown`: headers, query, and offered subprotocols.
    `translator`: for what was understood. `refusal`: of a fault before there is a session, and the request's own name,
    as an HTTP answer; or as a close, for which the socket is opened first, as browsers cannot see an answer."""

    path: str
    understood: Callable[[str], Any]
    shown: Callable[[Mapping[str, str], str, Sequence[str]], Shown]
    translator: Callable[[Any], Translator]
    refusal: Callable[[Fault, str], Refusal | Closing]
