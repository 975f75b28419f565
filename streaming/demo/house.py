"""The service that `vivavoce demo` starts where it is given none: in a home of its own (`demo/` in the home folder),
with the models of the user's, an index of the demonstration's pages, and settings that are nobody else's."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console

from llm.retrieval.building import Watcher, build
from llm.retrieval.cabinet import Cabinet
from llm.retrieval.embedding import MiniLm
from streaming.demo.call import DOCUMENTS, PLACE
from streaming.machine import home
from streaming.machine.minilm import NAME
from streaming.machine.models import Shelf
from streaming.machine.tether import tether
from streaming.refusal import Refusal
from streaming.service.service import ready
from streaming.service.terminal import PullView

SETTINGS: Final = PLACE / "vivavoce.toml"
TENANT, INDEX = "default", "demo"
KEPT: Final = ("VIVAVOCE_ASR__", "VIVAVOCE_LLM__MODEL", "VIVAVOCE_LLM__URL", "VIVAVOCE_LLM__KEY")
"""Of the environment's settings: which models serve. All others might keep the demonstration out."""
READY_S: Final = 900.0  # models may have to be fetched
STOP_S: Final = 30.0


class DemoError(Refusal):
    """The demonstration's service cannot be had; the message is one line that says what to do."""


def prepared(console: Console) -> Path:
    """The home folder of the demonstration, its index built. Raises Refusal."""
    own = home.prepare()
    place = own / "demo"
    place.mkdir(mode=0o700, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (place / "models").symlink_to(own / "models")
    home.prepare(place)
    Shelf(own / "models").pull(NAME, watcher=PullView(console))
    build(Cabinet(place / "indexes"), (TENANT, INDEX), [DOCUMENTS], MiniLm(), Watcher())
    return place


@contextlib.contextmanager
def served(port: int, console: Console) -> Generator[str]:
    """The address of a service that is ready, which ends with the block. Call from the main thread. Raises Refusal."""
    place = prepared(console)
    address = f"http://127.0.0.1:{port}"
    log = place / "logs" / "serve.log"
    with log.open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "vivavoce", "serve", "--config", str(SETTINGS), "--port", str(port)],
            env=environment(os.environ, place),
            stdout=printed,
            stderr=subprocess.STDOUT,
            preexec_fn=tether(),  # noqa: PLW1509 - it makes two system calls and takes no lock
            start_new_session=True,  # Ctrl-C is for us
        )
    try:
        _await(process, address, log)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(given: Mapping[str, str], place: Path) -> dict[str, str]:
    """`given` for the demonstration's service: nothing of another service's home, Redis, keys or index is in it."""
    kept = {
        name: value
        for name, value in given.items()
        if name != "REDIS_URL" and (not name.startswith("VIVAVOCE_") or name.startswith(KEPT))
    }
    return kept | {"VIVAVOCE_HOME": str(place)}


def free(port: int) -> int:
    """`port` of this machine's loopback, or another if somebody has it."""
    for wanted in (port, 0):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", wanted)) as probe:
            return int(probe.getsockname()[1])
    raise DemoError(f"Neither port {port} nor any other can be had on 127.0.0.1")


def _await(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while not ready(address):
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"]
            raise DemoError(f"The demonstration's service did not start: {said[-1]} (all of it: {log})")
        time.sleep(0.1)
