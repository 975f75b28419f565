"""Opens the flavours that the settings name: the embedded ones are loaded, the others looked for."""

import asyncio
import hashlib
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from llm.embedded import Embedded
from llm.engine import Engine
from llm.flavours.checking import check, place
from llm.flavours.flavour import Adapter, Flavour
from llm.flavours.policy import AdapterPolicy, FlavourPolicy
from llm.policy import LlmPolicy
from streaming.errors import ServiceFault
from streaming.events import Served
from streaming.refusal import Refusal

log = logging.getLogger(__name__)


class Weights(NamedTuple):
    """A model's file, and its SHA-256 in hexadecimal."""

    file: Path
    digest: str


class Opened(NamedTuple):
    """A flavour that is there, what it is told as, and the server in this process that it speaks to, if any."""

    flavour: Flavour
    served: list[Served]
    embedded: Embedded | None


async def open_flavours(policy: LlmPolicy, weights: Mapping[str, Weights]) -> list[Opened]:
    """All of them, in order. A server that is away is no error: it is looked for again with each request.

    Raises:
        Refusal: the settings contradict themselves, or an adapter's file is missing or another.
        ServiceFault: an embedded model or its adapter is missing or broken; what was opened is closed.
    """
    table = policy.table()
    check(table, policy.routing, policy.adapters)
    opened: list[Opened] = []
    try:
        for name, flavour in table.items():
            adapters = {key: of for key, of in policy.adapters.items() if place(of, list(table)) == name}
            if flavour.url:
                opened.append(await _look(name, flavour, policy, adapters))
            else:
                opened.append(await _load(name, flavour, policy, adapters, weights))
    except BaseException:
        await close(opened)
        raise
    return opened


async def close(opened: list[Opened]) -> None:
    """Close connections and let models go."""
    for one in opened:
        await one.flavour.engine.close()
        if one.embedded:
            await asyncio.to_thread(one.embedded.stop)


async def _load(
    name: str,
    flavour: FlavourPolicy,
    policy: LlmPolicy,
    adapters: Mapping[str, AdapterPolicy],
    weights: Mapping[str, Weights],
) -> Opened:
    """An embedded one."""
    found = weights.get(flavour.model)
    if found is None:
        raise ServiceFault(
            "model_missing", f"no language model for {name!r}: neither a file nor a URL is given"
        )
    hashes = {key: await asyncio.to_thread(_checked, key, adapter) for key, adapter in adapters.items()}
    slots = flavour.slots or policy.slots
    embedded = Embedded(
        found.file, policy.shared(slots), [Path(adapter.file) for adapter in adapters.values()]
    )
    # A thread of its own, since it lowers its priority, which the engine's threads inherit.
    with ThreadPoolExecutor(1, "llm-load") as loader:
        url, key = await asyncio.get_running_loop().run_in_executor(loader, embedded.start)
    loras = {
        key: Adapter(_ref(key, hash_), place, tenants=adapters[key].tenants)
        for place, (key, hash_) in enumerate(hashes.items())
    }
    made = Flavour(
        name, Engine(url, key, flavour.model, policy), found.digest[:16], slots, loras, flavour.adapter
    )
    served = [Served(role="responder", name=flavour.model, hash=found.digest, ref=made.model_ref)]
    return Opened(made, served + _told(loras, hashes), embedded)


async def _look(
    name: str, flavour: FlavourPolicy, policy: LlmPolicy, adapters: Mapping[str, AdapterPolicy]
) -> Opened:
    """One on a server elsewhere."""
    engine = Engine(flavour.url, flavour.key, flavour.remote_model, policy)
    try:
        await engine.choose()
    except ServiceFault as fault:
        log.warning("%s; replies fail until it is back", fault.message)
    hashes = {key: adapter.hash for key, adapter in adapters.items()}
    loras = {
        key: Adapter(
            _ref(key, hashes[key] or engine.host), model=adapter.model or key, tenants=adapter.tenants
        )
        for key, adapter in adapters.items()
    }
    made = Flavour(name, engine, engine.host, flavour.slots or policy.slots, loras, flavour.adapter)
    served = [Served(role="responder", name=engine.model or engine.host, hash="", ref=made.model_ref)]
    return Opened(made, served + _told(loras, hashes), None)


def _told(adapters: Mapping[str, Adapter], hashes: Mapping[str, str]) -> list[Served]:
    return [Served("adapter", name, hashes[name], adapter.ref) for name, adapter in adapters.items()]


def _ref(name: str, source: str) -> str:
    return f"{name}@{source[:16] if len(source) == 64 else source}"


def _checked(name: str, adapter: AdapterPolicy) -> str:
    """SHA-256 of an adapter's file, which is what the settings say if they say anything."""
    try:
        with Path(adapter.file).open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as why:
        raise Refusal(f"llm.adapters.{name}.file: {adapter.file} cannot be read: {why.strerror}") from None
    if adapter.hash and adapter.hash != digest:
        raise Refusal(f"llm.adapters.{name}: {adapter.file} is another file: its SHA-256 is {digest}")
    return digest
