"""The index in one SQLite file, for one machine: any number of processes may have it open.

WAL with `synchronous=FULL`, so that a commit is on the disk; `secure_delete`, so that what was deleted is overwritten.
One connection in one thread: whoever comes meanwhile waits.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from streaming.archive.database import DatabaseDown, Phrases, Row, Transaction
from streaming.errors import ServiceFault

T = TypeVar("T")
SCRIPTS: Final = Path(__file__).parent / "migrations" / "sqlite"
PATIENCE_MS: Final = 10_000
_WINDOW: Final = 1 << 22


class _Work:
    """Statements within a transaction."""

    def __init__(self, database: "Sqlite") -> None:
        self._database = database

    async def fetch(self, sql: str, *given: Any) -> Sequence[Row]:
        """See Transaction."""
        return await self._database.do(lambda link: _rows(link, sql, given))


class Sqlite:
    """The index at `path`, opened when first used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self._turn = asyncio.Lock()
        self._link: sqlite3.Connection | None = None

    async def fetch(self, sql: str, *given: Any) -> Sequence[Row]:
        """See Database."""
        async with self._turn:
            return await self.do(lambda link: _rows(link, sql, given))

    @asynccontextmanager
    async def transaction(self, session_id: str) -> AsyncGenerator[Transaction]:
        """See Database. Whoever else writes waits from the beginning."""
        async with self._turn:
            try:
                await self.do(lambda link: link.execute("BEGIN IMMEDIATE"))
                yield _Work(self)
                await self.do(lambda link: link.execute("COMMIT"))
            except BaseException:
                # Also when cancelled: the thread does one thing after the other, so this comes behind all else.
                await asyncio.shield(self.do(_undone))
                raise

    async def purge(self) -> None:
        """See Database: the text index merges what it had marked as deleted, and the WAL is emptied."""
        async with self._turn:
            await self.do(lambda link: link.execute("INSERT INTO found (found) VALUES ('optimize')"))
            for _ in range(50):
                if await self.do(_emptied):
                    return
                await asyncio.sleep(0.1)  # somebody is reading an old state
        raise DatabaseDown("its journal is being read and cannot be emptied")

    async def traces(self, needles: Sequence[bytes]) -> bool:
        """See Database."""
        return await asyncio.to_thread(_inside, list(self._files()), needles)

    async def close(self) -> None:
        """See Database."""
        async with self._turn:
            if self._link is not None:
                await self.do(lambda link: link.close())
                self._link = None
        self._thread.shutdown()

    async def write_tokens(self, work: Transaction, line_id: int, tokens: Sequence[str]) -> None:
        """See Database."""
        await work.fetch("DELETE FROM found WHERE rowid = $1", line_id)
        if tokens:
            await work.fetch("INSERT INTO found (rowid, tokens) VALUES ($1, $2)", line_id, " ".join(tokens))

    async def drop_tokens(self, work: Transaction, session_id: str) -> None:
        """See Database."""
        sql = "DELETE FROM found WHERE rowid IN (SELECT line_id FROM line WHERE session_id = $1)"
        await work.fetch(sql, session_id)

    def matching(self, parameter: str) -> str:
        """See Database."""
        return f"l.line_id IN (SELECT rowid FROM found WHERE found MATCH {parameter})"

    def query(self, alternatives: Sequence[Phrases]) -> str:
        """See Database. Tokens are letters and digits, so nothing in them has a meaning to FTS5."""
        return " OR ".join(
            "(" + " AND ".join('"' + " ".join(phrase) + '"' for phrase in phrases) + ")"
            for phrases in alternatives
        )

    async def do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work` in the thread of the connection, with SQLite's errors in our words."""
        try:
            doing = asyncio.get_running_loop().run_in_executor(self._thread, self._done, work)
        except RuntimeError:
            raise DatabaseDown("it was closed") from None
        return await doing

    def _done(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._link is None:
                self._link = opened(self.path)
            return work(self._link)
        except sqlite3.OperationalError as wrong:
            raise DatabaseDown(wrong) from None
        except sqlite3.DatabaseError as wrong:
            if isinstance(wrong, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                raise
            told = (
                f"the archive's index {self.path} is damaged ({wrong}): put it back with `vivavoce restore`"
            )
            raise ServiceFault("archive_damaged", told) from None

    def _files(self) -> Iterator[Path]:
        for suffix in ("", "-wal", "-journal"):
            file = self.path.with_name(self.path.name + suffix)
            if file.exists():
                yield file


def opened(path: Path) -> sqlite3.Connection:
    """A connection to the index at `path`, made or brought up to date if need be. Raises sqlite3.Error."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as wrong:
        raise sqlite3.OperationalError(f"{path.parent}: {wrong.strerror}") from None
    link = sqlite3.connect(path, timeout=PATIENCE_MS / 1000, isolation_level=None, check_same_thread=False)
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "temp_store = MEMORY",
        f"busy_timeout = {PATIENCE_MS}",
    ):
        link.execute(f"PRAGMA {pragma}")
    path.chmod(0o600)
    _migrate(link)
    return link


def _migrate(link: sqlite3.Connection) -> None:
    """Run the scripts whose numbers are above the database's, each with its number in one transaction."""
    scripts = sorted(SCRIPTS.glob("*.sql"))
    newest = int(scripts[-1].name.split("-")[0])
    if (there := _version(link)) > newest:
        raise sqlite3.OperationalError(f"it was made by a newer Vivavoce (version {there}, not {newest})")
    if there == newest:
        return
    link.execute("BEGIN IMMEDIATE")
    try:
        there = _version(link)  # another process may have done it meanwhile
        for script in scripts:
            number = int(script.name.split("-")[0])
            if number > there:
                for statement in script.read_text("utf-8").split(";"):
                    link.execute(statement)
                link.execute(f"PRAGMA user_version = {number}")
        link.execute("COMMIT")
    except BaseException:
        _undone(link)
        raise


def _version(link: sqlite3.Connection) -> int:
    return int(link.execute("PRAGMA user_version").fetchone()[0])


def _rows(link: sqlite3.Connection, sql: str, given: Sequence[Any]) -> list[Row]:
    # To SQLite `$1` is a name like any other.
    return link.execute(sql, {str(number): value for number, value in enumerate(given, 1)}).fetchall()


def _undone(link: sqlite3.Connection) -> None:
    if link.in_transaction:
        link.execute("ROLLBACK")


def _emptied(link: sqlite3.Connection) -> bool:
    """Whether the journal could be written back and cut to nothing."""
    return int(link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]) == 0


def _inside(files: Sequence[Path], needles: Sequence[bytes]) -> bool:
    """Whether any of `needles` is in the files, read a few megabytes at a time."""
    overlap = max(map(len, needles), default=0)
    for file in files:
        with file.open("rb") as content:
            seen = b""
            while window := content.read(_WINDOW):
                seen = seen[-overlap:] + window
                if any(needle in seen for needle in needles):
                    return True
    return False
