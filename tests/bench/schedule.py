"""Where a recogniser saturates, and what is left out first: the product's own scheduling against modelled costs.

    .venv/bin/python -m tests.bench.schedule [--sessions 50 100 ... 800] [--profile h100|cpu|measured] [--seconds 60]

Everybody speaks without a break (`tests/crowd.py`). For each number of sessions: `busy` (of the workers' time), `first`
(seconds from a word's end to its first sight, having been seen twice), `final` (seconds from the endpoint to the
final), `interval` (between partials), each p50 and p95; `rungs` (share of time on each step of the ladder). Then
`saturates`: the most sessions that stay on each step (`full`: that of 0.35 s) or above it, and the most with `first`
p95 <= 1 s and `final` p95 <= 0.3 s (`target`); `admits`: how many of a thousand that come one after the other are let
in; `flood`: how a few sessions of one tenant fare beside another tenant that has half as many again as saturate it.

`h100` is an ESTIMATE, see H100; `cpu` has the figures of two cores with the model base; `measured` takes those of this
machine (`--model`). What Python, Redis and the voice detector cost is in none of them.
"""

import argparse
import json
from collections.abc import Callable
from typing import Any, Final

import msgspec

from asr.policy import AsrPolicy
from asr.sharing.costs import Costs
from asr.sharing.dispatch import Setup
from asr.whisper.measuring import load
from streaming.machine import models
from tests.bench.figures import summary
from tests.crowd import Crowd, Heard, Speaker

H100: Final = Costs(
    call=0.0015,
    second=0.0002,
    align=0.0003,
    token=0.0015,
    token_each=0.00001,
    batch=32,
    spoken=4.0,
    beam=5.0,
)
"""An ESTIMATE for large-v3-turbo in float16. Its encoder (32 layers, 636 M parameters) needs about 2.3 TFLOP for 30 s;
at 40 % of an H100's 989 TFLOP/s that is 6 ms. A step of its decoder (4 layers, 172 M parameters, 0.34 GB) is bound by
launches rather than by memory (0.1 ms): 1.5 ms, and 0.01 ms for each way of a search that reads a window's keys. So
120 s of sound would take 0.18 s; inferencebench.io published 0.2 s for such a card."""

PROFILES: Final = {"h100": (H100, 1), "cpu": (Costs(), 2)}


def setup(profile: str, model: str = "base") -> Setup:
    """A recogniser with these costs."""
    if profile == "measured":
        engine, costs = load(models.path(model), AsrPolicy(model=model))
        return Setup(costs, engine.policy.workers)
    costs, workers = PROFILES[profile]
    return Setup(costs, workers)


def crowd(setup: Setup, tenants: dict[str, int], seconds: float, *, warm_s: float = 10.0) -> Crowd:
    """Sessions of tenants for so long, begun within the first seconds; those are not counted."""
    total, speakers = sum(tenants.values()), list[tuple[float, Speaker]]()
    for tenant, count in tenants.items():
        for number in range(count):
            at = 5.0 * len(speakers) / total
            speakers.append((at, Speaker(f"{tenant}-{number}", tenant, at)))
    run = Crowd(setup, speakers).run(warm_s)
    run.heard.clear()
    run.busy_s = 0.0
    return run.run(warm_s + seconds)


def figures(heard: Heard) -> dict[str, Any]:
    """As printed."""
    spent = sum(heard.rungs.values()) or 1.0
    return {
        "first": summary(heard.first),
        "final": summary(heard.final),
        "interval": summary(heard.interval),
        "rungs": {step: round(s / spent, 2) for step, s in heard.rungs.items()},
    }


def at(setup: Setup, sessions: int, seconds: float) -> dict[str, Any]:
    """So many sessions of one tenant."""
    run = crowd(setup, {"all": sessions}, seconds)
    busy = run.busy_s / seconds / setup.workers
    return {"sessions": sessions, "busy": round(busy, 2), **figures(run.heard["all"])}


def most(setup: Setup, bound: int, seconds: float, good: Callable[[dict[str, Any]], bool]) -> int:
    """The most sessions, up to `bound` and to within 2 %, that are served so that the figures are `good`."""
    low, high = 0, bound
    while high - low > max(1, bound // 50):
        middle = (low + high + 1) // 2
        low, high = (middle, high) if good(at(setup, middle, seconds)) else (low, middle)
    return low


def saturates(setup: Setup, bound: int, seconds: float) -> dict[str, int]:
    """The most sessions that stay on each step of the ladder or above it, and those that TARGETS asks for."""
    found: dict[str, int] = {}
    for count, step in enumerate(("full", "slower", "slowest"), start=1):
        within = ("full", "slower", "slowest")[:count]

        def good(row: dict[str, Any], within: tuple[str, ...] = within) -> bool:
            return sum(row["rungs"].get(one, 0.0) for one in within) >= 0.95

        found[step] = most(setup, bound, seconds, good)
    found["target"] = most(
        setup, bound, seconds, lambda row: row["first"]["p95"] <= 1.0 and row["final"]["p95"] <= 0.3
    )
    return found


def admits(setup: Setup, limit: float = 0.8, *, every_s: float = 0.1, most: int = 1000) -> int:
    """How many are let in when one comes after the other."""
    come = [(n * every_s, Speaker(f"all-{n}", "all", n * every_s)) for n in range(most)]
    run = Crowd(setup, come)
    run.limit = limit
    run.run(most * every_s)
    return most - run.refused


def flood(setup: Setup, sessions: int, seconds: float) -> dict[str, Any]:
    """One tenant with so many sessions beside another with a thirtieth of them."""
    few = max(1, sessions // 30)
    run = crowd(setup, {"many": sessions, "few": few}, seconds)
    return {
        name: {"sessions": count, **figures(run.heard[name])}
        for name, count in (("many", sessions), ("few", few))
    }


def main() -> None:
    """Run it and print JSON."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--sessions", type=int, nargs="+")
    options.add_argument("--profile", choices=[*PROFILES, "measured"], default="h100")
    options.add_argument("--model", default="base")
    options.add_argument("--seconds", type=float, default=60)
    asked = options.parse_args()
    made = setup(asked.profile, asked.model)
    crowds = asked.sessions or (
        [50, 100, 200, 300, 400, 500, 600, 700, 800] if asked.profile == "h100" else [1, 2, 4, 8, 12, 16]
    )
    bound = max(crowds)
    found = {
        "profile": asked.profile,
        "estimate": asked.profile == "h100",
        "costs": msgspec.to_builtins(made.costs),
        "workers": made.workers,
        "rows": [at(made, sessions, asked.seconds) for sessions in crowds],
        "saturates": (full := saturates(made, bound, asked.seconds)),
        "admits": admits(made),
        "flood": flood(made, full["slowest"] * 3 // 2 + 1, asked.seconds),
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
