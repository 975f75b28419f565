"""The rows of the archive: which sessions there are, where their pieces lie, and by what lines are found.

Rows hold no content in plain: only times, places, languages, categories of verdicts, and blind tokens. All that is
written together is one transaction.
"""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from streaming.archive.database import Database, Transaction
from streaming.archive.kept import Kept, Progress


class Head(Struct, frozen=True):
    """A session's row, with its key still wrapped. `details`: the session as a sealed value."""

    session_id: str
    tenant: str
    state: str
    samples: int
    last_ms: int
    last_number: int
    chunks: int
    size: int
    details: bytes
    root: str
    wrapped: bytes

    @property
    def progress(self) -> Progress:
        """How far it is kept."""
        return Progress(self.samples, f"{self.last_ms}-{self.last_number}")


HEAD = (
    "s.session_id, s.tenant, s.state, s.samples, s.last_ms, s.last_number, s.chunks, s.size, s.details, "
    "k.root, k.wrapped"
)


LAPSED = (
    "UPDATE line SET corrected = NULL WHERE session_id = $1 AND kind = $2 AND number = $3 "
    "AND corrected IS NOT NULL RETURNING line_id"
)


class Piece(Struct, frozen=True):
    """Where a stretch of sound (samples [first, last)) or a chunk of the log (number `first`, last id in `last`) is."""

    blob: str
    kind: str
    first: int
    last: int
    last_number: int
    channels: int
    size: int


class Replaced(Struct, frozen=True):
    """`piece` in the place of the one in `blob`, which had this `size`."""

    blob: str
    piece: Piece
    size: int


class Sealed(Struct, frozen=True):
    """A line as it is kept."""

    kind: str
    number: int
    channel: int
    start_ms: int
    end_ms: int
    language: str
    text: bytes
    tokens: Sequence[str]


class Added(Struct, frozen=True):
    """What one step adds: the session's new row (without the key it had already), pieces, lines, tags; and which pieces
    are other ones from now on."""

    head: Head
    session: Kept
    pieces: Sequence[Piece]
    lines: Sequence[Sealed]
    tags: Sequence[tuple[str, str]]
    replaced: Sequence[Replaced] = ()


class Buried(Struct, frozen=True):
    """A tombstone. `done`: nothing else of the session is left."""

    tenant: str
    details: bytes
    done: bool


Lapse = Callable[[Transaction, int], Awaitable[None]]
"""Takes corrections of a segment away."""


class Index:
    """Statements over any database of ours."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def head(self, session_id: str) -> Head | None:
        """A session's row."""
        rows = await self.database.fetch(
            f"SELECT {HEAD} FROM session s JOIN secret k ON k.session_id = s.session_id WHERE s.session_id = $1",
            session_id,
        )
        return Head(*rows[0]) if rows else None

    async def buried(self, session_id: str) -> Buried | None:
        """A session's tombstone."""
        sql = "SELECT tenant, details, done_at FROM tombstone WHERE session_id = $1"
        rows = await self.database.fetch(sql, session_id)
        return Buried(rows[0][0], rows[0][1], rows[0][2] is not None) if rows else None

    async def roots(self, tenant: str) -> bool:
        """Whether anything of the tenant is kept."""
        return bool(await self.database.fetch("SELECT 1 FROM session WHERE tenant = $1 LIMIT 1", tenant))

    async def add(self, added: Added, before: Head | None, lapse: Lapse) -> list[str] | None:
        """The blobs that nothing names any more; None if nothing was written, since the session is no longer as it was
        `before`. `lapse`: a corrected line is given again, so moderation has changed it, and its corrections may say
        what was taken away."""
        async with self.database.transaction(added.head.session_id) as work:
            if not await _unmoved(work, added.head.session_id, before):
                return None
            await _put_session(work, added)
            gone = await _replace(work, added)
            for piece in added.pieces:
                await work.fetch(
                    "INSERT INTO piece (blob, session_id, kind, first, last, last_number, channels, size) "
                    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    *(piece.blob, added.head.session_id, piece.kind, piece.first, piece.last),
                    *(piece.last_number, piece.channels, piece.size),
                )
            for line in added.lines:
                place = (added.head.session_id, line.kind, line.number)
                if await work.fetch(LAPSED, *place):
                    await lapse(work, line.number)
                await self._put_line(work, added.head.session_id, line)
        return gone

    async def _put_line(self, work: Transaction, session_id: str, line: Sealed) -> None:
        rows = await work.fetch(
            "INSERT INTO line (session_id, kind, number, channel, start_ms, end_ms, language, text) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (session_id, kind, number) DO UPDATE SET "
            "channel = excluded.channel, start_ms = excluded.start_ms, end_ms = excluded.end_ms, "
            "language = excluded.language, text = excluded.text RETURNING line_id",
            *(session_id, line.kind, line.number, line.channel),
            *(line.start_ms, line.end_ms, line.language, line.text),
        )
        await self.database.write_tokens(work, rows[0][0], line.tokens)

    async def pieces(self, session_id: str, kind: str) -> list[Piece]:
        """Where all of a session's sound or log is, in order."""
        rows = await self.database.fetch(
            "SELECT blob, kind, first, last, last_number, channels, size FROM piece "
            "WHERE session_id = $1 AND kind = $2 ORDER BY first",
            *(session_id, kind),
        )
        return [Piece(*row) for row in rows]

    async def copy(self, session_id: str, name: str) -> str | None:
        """Where a cached copy is."""
        sql = "SELECT blob FROM copy WHERE session_id = $1 AND name = $2"
        rows = await self.database.fetch(sql, session_id, name)
        return rows[0][0] if rows else None

    async def put_copy(self, session_id: str, name: str, blob: str) -> str | None:
        """A cached copy is there from now on; where the one before it was. Nothing for a session that is gone."""
        async with self.database.transaction(session_id) as work:
            if not await work.fetch("SELECT 1 FROM session WHERE session_id = $1", session_id):
                return blob
            sql = "SELECT blob FROM copy WHERE session_id = $1 AND name = $2"
            rows = await work.fetch(sql, session_id, name)
            await work.fetch(
                "INSERT INTO copy (session_id, name, blob) VALUES ($1, $2, $3) "
                "ON CONFLICT (session_id, name) DO UPDATE SET blob = excluded.blob",
                *(session_id, name, blob),
            )
        return rows[0][0] if rows else None

    async def known(self, blob: str) -> bool:
        """Whether any row names this piece."""
        sql = "SELECT 1 FROM piece WHERE blob = $1 UNION ALL SELECT 1 FROM copy WHERE blob = $1"
        return bool(await self.database.fetch(sql, blob))


