"""Fixtures of all tests: a real Redis for each test run, emptied between tests."""

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from streaming.bus import Bus
from tests.stack import Stack

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
"""The machine may have other things to do: no test is about how fast examples are made."""

SOONER = ("integration", "browser", "chaos", "contracts", "wire", "core")
"""What waits most comes first, so that workers (`-n`, `--dist loadgroup`) come to their end together."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file stays with one worker, and so does all that uses the service, whose models are loaded once; the contracts
    of the spine are shared out by the kind of server."""
    of_service = {
        item.path for item in items if "server" in fixtures(item) and item.path.parent.name != "contracts"
    }
    first = sorted(of_service)

    def place(item: pytest.Item) -> tuple[int, int]:
        folder = item.path.parent.name
        early = first.index(item.path) if item.path in of_service else len(first)
        return early, SOONER.index(folder) if folder in SOONER else len(SOONER)

    items.sort(key=place)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group(item, of_service)))


def fixtures(item: pytest.Item) -> tuple[str, ...]:
    """What a test asks for."""
    return tuple(getattr(item, "fixturenames", ()))


def group(item: pytest.Item, of_service: set[Path]) -> str:
    """With whom a test stays."""
    if item.path in of_service:
        return "service"
    call = getattr(item, "callspec", None)
    if call and "each_redis_url" in call.params:
        return f"spine on {call.params['each_redis_url']}"
    return item.path.stem


def start_redis(binary: str, folder: Path, *more: str) -> tuple[subprocess.Popen[bytes], str]:
    """A server on a socket of its own in `folder`, without a port; its process and URL."""
    sock = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(sock), "--save", "", "--dir", str(folder), *more]
    # Signals stay as Python has them: a server that reaches the limit of a file's size is told so, not killed.
    server = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, restore_signals=False)
    for _ in range(200):
        with socket.socket(socket.AF_UNIX) as tried:  # its name is there before it listens
            if tried.connect_ex(str(sock)) == 0:
                return server, f"unix://{sock}"
        if server.poll() is not None:
            break
        signal.sigtimedwait([], 0.02)
    raise RuntimeError(f"{binary} did not start")


@contextlib.contextmanager
def running_redis() -> Generator[str]:
    """A real Redis of its own, by its URL."""
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    assert binary, "the tests need Debian's redis-server"
    folder = Path(tempfile.mkdtemp(prefix="vv-redis-"))
    server, url = start_redis(binary, folder)
    try:
        yield url
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """URL of the Redis of the tests of the spine, which empty it."""
    with running_redis() as url:
        yield url


@pytest.fixture
def own_redis_url() -> Iterator[str]:
    """URL of a Redis that this test shares with nobody: a second service on one Redis would share its sessions."""
    with running_redis() as url:
        yield url


@pytest.fixture
async def bus(redis_url: str) -> AsyncIterator[Bus]:
    """A bus on an empty Redis."""
    bus = Bus(redis_url)
    await bus.call("FLUSHALL")
    yield bus
    await bus.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The real service with real models, one process a role. `.url` goes through a proxy that `.cut()` breaks."""
    # Whoever else is busy on this machine is no reason to refuse a test.
    small = {"VIVAVOCE_LLM__MODEL": "smollm2-135m", "VIVAVOCE_SERVER__MAX_LOAD": "1000"}
    with running_redis() as url:
        stack = Stack(url, tmp_path_factory.mktemp("logs"), small)
        stack.start()
        try:
            stack.await_ready()
            yield stack
        finally:
            stack.close()
