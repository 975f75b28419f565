"""`vivavoce bench spine`: what the way from the socket to the viewer costs, and how long it takes, without any model.

Gateway and moderator are the real ones, the recogniser is one that only reads when its sound was sent. They run in
processes of their own over a Redis of their own; the clients are here.
"""

import argparse
import asyncio
import statistics
from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.table import Table

from streaming.bench import spine_parts
from streaming.bench.machine import machine
from streaming.bench.processes import cpu_s
from streaming.bench.spine_house import House, house
from streaming.bench.spine_load import Speaking, speak
from streaming.bench.telling import tell
from streaming.bus import Bus
from streaming.refusal import Usage

ROUNDS = 500


class Costs(NamedTuple):
    """Processor seconds of each process, and messages that clients sent meanwhile."""

    cpu_s: dict[str, float]
    messages: int
    seconds: float


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code."""
    if options.part:
        return spine_parts.run(options.part)
    if options.sessions < 1 or options.seconds < 3:
        raise Usage("At least one session and 3 seconds are needed")
    with house() as there:
        figures = machine() | asyncio.run(_measure(there, options.sessions, options.seconds))
    tell(figures, options.json, lambda _: _table(figures))
    return 0


async def _measure(there: House, sessions: int, seconds: float) -> dict[str, Any]:
    bus = Bus(there.redis_url)
    try:
        await there.ready(bus)
        hops = await _hops(bus)
        plain, _ = await _load(there, there.sink_url, ["sink"], (sessions, seconds))
        costs, heard = await _load(there, there.url, [*there.pids], (sessions, seconds))
        there.stop("recogniser")
        memory = await _memory(bus, there, (sessions, seconds))
    finally:
        await bus.close()
    spent = {name: round(used, 2) for name, used in costs.cpu_s.items()}
    whole = sum(used for name, used in costs.cpu_s.items() if name not in ("sink", "answerer"))
    return {
        "sessions": sessions,
        "seconds": seconds,
        "gateway_us_a_message": _us(costs, "gateway"),
        "plain_websockets_us_a_message": _us(plain, "sink"),
        "one_hop_ms": _spread(hops),
        "client_to_recogniser_ms": _spread([one.read - one.sent for one in heard]),
        "recogniser_to_viewer_ms": _spread([one.shown - one.written for one in heard]),
        "client_to_viewer_ms": _spread([one.shown - one.sent for one in heard]),
        "cpu_s": spent,
        "sessions_a_core": round(sessions * costs.seconds / whole, 1),
        "redis_mb_a_session_minute": {
            "pcm": memory,
            "opus": memory,
            "note": "opus is decoded at the edge: Redis holds 16 kHz PCM16 whatever the client sends, and only what no "
            "recogniser has acted upon yet",
        },
    }


async def _load(
    there: House, url: str, names: Sequence[str], size: tuple[int, float]
) -> tuple[Costs, list["Speaking"]]:
    """Clients that speak at once, and what the processes of `names` spend on them."""
    before = {name: cpu_s(there.pids[name]) for name in names}
    count, heard = await speak(url, *size)
    spent = {name: cpu_s(there.pids[name]) - used for name, used in before.items()}
    return Costs(spent, count, size[1]), heard


def _us(costs: Costs, name: str) -> float:
    return round(costs.cpu_s[name] / costs.messages * 1e6, 1)


async def _hops(bus: Bus) -> list[int]:
    """Half the way to somebody who reads a stream and back (ns)."""
    feed, found = bus.open({spine_parts.PONG: "0-0"}), list[int]()
    await asyncio.sleep(0.5)
    for number in range(ROUNDS):
        began = asyncio.get_running_loop().time()
        await bus.call("XADD", spine_parts.PING, "*", "e", b"%d" % number)
        await feed.get()
        found.append(round((asyncio.get_running_loop().time() - began) / 2 * 1e9))
        await asyncio.sleep(0.002)
    feed.close()
    return found[ROUNDS // 10 :]


async def _memory(bus: Bus, there: House, size: tuple[int, float]) -> float:
    """MB that a minute of sound takes which nobody has read."""
    before = await _used(bus)
    await speak(there.url, *size)
    await asyncio.sleep(0.5)
    return round((await _used(bus) - before) / 2**20 / (size[0] * size[1]) * 60, 2)


async def _used(bus: Bus) -> int:
    info = (await bus.call("INFO", "memory")).decode()
    line = next(line for line in info.splitlines() if line.startswith("used_memory:"))
    return int(line.partition(":")[2])


def _spread(times: Sequence[int]) -> dict[str, float | int]:
    """Milliseconds of nanoseconds."""
    ordered = sorted(times)
    if not ordered:
        return {"n": 0}
    last = ordered[round(0.99 * (len(ordered) - 1))]
    p50, p99 = round(statistics.median(ordered) / 1e6, 3), round(last / 1e6, 3)
    return {"p50": p50, "p99": p99, "n": len(ordered)}


def _table(figures: dict[str, Any]) -> Table:
    made = Table(title=f"{figures['machine']}, load {figures['load_average']}, commit {figures['commit']}")
    made.add_column("figure")
    made.add_column("value", justify="right")
    for name, value in figures.items():
        if isinstance(value, dict):
            for part, one in value.items():  # pyright: ignore[reportUnknownVariableType]
                made.add_row(f"{name} {part}", str(one))  # pyright: ignore[reportUnknownArgumentType]
        else:
            made.add_row(name, str(value))
    return made
