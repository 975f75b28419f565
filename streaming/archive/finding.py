"""Which sessions and lines are wanted, as SQL over plain columns and blind tokens; and places in such lists."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from streaming.archive.database import Database, Phrases, Row
from streaming.archive.index import HEAD, Head
from streaming.archive.kept import Filter
from streaming.archive.sealing import Root
from streaming.errors import ClientFault

MOST: Final = 500
"""Of a page."""

_ORDER: Final = ("(-s.started_at)", "s.session_id")
_LINES: Final = (*_ORDER, "l.start_ms", "l.line_id")
_LINE: Final = "l.line_id, l.kind, l.number, l.channel, l.start_ms, l.end_ms, l.language, l.text, l.corrected"


class Found(Struct, frozen=True):
    """A line that has the tokens, sealed. `at`: its place in the list."""

    head: Head
    line_id: int
    kind: str
    number: int
    channel: int
    start_ms: int
    end_ms: int
    language: str
    text: bytes
    corrected: bytes | None
    started_at: int

    @property
    def at(self) -> list[Any]:
        """Its place in the list."""
        return [-self.started_at, self.head.session_id, self.start_ms, self.line_id]


class _Wanted:
    """A condition that grows, and its values."""

    def __init__(self, tenant: str) -> None:
        self.given: list[Any] = []
        self.parts: list[str] = []
        self.add("s.tenant = {}", tenant)

    def value(self, given: Any) -> str:
        """The parameter of a value."""
        self.given.append(given)
        return f"${len(self.given)}"

    def add(self, condition: str, *given: Any) -> None:
        """One more condition, with {} for each value."""
        self.parts.append(condition.format(*map(self.value, given)))

    def any_of(self, column: str, given: Sequence[str]) -> None:
        """One of these values, or any if there is none."""
        if given:
            self.parts.append(f"{column} IN ({', '.join(map(self.value, given))})")

    def behind(self, columns: Sequence[str], cursor: str) -> None:
        """What stands behind a place in the list."""
        if cursor:
            marks = ", ".join(map(self.value, _place(cursor, len(columns))))
            self.parts.append(f"({', '.join(columns)}) > ({marks})")

    @property
    def where(self) -> str:
        """All of it."""
        return " AND ".join(self.parts)


class Finding:
    """Lists of sessions and lines."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sessions(
        self, tenant: str, roots: Sequence[Root], wanted: Filter, cursor: str, limit: int
    ) -> tuple[list[Head], str | None]:
        """Sessions, newest first, and the place behind the last."""
        asked = _asked(tenant, roots, wanted)
        if wanted.channel is not None:
            asked.add("s.channels > {}", wanted.channel)
        asked.behind(_ORDER, cursor)
        rows = await self._database.fetch(
            f"SELECT {HEAD}, s.started_at FROM session s JOIN secret k ON k.session_id = s.session_id "
            f"WHERE {asked.where} ORDER BY {', '.join(_ORDER)} LIMIT {_limit(limit) + 1}",
            *asked.given,
        )
        rows, more = rows[: _limit(limit)], len(rows) > _limit(limit)
        return [_head(row) for row in rows], _cursor([-rows[-1][-1], rows[-1][0]]) if more else None

    async def lines(
        self, asked: "_Wanted", alternatives: Sequence[Phrases], cursor: str, limit: int
    ) -> tuple[list[Found], str | None]:
        """Lines that have all phrases of any alternative: newest session first, in order within."""
        asked.add(self._database.matching("{}"), self._database.query(alternatives))
        asked.behind(_LINES, cursor)
        rows = await self._database.fetch(
            f"SELECT {HEAD}, {_LINE}, s.started_at FROM line l JOIN session s ON s.session_id = l.session_id "
            f"JOIN secret k ON k.session_id = s.session_id WHERE {asked.where} "
            f"ORDER BY {', '.join(_LINES)} LIMIT {_limit(limit) + 1}",
            *asked.given,
        )
        found = [Found(_head(row), *row[11:]) for row in rows[: _limit(limit)]]
        return found, _cursor(found[-1].at) if len(rows) > _limit(limit) else None


def wanted_lines(tenant: str, roots: Sequence[Root], wanted: Filter) -> _Wanted:
    """The condition for lines: the channel is the line's own, all else its session's."""
    asked = _asked(tenant, roots, wanted)
    if wanted.channel is not None:
        asked.add("l.channel = {}", wanted.channel)
    return asked


def _asked(tenant: str, roots: Sequence[Root], wanted: Filter) -> _Wanted:
    asked = _Wanted(tenant)
    if wanted.session_id is not None:
        asked.add("s.session_id = {}", wanted.session_id)
    if wanted.since is not None:
        asked.add("s.started_at >= {}", wanted.since)
    if wanted.until is not None:
        asked.add("s.started_at < {}", wanted.until)
    asked.any_of("s.origin", wanted.origins)
    for kind, values in (("language", wanted.languages), ("verdict", wanted.verdicts)):
        _tagged(asked, kind, values)
    for key, value in wanted.metadata.items():
        _tagged(asked, "metadata", [root.tag(key, value) for root in roots] or [""])
    return asked


def _tagged(asked: _Wanted, kind: str, values: Sequence[str]) -> None:
    """Sessions with one of these tags."""
    if values:
        marks = ", ".join(map(asked.value, values))
        asked.parts.append(
            f"EXISTS (SELECT 1 FROM tag t WHERE t.session_id = s.session_id AND t.kind = '{kind}' "
            f"AND t.value IN ({marks}))"
        )


def _head(row: Row) -> Head:
    return Head(*row[:11])


def _limit(limit: int) -> int:
    return min(max(limit, 1), MOST)


def _cursor(at: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(at)).decode().rstrip("=")


def _place(cursor: str, size: int) -> list[Any]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        at = msgspec.json.decode(raw, type=list[int | str])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        at = []
    whole = [one for one in at if isinstance(one, int)]
    if [type(one) for one in at] != [int, str, int, int][:size] or any(abs(one) >= 2**63 for one in whole):
        raise ClientFault("bad_cursor", "the cursor is none of ours: leave it out to begin anew") from None
    return list(at)
