"""What the contracts are tried on: Debian's Redis and the Valkey binary that a machine without one gets; archives."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest

from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.archive.store import Store
from streaming.bus import Bus
from streaming.machine import embedded, home
from tests.cluster import cluster
from tests.conftest import start_redis
from tests.stores import BUCKET, running_postgres, running_s3


@pytest.fixture(scope="session", params=["redis", "valkey", "cluster"])
def each_redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of each kind of server in turn."""
    if request.param == "cluster":
        with cluster() as nodes:
            yield f"redis://127.0.0.1:{nodes[1][0]}"
        return
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
    await bus.everywhere("FLUSHALL")
    yield bus
    await bus.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of the Postgres of the archive's contract, which empties it."""
    with running_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def s3_environment() -> Iterator[Mapping[str, str]]:
    """How the S3 server of the archive's contract is reached."""
    with running_s3() as environment:
        yield environment


@pytest.fixture(params=["sqlite", "postgres", "s3"])
async def archive(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Store]:
    """An empty archive of each kind: SQLite and files, Postgres and files, SQLite and S3."""
    policy = ArchivePolicy()
    if request.param == "postgres":
        policy = ArchivePolicy(url=request.getfixturevalue("postgres_url"))
    if request.param == "s3":
        policy = ArchivePolicy(blobs=f"s3://{BUCKET}/{tmp_path.name}")
        for name, value in request.getfixturevalue("s3_environment").items():
            monkeypatch.setenv(name, value)
    store = open_archive(policy, tmp_path)
    if request.param == "postgres":
        async with store.vault.index.database.transaction("") as work:
            await work.fetch("TRUNCATE session, secret, tag, piece, copy, line, note, tombstone")
    yield store
    await store.close()