async def _unmoved(work: Transaction, session_id: str, before: Head | None) -> bool:
    rows = await work.fetch(
        "SELECT s.samples, s.last_ms, s.last_number, s.chunks, k.root FROM session s "
        "JOIN secret k ON k.session_id = s.session_id WHERE s.session_id = $1",
        session_id,
    )
    if await work.fetch("SELECT 1 FROM tombstone WHERE session_id = $1", session_id):
        return False
    if before is None:
        return not rows
    known = (before.samples, before.last_ms, before.last_number, before.chunks, before.root)
    return bool(rows) and tuple(rows[0]) == known


async def _replace(work: Transaction, added: Added) -> list[str]:
    """Other pieces in the rows of these. What was made of the sound goes too: it can be made again."""
    for one in added.replaced:
        sql = "UPDATE piece SET blob = $1, size = $2 WHERE blob = $3"
        await work.fetch(sql, one.piece.blob, one.piece.size, one.blob)
    if not added.replaced:
        return []
    sql = "DELETE FROM copy WHERE session_id = $1 RETURNING blob"
    copies = await work.fetch(sql, added.head.session_id)
    return [*(one.blob for one in added.replaced), *(row[0] for row in copies)]


async def _put_session(work: Transaction, added: Added) -> None:
    head, session = added.head, added.session
    await work.fetch(
        "INSERT INTO session (session_id, tenant, started_at, ended_at, channels, origin, state, samples, last_ms, "
        "last_number, chunks, notes, size, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13) "
        "ON CONFLICT (session_id) DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at, "
        "channels = excluded.channels, origin = excluded.origin, state = excluded.state, samples = excluded.samples, "
        "last_ms = excluded.last_ms, last_number = excluded.last_number, chunks = excluded.chunks, "
        "size = excluded.size, details = excluded.details",
        *(head.session_id, head.tenant, session.started_at, session.ended_at),
        *(session.channels, session.origin),
        *(session.state, head.samples, head.last_ms, head.last_number, head.chunks, head.size, head.details),
    )
    await work.fetch(
        "INSERT INTO secret (session_id, root, wrapped) VALUES ($1, $2, $3) ON CONFLICT (session_id) DO NOTHING",
        *(head.session_id, head.root, head.wrapped),
    )
    await work.fetch("DELETE FROM tag WHERE session_id = $1", head.session_id)
    for kind, value in added.tags:
        sql = "INSERT INTO tag (session_id, kind, value) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
        await work.fetch(sql, head.session_id, kind, value)
