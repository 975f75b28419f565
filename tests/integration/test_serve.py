"""`vivavoce serve`, whole: it comes up, says so, comes down, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streaming.machine import home

pytestmark = [pytest.mark.slow, pytest.mark.models]
READY_S = 40.0  # on a machine that has much else to do; when left alone it takes some 8 s


class Served:
    """A running `vivavoce serve` on `place`; what it printed is in `printed`."""

    def __init__(self, place: Path, port: int) -> None:
        self.place, self.port = place, port
        self.began = time.monotonic()
        self.log = place / "printed.txt"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("VIVAVOCE_") and k != "REDIS_URL"}
        with self.log.open("w") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "vivavoce", "serve", "--port", str(port)],
                env=kept | {"VIVAVOCE_HOME": str(place)},
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def printed(self) -> str:
        return self.log.read_text()

    def await_ready(self, within_s: float = 60.0) -> float:
        while "Vivavoce is ready at" not in self.printed:
            assert self.process.poll() is None, self.printed
            assert time.monotonic() - self.began < within_s, self.printed
            time.sleep(0.05)
        return time.monotonic() - self.began

    def family(self) -> set[int]:
        """The process and all that come from it: they carry its home in their environment or data."""
        return {pid for pid in pids() if mentions(pid, str(self.place))}

    def gone(self, family: set[int], within_s: float = 5.0) -> set[int]:
        """Who of `family` is still there after at most `within_s`."""
        until = time.monotonic() + within_s
        while (left := family & self.family()) and time.monotonic() < until:
            time.sleep(0.05)
        return left


def pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def mentions(pid: int, text: str) -> bool:
    """Whether a live process other than us has `text` in its environment or command line."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        told = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return pid != os.getpid() and state != "Z" and text.encode() in told


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A fresh home with this machine's models."""
    fresh = tmp_path / "home"
    fresh.mkdir()
    (fresh / "models").symlink_to(home.locate() / "models")
    return fresh


@contextmanager
def serving(place: Path) -> Generator[Served]:
    served = Served(place, free_port())
    try:
        yield served
    finally:
        for pid in served.family():
            os.kill(pid, signal.SIGKILL)
        served.process.wait(10)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_comes_up_in_time_and_a_stop_signal_ends_all_of_it(place: Path, how: signal.Signals) -> None:
    with serving(place) as served:
        assert served.await_ready() < READY_S
        with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/readyz", timeout=5) as answer:
            assert answer.status == 200
        family = served.family()
        assert len(family) >= 6, "supervisor, four roles, Redis"
        os.kill(served.process.pid, how)
        assert served.process.wait(15) == 0, served.printed
        assert served.gone(family, 0) == set()
        assert "Traceback" not in served.printed
        assert served.printed.endswith("Stopped.\n")


def test_a_kill_9_leaves_no_process_and_the_next_start_is_not_hindered(place: Path) -> None:
    with serving(place) as first:
        first.await_ready()
        family = first.family()
        os.kill(first.process.pid, signal.SIGKILL)
        assert first.gone(family) == set()
    with serving(place) as second:
        assert second.await_ready() < READY_S


def test_while_one_runs_a_second_on_the_same_home_is_told_who_holds_it(place: Path) -> None:
    with serving(place) as first:
        first.await_ready()
        kept = {k: v for k, v in os.environ.items() if k != "REDIS_URL"} | {"VIVAVOCE_HOME": str(place)}
        command = [sys.executable, "-m", "vivavoce", "serve", "--port", str(free_port())]
        second = subprocess.run(command, env=kept, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert f"process {first.process.pid}, at http://127.0.0.1:{first.port}" in second.stderr


def test_a_killed_role_and_a_killed_redis_come_back(place: Path) -> None:
    with serving(place) as served:
        served.await_ready()
        for what in (b"redis-server", b"\0gateway"):
            victim = next(
                pid
                for pid in served.family()
                if what in Path(f"/proc/{pid}/cmdline").read_bytes() and pid > 0
            )
            os.kill(victim, signal.SIGKILL)
            assert_ready_again(served)


def assert_ready_again(served: Served) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        time.sleep(1)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            continue
    raise AssertionError(served.printed)
