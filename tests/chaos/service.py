"""The whole service for a scenario: a Redis of its own that can be killed, roles that can be killed and stopped, and a
proxy between any two of them."""

import contextlib
import multiprocessing
import os
import shutil
import signal
import subprocess
import tempfile
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

from streaming.machine.tether import tether
from tests.chaos import role as roles
from tests.proxy import Proxy
from tests.stack import free_port

FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.chaos.role"])
SETTINGS: Final = {
    "VIVAVOCE_SERVER__MAX_SESSIONS": "10000",
    "VIVAVOCE_SERVER__MAX_LOAD": "100000",
    "VIVAVOCE_LEASE__CAPACITY": "1000",
    "VIVAVOCE_LLM__URL": "http://127.0.0.1:1/v1",
}


class RedisServer:
    """A redis-server with an append-only file, on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start it on what its file has. Raises RuntimeError."""
        given = {"port": self.port, "bind": "127.0.0.1", "dir": self._folder, "appendonly": "yes", "save": ""}
        words = [str(word) for name, value in given.items() for word in (f"--{name}", value)]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["redis-server", *words],
                stdout=log,
                preexec_fn=tether(),  # noqa: PLW1509 - it makes two system calls and takes no lock
            )
        until = time.monotonic() + 20
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"redis-server did not start: {self._folder / 'redis.log'}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a power cut does."""
        assert self._process
        self._process.kill()
        self._process.wait(10)

    def forget(self, size: int) -> int:
        """Cut `size` bytes off the tail of its file; how many were there to be cut."""
        files = sorted(
            (self._folder / "appendonlydir").glob("*.incr.aof"), key=lambda path: path.stat().st_mtime
        )
        had = files[-1].stat().st_size
        os.truncate(files[-1], max(0, had - size))
        return min(had, size)

    def _answers(self) -> bool:
        asked = ["redis-cli", "-p", str(self.port), "PING"]
        return subprocess.run(asked, capture_output=True, check=False).stdout.strip() == b"PONG"


class Service:
    """Redis and roles. `url` is the gateways', through `front`."""

    def __init__(self, gateways: int = 1, settings: dict[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vivavoce-chaos-"))
        self._settings = SETTINGS | (settings or {})
        self.running: dict[str, ForkServerProcess] = {}
        self._closing = contextlib.ExitStack()
        self._closing.callback(shutil.rmtree, self.folder, ignore_errors=True)
        if shelf := self._settings.get("CHAOS_MODELS"):
            (self.folder / "home").mkdir()
            (self.folder / "home" / "models").symlink_to(shelf)
        self.redis = RedisServer(self.folder)
        self._closing.callback(self.redis.kill)
        self.ports = [free_port() for _ in range(gateways)]
        self.front = self.proxy(*self.ports)
        self.url = f"http://127.0.0.1:{self.front.port}"
        for number in range(gateways):
            self.start("gateway", number)
        self.start("moderator")

    def proxy(self, *ports: int) -> Proxy:
        """A proxy that goes when the service does."""
        made = Proxy(*ports)
        self._closing.callback(made.close)
        return made

    def start(self, role: str, number: int = 0, *, redis_port: int = 0, **more: str) -> str:
        """Start one more process of a role; its name. `redis_port`: of a proxy before Redis; `more` environment."""
        name = f"{role}-{number}"
        environment = {
            **self._settings,
            **more,
            "VIVAVOCE_HOME": str(self.folder / "home"),
            "REDIS_URL": f"redis://127.0.0.1:{redis_port or self.redis.port}",
        }
        if role == "gateway":
            environment["VIVAVOCE_SERVER__PORT"] = str(self.ports[number])
        log = str(self.folder / f"{name}.log")
        process = FORKS.Process(target=roles.run, args=(role, environment, log), name=name)
        process.start()
        self.running[name] = process
        return name

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send one of the processes a signal."""
        pid = self.running[name].pid
        assert pid
        os.kill(pid, number)

    def kill(self, name: str) -> None:
        """End a process as a crash does."""
        process = self.running.pop(name)
        process.kill()
        process.join(10)

    def pid(self, name: str) -> int:
        """Process id."""
        pid = self.running[name].pid
        assert pid
        return pid

    def logs(self) -> str:
        """All that the roles have logged."""
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted(self.folder.glob("*.log")))

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        if kept := os.environ.get("CHAOS_KEEP"):
            shutil.copytree(self.folder, kept, dirs_exist_ok=True)
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.join(10)
        self._closing.close()
