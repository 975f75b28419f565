"""`vivavoce index push|withdraw`: versions of indexes into a Redis with vector sets, and out of it."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from llm.retrieval.cabinet import Cabinet
from llm.retrieval.shared import publish, withdraw
from streaming.bus import Bus
from streaming.config import FILE, load
from streaming.errors import Fault
from streaming.machine import home
from streaming.refusal import Refusal, Usage


def push(cabinet: Cabinet, options: argparse.Namespace) -> str:
    """The version in force here is in force there; what to tell. Raises Refusal."""
    manifest = cabinet.manifest(options.tenant, options.name, cabinet.current(options.tenant, options.name))
    folder = cabinet.place(options.tenant, options.name) / manifest.version
    _done(options, lambda bus: publish(bus, folder, manifest))
    return f"{manifest.ref} is in force in that Redis"


def taken_out(_: Cabinet, options: argparse.Namespace) -> str:
    """A version is no longer there; what to tell. Raises Refusal."""
    _done(options, lambda bus: withdraw(bus, options.tenant, options.name, options.version))
    return f"{options.name}@{options.version} is no longer in that Redis"


def _done(options: argparse.Namespace, work: Callable[[Bus], Awaitable[None]]) -> None:
    url = options.redis or load(home.prepare() / FILE).llm.index_redis
    if not url:
        raise Usage("Say which Redis (8 or newer): --redis URL, or llm.index_redis in the settings")
    asyncio.run(_connected(url, work))


async def _connected(url: str, work: Callable[[Bus], Awaitable[None]]) -> None:
    bus = Bus(url, plain=True)
    try:
        await work(bus)
    except Fault as fault:
        raise Refusal(f"That Redis did not do it (is it 8 or newer?): {fault.message}") from None
    finally:
        await bus.close()
