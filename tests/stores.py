"""Servers that an archive may stand on, started for the tests: Debian's Postgres, and one that speaks S3."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

BUCKET = "recordings"
S3_KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "of the archive", "AWS_REGION": "us-east-1"}


@contextlib.contextmanager
def running_postgres() -> Generator[str]:
    """A Postgres of its own, on a socket; its URL."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert binaries, "the tests need Debian's postgresql"
    folder = Path(tempfile.mkdtemp(prefix="vv-pg-"))
    # It refuses to run as root.
    user = "postgres" if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data, quiet = folder / "data", ["-c", "fsync=off", "-c", "listen_addresses="]
    made = [binaries[-1] / "initdb", "-A", "trust", "-U", "vivavoce", "--no-sync", "-E", "UTF8", "-D", data]
    subprocess.run(made, user=user, check=True, stdout=subprocess.DEVNULL)
    serve = [binaries[-1] / "postgres", "-D", data, "-k", folder, *quiet]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(serve, user=user, stdout=log, stderr=log)
    try:
        _await(lambda: _answers(str(folder / ".s.PGSQL.5432")), server)
        yield f"postgresql://vivavoce@/postgres?host={folder}"
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder)


@contextlib.contextmanager
def running_s3() -> Generator[Mapping[str, str]]:
    """A server that speaks S3 and checks signatures, with a bucket; the environment to reach it with."""
    folder = Path(tempfile.mkdtemp(prefix="vv-s3-"))
    (folder / BUCKET).mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    keys = {"NANIO_ACCESS_KEY": "tests", "NANIO_SECRET_KEY": "of the archive"}
    command = [sys.executable, "-m", "nanio", "serve", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        [*command, "--data-dir", str(folder)],
        env=os.environ | keys,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(lambda: _answers(port), server)
        yield S3_KEYS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder)


def _await(ready: Callable[[], bool], server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while not ready():
        assert server.poll() is None, f"{server.args} did not start"
        assert time.monotonic() < until, f"{server.args} does not answer"
        time.sleep(0.05)


def _answers(address: str | int) -> bool:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as link:
        try:
            link.connect(address if isinstance(address, str) else ("127.0.0.1", address))
        except OSError:
            return False
    return True
