"""Whose fault it is, and how the peer is told.

    Fault
     |-- ClientFault   the peer sent something wrong: it is told what, and what to do
     |-- Overloaded    nothing is wrong, but there is no room: come back after `retry_after` seconds
     `-- ServiceFault  we failed: the peer may try again

Each fault names the WebSocket close code with which its session ends (RFC 6455, 7.4; PROTOCOLS "Life"). `close=None`
means that the session goes on after the error was told.
"""

from collections.abc import Generator
from contextlib import contextmanager
from enum import IntEnum
from typing import cast


class Close(IntEnum):
    """WebSocket close codes, as every dialect of ours uses them."""

    NORMAL = 1000
    ORDER = 1002
    ENCODING = 1003
    MALFORMED = 1007
    POLICY = 1008
    SIZE = 1009
    INTERNAL = 1011
    DRAINING = 1012
    OVERLOAD = 1013
    REPLACED = 4409


class Fault(Exception):
    """An error that a peer is told: a short stable `code`, a `message` for people, the close code or None."""

    def __init__(
        self, code: str, message: str, *, close: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.close = close
        self.retry_after = retry_after
        self.ref: str | None = None
        """The client's own name of the message that it is about, once that is known."""


class ClientFault(Fault):
    """The peer's fault: `code` and `message` say what was wrong and what to do about it."""


class Overloaded(Fault):
    """No room for more: the peer may come back after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__("overloaded", message, close=Close.OVERLOAD, retry_after=retry_after)


class ServiceFault(Fault):
    """Our fault. `close=None` for a part that failed while the session goes on (a reply, say)."""

    def __init__(self, code: str, message: str, *, close: int | None = Close.INTERNAL) -> None:
        super().__init__(code, message, close=close)


class BusDown(ServiceFault):
    """Redis cannot be reached, or cannot write: the caller may wait and try again. `why` in a few words."""

    def __init__(self, why: object) -> None:
        super().__init__("bus_down", f"the message bus is away ({why}); it is tried again")
        self.why = str(why)


@contextmanager
def about(ref: str | None) -> Generator[None]:
    """Whatever fault comes up within is about the client's message of this name."""
    try:
        yield
    except Fault as fault:
        fault.ref = ref
        raise


def first_of(error: BaseException) -> BaseException:
    """The first exception of a group of groups, or the exception itself."""
    while isinstance(error, BaseExceptionGroup):
        error = cast(BaseExceptionGroup[BaseException], error).exceptions[0]
    return error
