"""Fixtures of all tests: a real Redis for each test run, emptied between tests."""

import contextlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest

from streaming.bus import Bus
from tests.stack import Stack


def start_redis(binary: str, folder: Path, *more: str) -> tuple[subprocess.Popen[bytes], str]:
    """A server on a socket of its own in `folder`, without a port; its process and URL."""
    sock = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(sock), "--save", "", "--dir", str(folder), *more]
    # Signals stay as Python has them: a server that reaches the limit of a file's size is told so, not killed.
    server = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, restore_signals=False)
    for _ in range(200):
        if sock.exists():
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
