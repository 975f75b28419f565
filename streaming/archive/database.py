"""What the index needs of a database. Statements are the same for all: SQL with `$1`, `$2`, ... that each of them
knows; what is not the same is a method."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeAlias

from streaming.errors import ServiceFault

Row: TypeAlias = Sequence[Any]
Phrases: TypeAlias = Sequence[Sequence[str]]


class DatabaseDown(ServiceFault):
    """The database cannot be used now."""

    def __init__(self, why: object) -> None:
        super().__init__("archive_down", f"the archive's index cannot be used now ({why}): it is tried again")


class Transaction(Protocol):
    """Statements that are done together."""

    async def fetch(self, sql: str, *given: Any) -> Sequence[Row]:
        """The rows of a statement."""
        ...


class Database(Protocol):
    """Raises DatabaseDown when it cannot be used now."""

    async def fetch(self, sql: str, *given: Any) -> Sequence[Row]:
        """The rows of a statement that changes nothing."""
        ...

    def transaction(self, session_id: str) -> AbstractAsyncContextManager[Transaction]:
        """One after the other for one session. All that is done within is durable on leaving it, or nothing of it if
        an error leaves it."""
        ...

    async def purge(self) -> None:
        """What was deleted leaves no trace in the database's files, as far as it can be had."""
        ...

    async def traces(self, needles: Sequence[bytes]) -> bool:
        """Whether any of `needles` is still in the database's files; False where these cannot be read."""
        ...

    async def close(self) -> None:
        """Let everything go."""
        ...

    # ---- full text ----------------------------------------------------------------------------------------------

    async def write_tokens(self, work: Transaction, line_id: int, tokens: Sequence[str]) -> None:
        """The tokens by which a line is found from now on: its words in order."""
        ...

    async def drop_tokens(self, work: Transaction, session_id: str) -> None:
        """No line of the session is found any more."""
        ...

    def matching(self, parameter: str) -> str:
        """The condition that line `l` has what `query` made of phrases."""
        ...

    def query(self, alternatives: Sequence[Phrases]) -> str:
        """The query for lines that have all phrases of any alternative."""
        ...
