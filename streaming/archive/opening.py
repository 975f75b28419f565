"""The archive that the settings name."""

from pathlib import Path

from streaming.archive.blobs import Blobs, Folder
from streaming.archive.database import Database
from streaming.archive.index import Index
from streaming.archive.keyring import Keyring
from streaming.archive.policy import ArchivePolicy
from streaming.archive.retiring import retention
from streaming.archive.sqlite import Sqlite
from streaming.archive.store import Store
from streaming.archive.vault import Erase, Vault
from streaming.settings import SettingsError

INDEX = "index.sqlite"
BLOBS = "blobs"


def open_archive(policy: ArchivePolicy, home: Path, erase_live: Erase | None = None) -> Store:
    """The archive; call within an event loop. Nothing is opened before it is used, so this does not fail because
    something is away. `erase_live` is told a session's id when it is forgotten.

    Raises SettingsError for an address, or a retention, that means nothing.
    """
    retention(policy)
    keys = keys_folder(policy, home)
    index = Index(_database(policy, home / "archive"))
    given = () if erase_live is None else (erase_live,)
    return Store(Vault(index, _blobs(policy, home / "archive"), Keyring(keys), *given))


def keys_folder(policy: ArchivePolicy, home: Path) -> Path:
    """Where tenants' keys are."""
    return Path(policy.keys).expanduser() if policy.keys else home / "keys"


def _database(policy: ArchivePolicy, folder: Path) -> Database:
    if not policy.url:
        return Sqlite(folder / INDEX)
    if policy.url.startswith(("postgresql://", "postgres://")):
        from streaming.archive.postgres import Postgres

        return Postgres(policy.url)
    raise SettingsError("archive.url is neither empty nor postgresql://user@host/database")


def _blobs(policy: ArchivePolicy, folder: Path) -> Blobs:
    if not policy.blobs:
        return Folder(folder / BLOBS)
    if policy.blobs.startswith("s3://"):
        from streaming.archive.objects import Bucket

        bucket, _, prefix = policy.blobs.removeprefix("s3://").partition("/")
        return Bucket(bucket, prefix.strip("/"))
    raise SettingsError("archive.blobs is neither empty nor s3://bucket/prefix")
