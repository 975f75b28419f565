"""The archive of one machine as one file, and back. Sessions may be recorded meanwhile.

The tar has a consistent copy of the index, the pieces that it names, and a list of all with their SHA-256. Pieces are
sealed, and their keys wrapped by tenants' keys, which are in it only if that is asked for: without them nobody can read
it, and whoever loses them neither. A `forget` does not reach into a backup; a new key for the tenant makes old backups
without keys unreadable.
"""

import hashlib
import io
import re
import secrets
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Final

import msgspec
from msgspec import Struct

from streaming.archive.blobs import PARTIAL
from streaming.archive.opening import BLOBS, INDEX
from streaming.archive.sqlite import opened
from streaming.machine.disk import synced
from streaming.refusal import Refusal

LIST: Final = "list.json"
MEMBER: Final = re.compile(r"index\.sqlite|blobs/[\w-]{1,64}/[0-9a-f]{24}|keys/[^/\\]{1,255}\.json")
TRIES: Final = 3
_WINDOW: Final = 1 << 20


class BackupError(Refusal):
    """It cannot be done; the message is one line that says why."""


class Contents(Struct, frozen=True, forbid_unknown_fields=True):
    """What a backup has: SHA-256 by name. `version` of this layout."""

    version: int
    files: dict[str, str]


class Amount(Struct, frozen=True):
    """Of a backup."""

    sessions: int
    files: int


def backup(archive: Path, keys: Path | None, file: Path) -> Amount:
    """Write the archive in the folder `archive`, with the keys in `keys` if given, to `file`. Raises BackupError."""
    if not (archive / INDEX).exists():
        raise BackupError(f"There is no archive in {archive}: nothing was recorded yet")
    beside = file.with_name(f"{file.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        for _ in range(TRIES):
            try:
                amount = _written(archive, keys, beside)
            except FileNotFoundError:
                continue  # something was forgotten or silenced since: it must not be in the backup
            beside.replace(file)
            synced(file.parent)
            return amount
        raise BackupError("Sessions are being forgotten, or silenced, all the time: try again later")
    except (OSError, sqlite3.Error) as wrong:
        raise BackupError(f"The backup could not be made: {wrong}") from None
    finally:
        beside.unlink(missing_ok=True)
        _copy_of_index(beside).unlink(missing_ok=True)


def _copy_of_index(beside: Path) -> Path:
    return beside.with_name(f"{beside.name}.index")


def _written(archive: Path, keys: Path | None, beside: Path) -> Amount:
    copy = _copy_of_index(beside)
    copy.unlink(missing_ok=True)
    copy.touch(mode=0o600)
    names, sessions = _copied(archive / INDEX, copy)
    files = [(INDEX, copy), *((f"{BLOBS}/{name}", archive / BLOBS / name) for name in names)]
    if keys is not None:
        files += [(f"keys/{path.name}", path) for path in sorted(keys.glob("*.json"))]
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)
    hashes: dict[str, str] = {}
    with beside.open("wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
        for name, path in files:
            with path.open("rb") as content:
                hashes[name] = hashlib.file_digest(content, "sha256").hexdigest()
                content.seek(0)
                info = tarfile.TarInfo(name)
                info.size, info.mode = path.stat().st_size, 0o600
                tar.addfile(info, content)
        listed = msgspec.json.encode(Contents(1, hashes))
        info = tarfile.TarInfo(LIST)
        info.size = len(listed)
        tar.addfile(info, io.BytesIO(listed))
    return Amount(sessions, len(files))


def _copied(index: Path, copy: Path) -> tuple[list[str], int]:
    """A consistent copy of the index; the pieces that it names, and how many sessions it has."""
    with closing(opened(index)) as source, closing(sqlite3.connect(copy, isolation_level=None)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
        target.execute("DELETE FROM copy")  # these can be made again
        # What is still being recorded may be silenced any time: it goes first.
        names = [
            row[0]
            for row in target.execute(
                "SELECT blob FROM piece p JOIN session s ON s.session_id = p.session_id "
                "ORDER BY s.state <> 'open', blob"
            )
        ]
        return names, int(target.execute("SELECT count(*) FROM session").fetchone()[0])


def restore(home: Path, keys: Path, file: Path) -> Amount:
    """Put a backup into `home`, where there must be no archive. All of it is checked first. Raises BackupError."""
    target = home / "archive"
    if _in_use(target):
        raise BackupError(f"There is an archive in {target} already: restore into an empty home folder")
    staging = home / f"archive.{secrets.token_hex(4)}{PARTIAL}"
    staging.mkdir(mode=0o700, parents=True)
    try:
        contents = _unpacked(file, staging)
        amount = _checked(staging, contents)
        _place_keys(staging / "keys", keys)
        if target.exists():
            shutil.rmtree(target)
        staging.rename(target)
        synced(home)
        return amount
    except (OSError, sqlite3.Error, tarfile.TarError) as wrong:
        raise BackupError(f"{file} cannot be restored: {wrong}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _in_use(archive: Path) -> bool:
    if next((archive / BLOBS).glob("*/*"), None) is not None:
        return True
    if not (archive / INDEX).exists():
        return False
    with closing(opened(archive / INDEX)) as link:
        sql = "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM tombstone)"
        return int(link.execute(sql).fetchone()[0]) > 0


def _unpacked(file: Path, staging: Path) -> Contents:
    """Every file of the backup in `staging`, as its list says it is. Raises BackupError."""
    hashes: dict[str, str] = {}
    listed = b""
    with tarfile.open(file) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            if content is None or not (member.name == LIST or MEMBER.fullmatch(member.name)):
                raise BackupError(f"{file} is no backup of ours: it has {member.name!r}")
            if member.name == LIST:
                listed = content.read()
            else:
                hashes[member.name] = _extracted(content, staging / member.name)
    try:
        contents = msgspec.json.decode(listed, type=Contents)
    except msgspec.DecodeError:
        raise BackupError(f"{file} is no whole backup of ours: its list is missing") from None
    if contents.version != 1:
        raise BackupError(f"{file} was made by a newer Vivavoce")
    wrong = [
        name for name in contents.files.keys() | hashes.keys() if contents.files.get(name) != hashes.get(name)
    ]
    if wrong:
        raise BackupError(f"{file} is damaged: {min(wrong)} is not what was backed up")
    return contents


def _extracted(content: IO[bytes], path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("wb") as out:
        shutil.copyfileobj(content, out, _WINDOW)
    with path.open("rb") as written:
        return hashlib.file_digest(written, "sha256").hexdigest()


def _checked(staging: Path, contents: Contents) -> Amount:
    """The index is sound, and each piece that it names is there."""
    with closing(opened(staging / INDEX)) as link:
        if link.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise BackupError("The index in the backup is damaged")
        missing = set(_named(link)) - contents.files.keys()
        if missing:
            raise BackupError(f"The backup lacks {min(missing)}")
        sessions = int(link.execute("SELECT count(*) FROM session").fetchone()[0])
    return Amount(sessions, len(contents.files))


def _named(link: sqlite3.Connection) -> Iterator[str]:
    for row in link.execute("SELECT blob FROM piece"):
        yield f"{BLOBS}/{row[0]}"


def _place_keys(given: Path, keys: Path) -> None:
    """Keys that the backup has; one that is here already must be the same. Raises BackupError."""
    for path in sorted(given.glob("*.json")):
        there = keys / path.name
        if not there.exists():
            keys.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(path, there)
        elif there.read_bytes() != path.read_bytes():
            raise BackupError(f"{there} is another key than that of the backup: move it away first")
    shutil.rmtree(given, ignore_errors=True)
