"""Pieces in a bucket of S3, or of a server that speaks like it."""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from streaming.archive.blobs import BlobMissing, BlobsDown, Stored

PATIENCE_S: Final = 20


class Bucket:
    """A piece is an object below `prefix`. S3 has it on return of a put, or not at all.

    A bucket that keeps versions keeps what was removed: use one without, or with a rule that ends them.
    """

    def __init__(self, bucket: str, prefix: str) -> None:
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        place: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}
        self._store: Any = S3Store(
            bucket,
            prefix=prefix or None,
            client_options={
                "allow_http": (endpoint or "").startswith("http://"),
                "timeout": f"{PATIENCE_S}s",
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=PATIENCE_S)},
            **place,
        )

    async def put(self, name: str, content: bytes) -> None:
        """See Blobs."""
        try:
            await obstore.put_async(self._store, name, content, use_multipart=False)
        except BaseError as wrong:
            raise _down(wrong) from None

    async def get(self, name: str) -> bytes:
        """See Blobs."""
        try:
            found = await obstore.get_async(self._store, name)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise BlobMissing from None
        except BaseError as wrong:
            raise _down(wrong) from None

    async def remove(self, name: str) -> None:
        """See Blobs."""
        try:
            await obstore.delete_async(self._store, name)
        except FileNotFoundError:
            return
        except BaseError as wrong:
            raise _down(wrong) from None

    async def drop(self, session_id: str) -> None:
        """See Blobs."""
        async for stored in self.list(session_id):
            await self.remove(stored.name)

    async def list(self, session_id: str = "") -> AsyncIterator[Stored]:
        """See Blobs."""
        try:
            listing: Any = obstore.list(self._store, prefix=session_id or None)  # pyright: ignore[reportUnknownMemberType]
            async for some in listing:
                for one in some:
                    yield Stored(one["path"], int(one["last_modified"].timestamp() * 1000))
        except BaseError as wrong:
            raise _down(wrong) from None


def _down(wrong: BaseException) -> BlobsDown:
    """The first line of the library's words; what follows may be a request of ours."""
    return BlobsDown(f"S3: {str(wrong).splitlines()[0][:200]}")
