"""A Redis that dies as a machine does: killed, and the end of its append-only file lost."""

import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

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
