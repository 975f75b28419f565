"""What comes to a session's responder beside its log: words, ends, and calls that wait for leave."""

import asyncio
from typing import TypeAlias

import msgspec
from msgspec import Struct

from llm.responder import Outcome, Place, permitted
from streaming.feed import Entry
from streaming.lease import Lease


class Words(Struct, frozen=True):
    """Text of `reply`, as the engine made it."""

    reply: int
    text: str


class Finished(Struct, frozen=True):
    """The engine's work on `reply` is over."""

    reply: int
    outcome: Outcome


class Wish(Struct, frozen=True):
    """The work on `reply` would call a tool, `once` and never again. `leave`: whether it may; a wish for a reply that
    is not open any more is never answered, and its task is cancelled."""

    reply: int
    once: bool
    leave: "asyncio.Future[bool]"


Item: TypeAlias = list[Entry] | Words | Finished | Wish
Inbox: TypeAlias = "asyncio.Queue[Item]"


async def wish(inbox: Inbox, reply: int, once: bool) -> bool:
    """Ask for leave, and wait for it."""
    leave = asyncio.get_running_loop().create_future()
    await inbox.put(Wish(reply, once, leave))
    return await leave


async def settled(wish: Wish | None, place: Place, lease: Lease) -> tuple[Place, Wish | None]:
    """The place and the wish that is left, after the wish was answered if it could be.

    That a call is about to be made is in the checkpoint before it is: whoever restarts in the middle of it knows.
    """
    if wish is None:
        return place, None
    place, permit = permitted(place, wish.reply, wish.once)
    if permit == "wait":
        return place, wish
    if permit != "gone":
        if permit == "granted" and wish.once:
            await lease.commit(msgspec.json.encode(place))
        if not wish.leave.done():
            wish.leave.set_result(permit == "granted")
    return place, None
