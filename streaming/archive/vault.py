"""The archive: one order of steps over an index and blobs, whatever these are.

What is kept is packed, sealed, written as pieces under new random names, and only then named by rows, in one
transaction with all else of the step. Until that commit nothing has happened: a piece without a row is an orphan, which
`sweep` removes. Progress is read from the index, so a step that is done again finds nothing left to do.
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from streaming import clock
from streaming.archive.blobs import BlobMissing, Blobs
from streaming.archive.finding import Finding
from streaming.archive.index import Head, Index
from streaming.archive.kept import Kept
from streaming.archive.keyring import KeyLost, Keyring
from streaming.archive.sealing import Damaged, Root, Seal
from streaming.errors import ClientFault, Close, Fault

log = logging.getLogger(__name__)

SESSION: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
Erase = Callable[[str], Awaitable[None]]


class Forgotten(ClientFault):
    """The session was forgotten: whoever records it stops."""

    def __init__(self, session_id: str) -> None:
        told = f"session {session_id} was forgotten: nothing of it is kept any more"
        super().__init__("forgotten", told, close=Close.POLICY)


async def _nothing(_: str) -> None:
    """There is no live part to erase."""


class Vault:
    """What the parts of the archive share: where things are, and who may open what."""

    def __init__(self, index: Index, blobs: Blobs, keyring: Keyring, erase_live: Erase = _nothing) -> None:
        self.index, self.blobs, self.keyring, self.erase_live = index, blobs, keyring, erase_live
        self.finding = Finding(index.database)
        self.now = clock.now_ms

    async def head(self, tenant: str, session_id: str) -> Head:
        """A tenant's session. Raises ClientFault (`unknown_session`)."""
        head = await self.index.head(session_id) if SESSION.fullmatch(session_id) else None
        if head is None or head.tenant != tenant:
            raise unknown(session_id)
        return head

    async def seal(self, head: Head) -> Seal:
        """What opens a session. Raises ServiceFault (`archive_key`, `archive_damaged`)."""
        root = await asyncio.to_thread(self.keyring.root, head.tenant, head.root)
        return Seal.unwrapped(head.session_id, head.wrapped, root, head.tenant)

    async def opened(self, tenant: str, session_id: str) -> tuple[Head, Seal]:
        """A tenant's session and what opens it."""
        head = await self.head(tenant, session_id)
        return head, await self.seal(head)

    async def roots(self, tenant: str) -> Sequence[Root]:
        """All of a tenant's roots, newest first. Raises KeyLost if something was kept with a key that is not there."""
        roots = await asyncio.to_thread(self.keyring.roots, tenant)
        if not roots and await self.index.roots(tenant):
            raise KeyLost(tenant, self.keyring.folder)
        return roots

    async def newest_root(self, tenant: str) -> Root:
        """The root that wraps what is kept from now on; made for a tenant of whom nothing is kept yet."""
        roots = await self.roots(tenant)
        return roots[0] if roots else await asyncio.to_thread(self.keyring.make, tenant)

    async def write(self, session_id: str, content: bytes) -> str:
        """The name of a new piece, durable on return."""
        name = f"{session_id}/{secrets.token_hex(12)}"
        await self.blobs.put(name, content)
        return name

    async def read(self, head: Head, blob: str, what: str) -> bytes:
        """A piece's bytes. Raises ClientFault if the session was forgotten meanwhile, Damaged if the piece is lost."""
        try:
            return await self.blobs.get(blob)
        except BlobMissing:
            await self.head(head.tenant, head.session_id)
            raise Damaged(what) from None


def kept_of(head: Head, seal: Seal) -> Kept:
    """The session as it was last told, with the size that it has."""
    kept = msgspec.json.decode(seal.open(head.details, "session", 0), type=Kept)
    return msgspec.structs.replace(kept, size=head.size)


def unknown(session_id: str) -> ClientFault:
    """There is no such session for whoever asks."""
    return ClientFault("unknown_session", f"there is no session {session_id} here", close=Close.POLICY)


@contextmanager
def unfinished(session_id: str, done: str) -> Generator[None]:
    """A fault with one session does not keep the others: it is told in the log."""
    try:
        yield
    except Fault as fault:
        log.warning("a session could not be %s", done, extra={"sid": session_id, "error": fault.code})
