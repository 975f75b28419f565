"""The home folder: models, the embedded server's data, logs, and the one lock that says who runs here.

What is in it is private (sound, transcripts, logs), so it is 0700. The lock is the kernel's: it goes with its holder,
also at kill -9, and the text in the file only says who that is.
"""

import fcntl
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from streaming.refusal import Refusal

LOCK = "serve.lock"


class HomeError(Refusal):
    """The home folder cannot be used; the message is one line that says what to do."""


class Holder(Struct, frozen=True):
    """Who serves from a home: process id, the address that it listens on, since when (RFC 3339)."""

    pid: int
    address: str
    since: str


def locate() -> Path:
    """The home folder's path: `VIVAVOCE_HOME`, else `vivavoce` in the user's data folder. Nothing is made."""
    if given := os.environ.get("VIVAVOCE_HOME"):
        return Path(given).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "vivavoce"


def prepare(home: Path | None = None) -> Path:
    """The home folder, made if need be, and closed to others. Raises HomeError."""
    place = home or locate()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.chmod(0o700)
        for name in ("models", "logs"):
            (place / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as wrong:
        message = (
            f"The home folder {place} cannot be used: {wrong.strerror}. Set VIVAVOCE_HOME to another one."
        )
        raise HomeError(message) from None
    return place


class HomeLock:
    """Held by the one `serve` of a home, from `acquire` until `release` or the process' end."""

    def __init__(self, home: Path) -> None:
        self._path = home / LOCK
        self._fd: int | None = None

    def acquire(self, address: str) -> None:
        """Take the lock. Raises HomeError that says who holds it."""
        # Not inheritable (Python's default), so that no child keeps it alive after us.
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise HomeError(self._refusal()) from None
        now = datetime.now(UTC).isoformat(timespec="seconds")
        os.ftruncate(fd, 0)
        os.pwrite(fd, msgspec.json.encode(Holder(os.getpid(), address, now)), 0)
        self._fd = fd

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._fd is not None:
            with suppress(OSError):
                os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = None

    def _refusal(self) -> str:
        home = self._path.parent
        holder = holder_of(home)
        who = (
            f"process {holder.pid}, at {holder.address} since {holder.since}" if holder else "another process"
        )
        return f"Vivavoce already runs on {home}: {who}. Stop it, or set VIVAVOCE_HOME to another folder."


def holder_of(home: Path) -> Holder | None:
    """Who last said that it holds the lock of `home`."""
    try:
        return msgspec.json.decode((home / LOCK).read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None


def serves(home: Path) -> Holder | None:
    """Who serves from `home` now, by the kernel's list of locks: nothing is locked to find out."""
    try:
        state = (home / LOCK).stat()
        locks = Path("/proc/locks").read_text()
    except OSError:
        return None
    place = f"{os.major(state.st_dev):02x}:{os.minor(state.st_dev):02x}:{state.st_ino}"
    held = any("FLOCK" in line and place in line.split() for line in locks.splitlines())
    return holder_of(home) if held else None
