"""The processes that are measured: Redis, a gateway, a moderator, and what stands beside them."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Final

from streaming import roster
from streaming.bus import Bus, BusDown
from streaming.machine import embedded, home
from streaming.machine.tether import tether
from streaming.refusal import Refusal

READY_S: Final = 60.0
COMMAND: Final = (sys.executable, "-P", "-m", "vivavoce")


class House:
    """Where they are. `pids` by name."""

    def __init__(self, place: Path, running: embedded.Running) -> None:
        self.redis_url = running.url
        self.pids = {"redis": running.process.pid}
        self._log = (place / "bench.log").open("ab")
        self._place = place
        ports = _free_port(), _free_port()
        self.url, self.sink_url = f"ws://127.0.0.1:{ports[0]}/v1/stream", f"ws://127.0.0.1:{ports[1]}/"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VIVAVOCE_")},
            "REDIS_URL": running.url,
            "VIVAVOCE_HOME": str(place),
            "VIVAVOCE_SERVER__PORT": str(ports[0]),
            "VIVAVOCE_SERVER__MAX_SESSIONS": "100000",
            "VIVAVOCE_LEASE__CAPACITY": "100000",
            "BENCH_PORT": str(ports[1]),
        }
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        for role in ("gateway", "moderator"):
            self._start(role, "serve", "--role", role)
        for part in ("recogniser", "sink", "answerer"):
            self._start(part, "bench", "spine", "--part", part)

    def _start(self, name: str, *words: str) -> None:
        process = subprocess.Popen(
            [*COMMAND, *words],
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=tether(),  # noqa: PLW1509
        )
        self._processes[name], self.pids[name] = process, process.pid

    async def ready(self, bus: Bus) -> None:
        """Until all of them serve. Raises Refusal."""
        ends, wanted = time.monotonic() + READY_S, {"gateway", "moderator", "asr"}
        while True:
            with contextlib.suppress(BusDown, OSError):
                if wanted <= {one.role for one in await roster.present(bus)}:
                    host, _, port = self.sink_url.removeprefix("ws://").strip("/").partition(":")
                    socket.create_connection((host, int(port)), 1).close()
                    await asyncio.sleep(1)
                    return
            if time.monotonic() > ends or any(one.poll() is not None for one in self._processes.values()):
                said = (self._place / "bench.log").read_text("utf-8", "replace").strip().splitlines()
                raise Refusal(f"The processes did not start. {' '.join(said[-2:])}")
            await asyncio.sleep(0.1)

    def stop(self, *names: str) -> None:
        """Stop some of them (all when none is named)."""
        chosen = [(name, self._processes.pop(name)) for name in names or tuple(self._processes)]
        for _, process in chosen:
            process.terminate()
        for name, process in chosen:
            del self.pids[name]
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def close(self) -> None:
        """Stop all."""
        self.stop()
        self._log.close()


@contextlib.contextmanager
def house() -> Generator[House]:
    """All processes, started; they and their home are gone after. Raises Refusal."""
    place = Path(tempfile.mkdtemp(prefix="vivavoce-bench-"))
    try:
        running = embedded.start(embedded.binary(home.prepare()), place)
        try:
            there = House(place, running)
            try:
                yield there
            finally:
                there.close()
        finally:
            embedded.stop(running)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]
