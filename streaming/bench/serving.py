"""A server of our own for the bench: the whole service in a home of its own, with the smallest language model."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from streaming.bench.native import readyz
from streaming.machine import home
from streaming.machine.tether import tether
from streaming.refusal import Refusal

STARTS_S: Final = 120.0
LANGUAGE_MODEL: Final = "smollm2-135m"


class Own(NamedTuple):
    """Where it listens, and its topmost process."""

    url: str
    pid: int


@contextlib.contextmanager
def serving(model: str, *, refuse: bool = False, settings: Mapping[str, str] | None = None) -> Generator[Own]:
    """The service, ready, with recogniser model `model`. Its home is thrown away after. Raises Refusal.

    Unless it may `refuse` whom it has no room for, it lets everybody in, so that one sees what becomes of them.
    To be entered in the main thread, with which the service dies.
    """
    place = Path(tempfile.mkdtemp(prefix="vivavoce-bench-"))
    shelf = home.prepare() / "models"
    (place / "models").symlink_to(shelf)
    port = _free_port()
    own = {"HOME": str(place), "LLM__MODEL": LANGUAGE_MODEL, "ASR__MODEL": model, "SERVER__PORT": str(port)}
    own |= settings or {}
    own |= {} if refuse else {"SERVER__MAX_LOAD": "1000", "SERVER__MAX_SESSIONS": "1000"}
    env = {
        name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "VIVAVOCE_REDIS__URL")
    }
    env |= {f"VIVAVOCE_{name}": value for name, value in own.items()}
    with (place / "serve.log").open("wb") as log:
        command = [sys.executable, "-P", "-m", "vivavoce", "serve"]
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log, preexec_fn=tether())  # noqa: PLW1509
    try:
        url = f"http://127.0.0.1:{port}"
        _await_ready(url, server, place / "serve.log")
        yield Own(url, server.pid)
    finally:
        _stop(server)
        (place / "models").unlink()
        shutil.rmtree(place, ignore_errors=True)


def _await_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + STARTS_S
    while not readyz(url).get("ready"):
        if server.poll() is not None or time.monotonic() > ends:
            raise Refusal(f"The server did not start. {_last_words(log)}")
        time.sleep(0.2)


def _last_words(log: Path) -> str:
    """What it said last, and the role that it says it of: the logs are gone with its home."""
    said = log.read_text("utf-8", "replace").strip().splitlines()[-1:]
    for role in sorted((log.parent / "logs").glob("*.log")):
        if said and f"role {role.stem} " in said[0]:
            said += role.read_text("utf-8", "replace").strip().splitlines()[-3:]
    return " ".join(said) or "It said nothing."


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]
