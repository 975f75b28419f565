"""A Redis that dies as a machine does: killed, and the end of its append-only file lost."""

import asyncio
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from streaming.bus import Bus
from streaming.standing import GRACE_S
from tests.conftest import start_redis


class Perishable:
    """A server of the test's own, with an append-only file."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vv-perish-"))
        binary = shutil.which("redis-server")
        assert binary, "the tests need Debian's redis-server"
        self._binary = binary
        self._server: subprocess.Popen[bytes] | None = None
        self.url = self.start()

    def start(self) -> str:
        """As it was, or as it is after a loss. Its URL."""
        (self.folder / "redis.sock").unlink(missing_ok=True)
        options = ("--appendonly", "yes", "--loglevel", "warning")
        self._server, url = start_redis(self._binary, self.folder, *options)
        return url

    def kill(self) -> None:
        """As at kill -9."""
        assert self._server
        self._server.kill()
        self._server.wait(10)

    def fill(self) -> None:
        """From now on there is no room for what it writes, as on a full disk."""
        self._limit(self.written.stat().st_size)

    def clear(self) -> None:
        """There is room again."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        assert self._server
        resource.prlimit(self._server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    @property
    def written(self) -> Path:
        """The file that is appended to."""
        return max((self.folder / "appendonlydir").glob("*.incr.aof"))

    def cut(self, count: int) -> None:
        """The last bytes are lost."""
        size = self.written.stat().st_size
        with self.written.open("r+b") as file:
            file.truncate(max(0, size - count))

    def close(self) -> None:
        """No more of it."""
        if self._server:
            self._server.kill()
            self._server.wait(10)
        shutil.rmtree(self.folder)


async def lose(redis: Perishable, since: int, *buses: Bus) -> None:
    """It dies, and comes back as it was when its file had `since` bytes; until everybody is back, when whoever wrote
    has had the time to write again."""
    redis.kill()
    redis.cut(redis.written.stat().st_size - since)
    redis.start()
    for bus in buses:
        with pytest.raises(Exception, match="away"):
            await bus.call("PING")
    async with asyncio.timeout(10):
        for bus in buses:
            await bus.standing.up()
            first, (now, _) = (
                await bus.call("GET", f"incarnation:{bus.standing.incarnation}"),
                await bus.call("TIME"),
            )
            assert int(now) + 1 >= float(first) + GRACE_S
