"""How a session's log is followed and its draft written, whatever is made of it: replies (`talk`) or advice to an agent
(`assist.call`).

The log and all work bring what they have into one inbox. What is ready together is decided together: the log first, so
that no word follows a cancellation.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from llm.responder import joined
from streaming.drafts import Draft, DraftDelta
from streaming.events import Event
from streaming.feed import Entry, Feed
from streaming.lease import Lease

T = TypeVar("T")

PAGE: Final = 512
SIZE: Final = 64
"""When this much waits to be written, the engine is not read on, and its server waits."""

EVENT: Final = msgspec.json.Decoder(Event)


async def listen(feed: Feed, inbox: "asyncio.Queue[list[Entry] | T]") -> None:
    """What comes of the log, into the inbox, until cancelled."""
    while True:
        await inbox.put(await feed.get())


async def ready(inbox: "asyncio.Queue[list[Entry] | T]") -> "list[list[Entry] | T]":
    """All that has come, at least one thing; of the log first."""
    items = [await inbox.get()]
    while not inbox.empty():
        items.append(inbox.get_nowait())
    return sorted(items, key=lambda item: not isinstance(item, list))


async def write(lease: Lease, draft: str, place: Struct, facts: Sequence[Draft]) -> None:
    """Append to the stream `draft`. Words alone leave the checkpoint where it is; everything else moves it to `place`.

    Raises:
        LeaseLost, BusDown.
    """
    appends = [(draft, msgspec.json.encode(fact)) for fact in joined(facts)]
    if not appends:
        return
    if all(isinstance(fact, DraftDelta) for fact in facts):
        for key, body in appends:
            await lease.append(key, body)
    else:
        await lease.commit(msgspec.json.encode(place), appends=appends)
