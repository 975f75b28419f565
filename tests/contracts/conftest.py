"""What the contracts are tried on: Debian's Redis and the Valkey binary that a machine without one gets; archives."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.store import Store
from streaming.bus import Bus
from streaming.machine import embedded, home
from tests.conftest import start_redis


@pytest.fixture(scope="session", params=["redis", "valkey"])
def each_redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of each kind of server in turn."""
    found = shutil.which("redis-server") if request.param == "redis" else str(embedded.valkey(home.prepare()))
    assert found, "the tests need Debian's redis-server"
    folder = Path(tempfile.mkdtemp(prefix="vv-each-"))
    server, url = start_redis(found, folder)
    yield url
    server.terminate()
    server.wait(10)
    shutil.rmtree(folder)


@pytest.fixture
async def bus(each_redis_url: str) -> AsyncIterator[Bus]:
    """A bus on an empty server of each kind."""
    bus = Bus(each_redis_url)
    await bus.call("FLUSHALL")
    yield bus
    await bus.close()


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty archive of each kind."""
    store = open_archive(ArchivePolicy(), tmp_path)
    yield store
    await store.close()
