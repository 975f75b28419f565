"""Sessions that nobody will record any further are closed as far as they are kept.

Their keys in Redis have expired, or the recorder was given up on them: nobody writes a last batch any more.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from streaming.archive.index import Head
from streaming.archive.vault import Vault, kept_of, unfinished

Gone = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Which of these sessions are recorded no further. Raises Fault."""

PAGE: Final = 500
OPEN: Final = (
    "SELECT session_id FROM session WHERE state = 'open' AND last_ms < $1 AND started_at < $1 AND session_id > $2 "
    f"ORDER BY session_id LIMIT {PAGE}"
)
CLOSE: Final = (
    "UPDATE session SET state = 'closed', ended_at = $2, details = $3 WHERE session_id = $1 AND state = 'open' "
    "AND last_ms = $4 AND last_number = $5 AND samples = $6 RETURNING session_id"
)


async def settle(vault: Vault, before: int, gone: Gone) -> list[str]:
    """See Archive. One that fails does not keep the others: it is told in the log, and tried again next time."""
    closed: list[str] = []
    behind = ""
    while rows := await vault.index.database.fetch(OPEN, before, behind):
        ids = [row[0] for row in rows]
        for session_id in sorted(await gone(ids)):
            with unfinished(session_id, "closed"):
                head = await vault.index.head(session_id)
                if head is not None and await _close(vault, head):
                    closed.append(session_id)
        behind = ids[-1]
    return closed


async def _close(vault: Vault, head: Head) -> bool:
    """Whether it was closed: not if somebody recorded more of it meanwhile."""
    seal = await vault.seal(head)
    kept = kept_of(head, seal)
    ended_at = max(head.last_ms, kept.started_at)
    closed = msgspec.structs.replace(kept, state="closed", ended_at=ended_at)
    details = seal.seal(msgspec.json.encode(closed), "session", 0)
    place = (head.last_ms, head.last_number, head.samples)
    async with vault.index.database.transaction(head.session_id) as work:
        return bool(await work.fetch(CLOSE, head.session_id, ended_at, details, *place))
