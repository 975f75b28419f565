"""Tenants' keys: one file each, for their owner alone (0600), made when first needed.

Who has the archive without this folder can read nothing; who loses the folder has lost the archive. A file lists roots,
newest first: the first wraps what is kept from now on, the others still open what is not yet wrapped anew.
"""

import base64
import os
import secrets
from pathlib import Path
from urllib.parse import quote

import msgspec
from msgspec import Struct

from streaming.archive.blobs import durable, named_once
from streaming.archive.sealing import KEY_BYTES, Root
from streaming.errors import ServiceFault


class _Root(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    key: str


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    tenant: str
    roots: list[_Root]


class KeyLost(ServiceFault):
    """A tenant's key is not where it should be, or is another one."""

    def __init__(self, tenant: str, folder: Path) -> None:
        told = (
            f"the key with which sessions of tenant {tenant!r} were kept is not in {folder}: put the file "
            "back (archive.keys says where keys are)"
        )
        super().__init__("archive_key", told)


class Keyring:
    """The keys in a folder. Files are read anew each time: another process may have made or turned one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, tenant: str) -> Path:
        """Of the tenant's file."""
        return self.folder / f"{quote(tenant, safe='')}.json"

    def roots(self, tenant: str) -> list[Root]:
        """Newest first; none for a tenant without a key. Raises ServiceFault (`archive_key`)."""
        kept = self._read(tenant)
        return [Root(root.name, base64.b64decode(root.key)) for root in kept.roots] if kept else []

    def make(self, tenant: str) -> Root:
        """The tenant's newest root, with a file made for it if there is none. Raises ServiceFault."""
        if not self.path(tenant).exists():
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                named_once(self.path(tenant), msgspec.json.encode(_File(tenant, [_fresh()])))
            except OSError as wrong:
                raise self._away(tenant, wrong) from None
        return self.roots(tenant)[0]

    def root(self, tenant: str, name: str) -> Root:
        """The root of this name. Raises KeyLost."""
        for root in self.roots(tenant):
            if root.name == name:
                return root
        raise KeyLost(tenant, self.folder)

    def turn(self, tenant: str) -> Root:
        """A new root before the others. Raises ServiceFault."""
        kept = self._read(tenant) or _File(tenant, [])
        return self._write(tenant, [_fresh(), *kept.roots])

    def drop_old(self, tenant: str) -> Root:
        """Only the newest root is left: what older ones wrapped can never be opened again. Raises ServiceFault."""
        kept = self._read(tenant)
        if kept is None:
            raise KeyLost(tenant, self.folder)
        return self._write(tenant, kept.roots[:1])

    def _write(self, tenant: str, roots: list[_Root]) -> Root:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable(self.path(tenant), msgspec.json.encode(_File(tenant, roots)))
        except OSError as wrong:
            raise self._away(tenant, wrong) from None
        return self.roots(tenant)[0]

    def _read(self, tenant: str) -> _File | None:
        path = self.path(tenant)
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            return None
        except OSError as wrong:
            raise self._away(tenant, wrong) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise KeyLost(tenant, self.folder) from None
        if kept.tenant != tenant or not kept.roots:
            raise KeyLost(tenant, self.folder)
        return kept

    def _away(self, tenant: str, wrong: OSError) -> ServiceFault:
        told = f"the key of tenant {tenant!r} cannot be read or written in {self.folder}: {wrong.strerror}"
        return ServiceFault("archive_key", told)


def _fresh() -> _Root:
    key = os.urandom(KEY_BYTES)
    return _Root(secrets.token_hex(4), base64.b64encode(key).decode())
