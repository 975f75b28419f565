"""`vivavoce bench asr`: real speech with known words, at the pace of speech, to a server and to others beside it."""

import argparse
import asyncio
import contextlib
import itertools
import os
from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from rich.console import Console

from streaming.bench import offline, plot, report
from streaming.bench.figures import Part, Row, row
from streaming.bench.hearing import Full, System
from streaming.bench.machine import machine
from streaming.bench.native import Vivavoce, readyz
from streaming.bench.offline import Offline
from streaming.bench.peers import peer
from streaming.bench.processes import Meter, above, listener
from streaming.bench.serving import serving
from streaming.bench.speech import Script, clips, decoded, script, trimmed
from streaming.bench.telling import tell, write
from streaming.refusal import Refusal, Usage

APART_S = 0.5
"""Between the beginnings of two clients."""


class Target(NamedTuple):
    """A system, and its topmost process if it can be seen."""

    system: System
    pid: int | None


class Plan(NamedTuple):
    """What is played: for each client of each run a script, and what an offline pass hears in it."""

    scripts: list[list[Script]]
    heard: list[list[Offline]]
    turns: list[list[Any]]


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit code: 1 when a committed word changed or sound is unaccounted for."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    plan = _plan(options, console)
    with _targets(options) as targets:
        about = machine() | {"models": served(targets), "seconds": options.seconds, "runs": options.runs}
        rows, texts = asyncio.run(_measure(options, targets, plan, console))
    tell(report.whole(about, rows) | {"texts": texts}, options.json, lambda width: report.table(rows, width))
    wrong = [one for one in rows if one.system == "vivavoce" and (one.changed or one.unaccounted_ms)]
    return 1 if wrong else 0


def _plan(options: argparse.Namespace, console: Console) -> Plan:
    """Everything that costs the bench itself time is done before anything is measured."""
    if min(options.clients) < 1 or options.runs < 1:
        raise Usage("At least one client and one run are needed")
    known = clips(options.speech, options.language)
    scripts = [
        [
            script(known, 1000 * (options.seed + number) + client, options.seconds)
            for client in range(max(options.clients))
        ]
        for number in range(options.runs)
    ]
    flat = [one.pcm for some in scripts for one in some]
    with console.status("An offline pass tells when each word ends …") as status:
        heard = offline.heard(
            flat,
            options.offline,
            options.language,
            lambda done: status.update(f"An offline pass tells when each word ends: {done} of {len(flat)}"),
        )
    offline.forget()
    short = [clip for clip in sorted(known) if 1.5 <= len(decoded(clip.path)) / 16_000 <= 5]
    turns = [
        [trimmed(decoded(clip.path)) for clip in short[client::17][: options.turns]] for client in range(17)
    ]
    width = max(options.clients)
    return Plan(scripts, [heard[n * width : (n + 1) * width] for n in range(options.runs)], turns)


async def _measure(
    options: argparse.Namespace, targets: Sequence[Target], plan: Plan, console: Console
) -> tuple[list[Row], list[dict[str, Any]]]:
    rows, texts = list[Row](), list[dict[str, Any]]()
    every = itertools.product(range(options.runs), options.clients, targets)
    for number, clients, target in cast("Iterator[tuple[int, int, Target]]", every):
        console.print(f"run {number + 1}: {target.system.name}, {clients} at once …", style="dim")
        parts, made = await _row(target, plan, (number, clients), options.language)
        rows.append(made)
        texts += [{"run": number, "system": made.system, "clients": clients} | _texts(part) for part in parts]
        console.print("  " + report.line(made), style="dim")
        if options.plot and len(rows) == 1:
            write(options.plot, plot.drawn(parts[0], made.system).encode())
    return rows, texts


def _texts(part: Part) -> dict[str, Any]:
    """What was said, what was heard of it, and what an offline pass hears."""
    sights = part.heard.sights
    return {
        "said": [span.text for span in part.script.spans],
        "heard": sights[-1].text if sights else "",
        "offline": part.offline.text,
    }


async def _row(target: Target, plan: Plan, which: tuple[int, int], language: str) -> tuple[list[Part], Row]:
    number, clients = which

    async def speak(client: int) -> Part | None:
        await asyncio.sleep(client * APART_S)
        played = plan.scripts[number][client]
        with contextlib.suppress(Full):
            return Part(played, plan.heard[number][client], await target.system.stream(played.pcm))
        return None

    async def end(client: int) -> list[float]:
        await asyncio.sleep(client * APART_S / 2)
        with contextlib.suppress(Full):
            return (await target.system.finalize(plan.turns[client % len(plan.turns)])).finals
        return []

    async with Meter(target.pid) as meter:
        parts = [part for part in await asyncio.gather(*map(speak, range(clients))) if part]
    if not parts:
        raise Refusal(f"{target.system.name} has no room for anybody now")
    finals: list[float] = []
    if target.system.finalizes and any(plan.turns):
        finals = [late for some in await asyncio.gather(*map(end, range(clients))) for late in some]
    return parts, row((target.system.name, clients), parts, finals, meter.cost, language)


@contextlib.contextmanager
def _targets(options: argparse.Namespace) -> Generator[list[Target]]:
    peers = [peer(told, options.language) for told in options.peer]
    with contextlib.ExitStack() as stack:
        targets: list[Target] = []
        if options.serve:
            own = stack.enter_context(serving(options.model, refuse=options.admission))
            targets.append(Target(Vivavoce(own.url, None, options.language), own.pid))
        elif options.url or not peers:
            url = options.url or os.environ.get("VIVAVOCE_URL") or "http://127.0.0.1:8080"
            if not readyz(url):
                raise Refusal(f"No server answers at {url}: start one, or let the bench do it (--serve)")
            key = options.key or os.environ.get("VIVAVOCE_KEY")
            targets.append(Target(Vivavoce(url, key, options.language), options.pid or _pid(url)))
        targets += [Target(one, _pid(one.url)) for one in peers]
        yield targets


def _pid(url: str) -> int | None:
    """The topmost process of the server at `url`, if it runs here."""
    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return None
    found = listener(parts.port or 80)
    return None if found is None else above(found, "vivavoce")


def served(targets: Sequence[Target]) -> list[str]:
    """Which models serve, by the name and hash that the server tells."""
    urls = [target.system.url for target in targets if isinstance(target.system, Vivavoce)]
    return sorted(
        {one["ref"] for url in urls for worker in readyz(url).get("workers", []) for one in worker["serves"]}
    )
