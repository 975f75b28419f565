"""What a role's package gives, and what else it may give. Pure."""

from collections.abc import Awaitable
from typing import Protocol, runtime_checkable

from streaming.bus import Bus
from streaming.capacity import Load
from streaming.events import Served
from streaming.lease import Lease


class Worker(Protocol):
    """What a role's package gives: it loads its models, serves any number of sessions at once, and stops."""

    def start(self) -> Awaitable[list[Served]]:
        """Load the models; what serves."""
        ...

    def serve(self, lease: Lease, bus: Bus) -> Awaitable[None]:
        """One session's part, from where the lease's state says; returns when it is over."""
        ...

    def stop(self) -> Awaitable[None]:
        """Let the models go."""
        ...


@runtime_checkable
class Measured(Protocol):
    """A worker that can tell how busy it will be."""

    def load(self) -> Load:
        """With the sessions that it serves now."""
        ...


@runtime_checkable
class Candid(Protocol):
    """A worker that can tell what is wrong."""

    def trouble(self) -> str:
        """What keeps it from its work just now, or nothing."""
        ...


@runtime_checkable
class Asked(Protocol):
    """A worker that answers questions that are no part of a session."""

    def answer(self, asked: bytes) -> Awaitable[bytes]:
        """JSON to JSON. Raises Fault."""
        ...
