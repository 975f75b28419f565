"""`python -m tests.chaos [SCENARIO...] [--short] [--json FILE]`: faults on purpose, and what became of the sessions.

Each scenario has a Redis and processes of its own, and can be run alone. Exit code 1 when any of them has a fault.
"""

import argparse
import asyncio
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from tests.chaos.scenarios import ALL
from tests.chaos.stage import Figures


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("scenario", nargs="*", choices=[*ALL, []], help="all, when none is named")
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--json", type=Path, help="write all figures there too")
    options = parser.parse_args()
    found: dict[str, Figures] = {}
    for name in options.scenario or ALL:
        began = time.monotonic()
        figures = asyncio.run(ALL[name](options.short))
        found[name] = {**figures, "took_s": round(time.monotonic() - began, 1)}
        print(msgspec.json.encode({name: found[name]}).decode(), flush=True)
    whole = {"machine": _machine(), "scenarios": found}
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(whole)))
    bad = {name: figures["faults"] for name, figures in found.items() if figures["faults"]}
    print(msgspec.json.encode({"faults": bad}).decode())
    return 1 if bad else 0


def _machine() -> Figures:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "commit": commit,
        "load": [round(one, 2) for one in os.getloadavg()],
    }


if __name__ == "__main__":
    sys.exit(main())
