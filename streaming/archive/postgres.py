"""The index in Postgres, for several machines.

Steps on one session come one after the other (an advisory lock for each transaction), so that what a step has looked at
is still so when it is committed. Text is found by tsvectors made of the same blind tokens at their positions.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, cast

import asyncpg

from streaming.archive.database import DatabaseDown, Phrases, Row, Transaction

SCRIPTS: Final = Path(__file__).parent / "migrations" / "postgres"
CONNECTIONS: Final = 8
PATIENCE_S: Final = 10.0
_LOCK: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


class _Work:
    """Statements within a transaction."""

    def __init__(self, link: Any) -> None:
        self._link = link

    async def fetch(self, sql: str, *given: Any) -> Sequence[Row]:
        """See Transaction."""
        return [tuple(row) for row in await self._link.fetch(sql, *given)]


class Postgres:
    """The index behind `url` (postgresql://user:password@host/database), connected to when first used."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opening = asyncio.Lock()
        self._pool: Any = None

    async def fetch(self, sql: str, *given: Any) -> Sequence[Row]:
        """See Database."""
        async with self._linked() as link:
            return [tuple(row) for row in await link.fetch(sql, *given)]

    @asynccontextmanager
    async def transaction(self, session_id: str) -> AsyncGenerator[Transaction]:
        """See Database."""
        async with self._linked() as link, link.transaction():
            await link.execute(_LOCK, session_id)
            yield _Work(link)

    async def purge(self) -> None:
        """See Database. The table of wrapped keys is written anew without the dead ones; other tables are vacuumed.

        The write-ahead log, replicas and backups of the server still have what it wrote until they are recycled.
        """
        async with self._linked() as link:
            await link.execute("VACUUM FULL secret")
            await link.execute("VACUUM session, line, note, tag, piece, copy")

    async def traces(self, needles: Sequence[bytes]) -> bool:
        """See Database: the server's files are not ours to read."""
        return False

    async def close(self) -> None:
        """See Database."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def write_tokens(self, work: Transaction, line_id: int, tokens: Sequence[str]) -> None:
        """See Database."""
        vector = " ".join(f"'{token}':{place}" for place, token in enumerate(tokens, 1))
        await work.fetch("UPDATE line SET tokens = $2::text::tsvector WHERE line_id = $1", line_id, vector)

    async def drop_tokens(self, work: Transaction, session_id: str) -> None:
        """See Database."""
        await work.fetch("UPDATE line SET tokens = '' WHERE session_id = $1", session_id)

    def matching(self, parameter: str) -> str:
        """See Database."""
        return f"l.tokens @@ {parameter}::text::tsquery"

    def query(self, alternatives: Sequence[Phrases]) -> str:
        """See Database."""
        return " | ".join(
            "("
            + " & ".join("(" + " <-> ".join(f"'{token}'" for token in phrase) + ")" for phrase in phrases)
            + ")"
            for phrases in alternatives
        )

    @asynccontextmanager
    async def _linked(self) -> AsyncGenerator[Any]:
        """A connection, with the server's errors in our words."""
        try:
            async with self._opening:
                if self._pool is None:
                    self._pool = await _opened(self._url)
            async with self._pool.acquire(timeout=PATIENCE_S) as link:
                yield link
        except asyncpg.IntegrityConstraintViolationError:
            raise
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as wrong:
            raise DatabaseDown(f"Postgres: {wrong or type(wrong).__name__}") from None


async def _opened(url: str) -> Any:
    """Connections to an index that is up to date."""
    create = cast(Callable[..., Any], asyncpg.create_pool)  # pyright: ignore[reportUnknownMemberType]
    pool = await create(url, min_size=0, max_size=CONNECTIONS, timeout=PATIENCE_S, command_timeout=300)
    try:
        async with pool.acquire() as link:
            await _migrate(link)
    except BaseException:
        pool.terminate()
        raise
    return pool


async def _migrate(link: Any) -> None:
    """Run the scripts whose numbers are above the database's, all in one transaction."""
    scripts = {int(path.name.split("-")[0]): path for path in SCRIPTS.glob("*.sql")}
    async with link.transaction():
        await link.execute(_LOCK, "vivavoce archive")
        await link.execute("CREATE TABLE IF NOT EXISTS version (number BIGINT NOT NULL)")
        there = await link.fetchval("SELECT coalesce(max(number), 0) FROM version")
        if there > max(scripts):
            raise DatabaseDown(f"it was made by a newer Vivavoce (version {there}, not {max(scripts)})")
        for number in sorted(scripts):
            if number > there:
                await link.execute(scripts[number].read_text("utf-8"))
                await link.execute("INSERT INTO version VALUES ($1)", number)
