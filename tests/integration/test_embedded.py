"""The Redis-compatible server that Vivavoce starts: the same promises by redis-server and by the Valkey binary."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streaming.bus import Bus
from streaming.machine import embedded, home

START = """
import sys, time
from pathlib import Path
from streaming.machine import embedded
running = embedded.start(Path(sys.argv[1]), Path(sys.argv[2]))
print(running.process.pid, running.url, flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="session")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return embedded.valkey(home.prepare(tmp_path_factory.mktemp("valkey")))


@pytest.fixture(params=["redis-server", "valkey-server"])
def server(request: pytest.FixtureRequest) -> Path:
    if request.param == "valkey-server":
        return request.getfixturevalue("fetched")
    found = shutil.which("redis-server")
    assert found, "the tests need Debian's redis-server"
    return Path(found)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return home.prepare(tmp_path / "home")


def gone(pid: int, within_s: float = 5.0) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            # A zombie is gone too: nobody but its new parent has yet asked.
            if ") Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


async def test_what_was_written_is_there_after_a_restart(server: Path, place: Path) -> None:
    for found in (None, b"kept"):
        running = embedded.start(server, place)
        bus = Bus(running.url)
        assert await bus.call("GET", "k") == found
        await bus.call("SET", "k", "kept")
        await bus.close()
        embedded.stop(running)
        assert running.process.poll() is not None


async def test_a_kill_9_of_the_parent_ends_it_and_the_next_start_has_its_data(
    server: Path, place: Path
) -> None:
    command = [sys.executable, "-c", START, str(server), str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, url = parent.stdout.readline().split()
        bus = Bus(url)
        await bus.call("SET", "k", "kept")
        await bus.close()
        os.kill(parent.pid, signal.SIGKILL)
    assert gone(int(pid))
    running = embedded.start(server, place)
    bus = Bus(running.url)
    assert await bus.call("GET", "k") == b"kept"
    await bus.close()
    embedded.stop(running)


def test_a_home_with_a_long_path_gets_a_socket_elsewhere_that_is_ours_alone(
    server: Path, tmp_path: Path
) -> None:
    place = home.prepare(tmp_path / ("long" * 25))
    running = embedded.start(server, place)
    socket = Path(running.url.removeprefix("unix://"))
    try:
        assert len(os.fsencode(socket)) <= embedded.LONGEST_SOCKET
        assert socket.parent.stat().st_mode & 0o777 == 0o700
        assert embedded.answers(socket)
    finally:
        embedded.stop(running)
        socket.parent.rmdir()


def test_a_server_that_does_not_start_is_told_with_its_last_words(place: Path) -> None:
    with pytest.raises(embedded.EmbeddedError, match="did not start"):
        embedded.start(Path("/bin/false"), place)


def test_a_changed_binary_is_not_run(fetched: Path, place: Path) -> None:
    kept = place / "bin" / "valkey-server"
    kept.parent.mkdir()
    kept.write_bytes(b"#!/bin/sh\n")
    assert embedded.valkey(place).read_bytes() == fetched.read_bytes()
