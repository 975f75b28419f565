"""The real service for tests: each role a process of its own, over one Redis, as an operator would run it."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.proxy import Proxy

ROLES = ("gateway", "asr", "moderator", "responder")
ROOT = Path(__file__).parents[1]
CHANCE = random.SystemRandom()


def free_port() -> int:
    """A loopback port that nobody has now, below those from which the kernel takes one for each connection (32768 and
    up): tests beside this one make many."""
    while True:
        port = CHANCE.randrange(10_000, 20_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Stack:
    """Roles as processes. `url` is the gateway's, through a proxy that `cut` breaks."""

    def __init__(self, redis_url: str, logs: Path, settings: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.proxy = Proxy(self.port)
        self.url = f"http://127.0.0.1:{self.proxy.port}"
        self.redis_url = redis_url
        self.logs = logs
        self._settings = settings or {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *roles: str) -> None:
        """Start roles (all when none is named)."""
        for role in roles or ROLES:
            environment = {**os.environ, **self._settings, "REDIS_URL": self.redis_url}
            environment["VIVAVOCE_SERVER__PORT"] = str(self.port)
            command = [sys.executable, "-m", "vivavoce", "serve", "--role", role]
            with (self.logs / f"{role}.log").open("ab") as log:
                self._running[role] = subprocess.Popen(
                    command, env=environment, stderr=log, stdout=log, cwd=ROOT
                )

    def stop(self, *roles: str, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop roles (all when none is named) and wait for their end."""
        for role in roles or tuple(self._running):
            self._running[role].send_signal(how)
        for role in roles or tuple(self._running):
            process = self._running.pop(role)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    def kill(self, role: str) -> None:
        """End a role as a crash does."""
        process = self._running.pop(role)
        process.kill()
        process.wait(10)

    def cut(self) -> int:
        """Break every connection of a client."""
        return self.proxy.cut()

    def readyz(self) -> dict[str, Any]:
        """What the gateway says of readiness; {} when it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error, contextlib.suppress(ValueError):
                return json.load(error)
        except OSError:
            pass
        return {}

    def await_ready(self, seconds: float = 60) -> None:
        """Raises with the logs' ends when a role died or it takes too long."""
        deadline = time.monotonic() + seconds
        while not self.readyz().get("ready"):
            died = [role for role, process in self._running.items() if process.poll() is not None]
            if died or time.monotonic() > deadline:
                raise RuntimeError(f"not ready, ended: {died}\n{self.log()[-4_000:]}")
            time.sleep(0.1)

    def log(self) -> str:
        """All that the roles have logged."""
        return "\n".join(path.read_text() for path in sorted(self.logs.glob("*.log")))

    def close(self) -> None:
        """Stop everything."""
        self.proxy.close()
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait(10)
