"""Where sealed pieces lie: a name and its bytes. A name is `<session>/<random>`: written once, never changed."""

import asyncio
import contextlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final, NamedTuple, ParamSpec, Protocol, TypeVar

from streaming.errors import ServiceFault
from streaming.machine.disk import synced

P = ParamSpec("P")
T = TypeVar("T")
PARTIAL: Final = ".partial"


class Stored(NamedTuple):
    """A piece that is there: its name, and when it was written (Unix ms)."""

    name: str
    at: int


class BlobMissing(Exception):
    """There is no piece of this name."""


class BlobsDown(ServiceFault):
    """Pieces cannot be read or written now."""

    def __init__(self, why: object) -> None:
        told = f"the archive's sound and logs cannot be read or written ({why}): it is tried again"
        super().__init__("archive_down", told)


class Blobs(Protocol):
    """Raises BlobsDown when it cannot be used now."""

    async def put(self, name: str, content: bytes) -> None:
        """Write a piece; durable on return."""
        ...

    async def get(self, name: str) -> bytes:
        """Read a piece. Raises BlobMissing."""
        ...

    async def drop(self, session_id: str) -> None:
        """Remove all pieces of a session, also those that nobody knows of."""
        ...

    async def remove(self, name: str) -> None:
        """Remove a piece; harmless when it is not there."""
        ...

    def list(self, session_id: str = "") -> AsyncIterator[Stored]:
        """The pieces that are there, of one session or all."""
        ...


class Folder:
    """Files: a folder a session. A piece is written beside its place, synced, renamed, and its folder synced."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, name: str, content: bytes) -> None:
        """See Blobs."""
        await _apart(_put, self._root / name, content)

    async def get(self, name: str) -> bytes:
        """See Blobs."""
        return await _apart((self._root / name).read_bytes)

    async def drop(self, session_id: str) -> None:
        """See Blobs."""
        await _apart(_drop, self._root, session_id)

    async def remove(self, name: str) -> None:
        """See Blobs."""
        await _apart((self._root / name).unlink, True)

    async def list(self, session_id: str = "") -> AsyncIterator[Stored]:
        """See Blobs. What a crash left half written is listed too."""
        for stored in await _apart(_listed, self._root, session_id):
            yield stored


async def _apart(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """In a thread, with the system's errors in our words."""
    try:
        return await asyncio.to_thread(call, *args, **kwargs)
    except FileNotFoundError:
        raise BlobMissing from None
    except OSError as wrong:
        raise BlobsDown(wrong.strerror or type(wrong).__name__) from None


def durable(path: Path, content: bytes) -> None:
    """`content` at `path`, all or nothing, also if the power fails. Raises OSError."""
    beside = _beside(path, content)
    try:
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    synced(path.parent)


def named_once(path: Path, content: bytes) -> None:
    """The same, unless something is there already: then that stays. Raises OSError."""
    beside = _beside(path, content)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink()
    synced(path.parent)


def _beside(path: Path, content: bytes) -> Path:
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        beside.unlink(missing_ok=True)
        raise
    return beside


def _put(path: Path, content: bytes) -> None:
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        synced(path.parent.parent)
    durable(path, content)


def _drop(root: Path, session_id: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(root / session_id)
        synced(root)


def _listed(root: Path, session_id: str) -> list[Stored]:
    folders = [root / session_id] if session_id else sorted(root.glob("*/"))
    found: list[Stored] = []
    for folder in folders:
        with contextlib.suppress(FileNotFoundError):
            found += [
                Stored(f"{folder.name}/{entry.name}", int(entry.stat().st_mtime * 1000))
                for entry in os.scandir(folder)
            ]
    return found
