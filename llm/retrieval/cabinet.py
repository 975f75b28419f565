"""The indexes of a home folder: `indexes/TENANT/NAME/VERSION/`, and beside them a file `current` that names one.

A version enters by a rename, whole, after its files are on the disk, and never changes. `current` moves last, by a
rename too: who reads it finds either the old one or the new. A tenant's indexes lie in a folder of its own, and every
way to an index goes by the tenant's name first.
"""

import fcntl
import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import Final

import msgspec

from llm.retrieval.manifest import FORMAT, VERSION, Manifest, checked, decoded, encoded
from streaming.machine.disk import synced
from streaming.refusal import Refusal

MANIFEST: Final = "manifest.json"
SUMS: Final = "sums.json"
CURRENT: Final = "current"
KEPT: Final = 5
"""Versions of an index that stay, the current one included."""
DEFAULT: Final = "default"


class NoIndex(Refusal):
    """There is no such index, or no such version of it, or it is broken."""


class Cabinet:
    """The indexes in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def indexes(self, tenant: str | None = None) -> list[tuple[str, str]]:
        """Tenant and name of every index, or of one tenant's."""
        found = self.folder.glob(f"*/*/{CURRENT}")
        pairs = sorted((path.parent.parent.name, path.parent.name) for path in found)
        return [pair for pair in pairs if tenant in (None, pair[0])]

    def place(self, tenant: str, name: str) -> Path:
        """The folder of an index. Raises Usage for names that are none."""
        checked(tenant, name)
        return self.folder / tenant / name

    def current(self, tenant: str, name: str) -> str:
        """The version in force. Raises NoIndex."""
        try:
            found = (self.place(tenant, name) / CURRENT).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            found = ""
        if not VERSION.fullmatch(found):
            mine = ", ".join(one for _, one in self.indexes(tenant)) or "none"
            told = f"There is no index {name!r} of {tenant!r} (there are: {mine})."
            raise NoIndex(f"{told} Build it: vivavoce index build {name} PATH")
        return found

    def versions(self, tenant: str, name: str) -> list[str]:
        """Every version that is here, newest first."""
        place = self.place(tenant, name)
        found = [path for path in place.glob(f"*/{MANIFEST}") if VERSION.fullmatch(path.parent.name)]
        return [path.parent.name for path in sorted(found, key=_age, reverse=True)]

    def manifest(self, tenant: str, name: str, version: str) -> Manifest:
        """Of a version, its files found as they were written. Raises NoIndex."""
        place = self.place(tenant, name) / version
        again = f"Build it again: vivavoce index build {name} PATH"
        if not VERSION.fullmatch(version) or not (place / MANIFEST).exists():
            here = ", ".join(self.versions(tenant, name)) or "none"
            raise NoIndex(f"There is no version {version[:20]!r} of the index {name!r}; there are: {here}")
        try:
            manifest = decoded((place / MANIFEST).read_bytes())
            sums = msgspec.json.decode((place / SUMS).read_bytes(), type=dict[str, str])
            wrong = [file for file, digest in sums.items() if _sha256(place / file) != digest]
        except (OSError, msgspec.DecodeError) as broken:
            raise NoIndex(f"The index {name}@{version} cannot be read: {broken}. {again}") from None
        if wrong or (manifest.version, manifest.tenant, manifest.name) != (version, tenant, name):
            raise NoIndex(f"The index {name}@{version} is not as it was built ({wrong or MANIFEST}). {again}")
        if manifest.format != FORMAT:
            raise NoIndex(f"The index {name}@{version} is of another release. {again}")
        return manifest

    def use(self, tenant: str, name: str, version: str) -> None:
        """Make a version the one in force. Raises NoIndex."""
        self.manifest(tenant, name, version)
        with self.held(tenant, name):
            self.point(tenant, name, version)

    def remove(self, tenant: str, name: str) -> None:
        """Take every version of an index away; who reads it goes on with what it has open. Raises NoIndex."""
        self.current(tenant, name)
        with self.held(tenant, name):
            (self.place(tenant, name) / CURRENT).unlink(missing_ok=True)
            for version in self.versions(tenant, name):
                shutil.rmtree(self.place(tenant, name) / version)

    def enter(self, manifest: Manifest, staging: Path) -> None:
        """A version whose files lie in `staging`; then it is in force, and the oldest beyond `KEPT` go. Call held."""
        place = self.place(manifest.tenant, manifest.name)
        (staging / MANIFEST).write_bytes(encoded(manifest))
        sums: Mapping[str, str] = {path.name: _sha256(path) for path in sorted(staging.iterdir())}
        (staging / SUMS).write_bytes(msgspec.json.encode(sums))
        for path in [*staging.iterdir(), staging]:
            synced(path)
        target = place / manifest.version
        if target.exists():  # broken: a whole one is not built again
            shutil.rmtree(target)
        staging.rename(target)
        self.point(manifest.tenant, manifest.name, manifest.version)
        for old in self.versions(manifest.tenant, manifest.name)[KEPT:]:
            if old != manifest.version:
                shutil.rmtree(place / old, ignore_errors=True)

    @contextmanager
    def held(self, tenant: str, name: str) -> Generator[Path]:
        """Nobody else changes this index meanwhile. A staging folder, empty; what a killed builder left is swept."""
        place = self.place(tenant, name)
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (place / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            staging = place / ".building"
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir(mode=0o700)
            try:
                yield staging
            finally:
                shutil.rmtree(staging, ignore_errors=True)

    def point(self, tenant: str, name: str, version: str) -> None:
        """As `use`, for who holds the index and knows that the version is whole."""
        place = self.place(tenant, name)
        fresh = place / f".{CURRENT}"
        fresh.write_text(version + "\n", "ascii")
        synced(fresh)
        os.replace(fresh, place / CURRENT)
        synced(place)


def _age(manifest: Path) -> float:
    return manifest.parent.stat().st_mtime


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
