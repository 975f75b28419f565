"""What may stand behind the ? of each route. Pure."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, get_args, get_origin

import msgspec
from msgspec import Meta, Struct, field

from streaming.archive.export.table import By
from streaming.archive.kept import Filter, Origin
from streaming.errors import ClientFault

Place: TypeAlias = Annotated[str, Meta(description="`cursor` of the page before; empty: from the beginning")]
Limit: TypeAlias = Annotated[int, Meta(ge=1, le=200, description="the most that one page has")]
SAFE = 2**53 - 1
"""No number is larger: JSON and databases hold it as it is."""
UnixMs: TypeAlias = Annotated[int, Meta(ge=-SAFE, le=SAFE, description="Unix ms")]
Query: TypeAlias = Annotated[
    str,
    Meta(description='words, and "phrases" in quotes: a line has them all; case and accents do not matter'),
]
MOST = 32
"""Values of one filter."""
T = TypeVar("T", bound=Struct)


class Filters(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which sessions. A list (given more than once, or with commas) means any of it, `metadata` all of it."""

    since: UnixMs | None = None
    until: UnixMs | None = None
    channel: Annotated[int, Meta(ge=0, le=7, description="sessions with this channel")] | None = None
    language: Annotated[list[str], Meta(max_length=MOST)] = []
    verdict: Annotated[list[str], Meta(max_length=MOST)] = []
    origin: Annotated[list[Origin], Meta(max_length=MOST)] = []
    metadata: Annotated[
        dict[str, str],
        Meta(max_length=MOST, description="`metadata.<key>=<value>`", extra_json_schema={"type": "object"}),
    ] = field(default_factory=dict[str, str])

    def filter(self) -> Filter:
        """As the archive wants it."""
        return Filter(
            since=self.since,
            until=self.until,
            channel=self.channel,
            languages=self.language,
            verdicts=self.verdict,
            origins=self.origin,
            metadata=self.metadata,
        )


class SessionsQuery(Filters, frozen=True, kw_only=True):
    """`live`: those that go on now, recorded or not; by `metadata` alone."""

    live: bool = False
    cursor: Place = ""
    limit: Limit = 50


class SearchQuery(Filters, frozen=True, kw_only=True):
    """In all sessions that the filters let through."""

    q: Query
    cursor: Place = ""
    limit: Limit = 50


class ReviewQuery(Filters, frozen=True, kw_only=True):
    """`limit` sessions are looked through, so a page may have more flags, or none. `session`: this one alone."""

    state: Annotated[Literal["open", "decided", "all"], Meta(description="flags that wait, or not")] = "open"
    session: str = ""
    cursor: Place = ""
    limit: Limit = 20


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing."""


class FindQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """In one session."""

    q: Query


class EventsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """From where."""

    after: Annotated[
        str, Meta(description="the log behind the event of this id", pattern=r"^\d{1,18}-\d{1,18}$")
    ] = "0-0"


class ExportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which file."""

    format: Literal["srt", "vtt", "txt", "json", "csv", "parquet"]
    by: Annotated[By, Meta(description="what a row of csv and parquet is")] = "line"


class AudioQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of the sound, and how."""

    format: Literal["wav", "flac", "ogg"] = "wav"
    channel: (
        Annotated[int, Meta(ge=0, le=7, description="this one alone; left out: all, two as stereo")] | None
    ) = None
    begin_ms: Annotated[int, Meta(ge=0, le=SAFE)] = 0
    end_ms: Annotated[int, Meta(ge=0, le=SAFE, description="left out: to the end")] | None = None
    ticket: Annotated[str, Meta(description="instead of a key, for players that cannot send one")] = ""


PerSecond: TypeAlias = Literal[1, 2, 4, 5, 10, 20, 25, 50, 100]
PER_SECOND = frozenset(map(str, get_args(PerSecond)))


class PeaksQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How fine."""

    per_second: PerSecond = 20


def _bare(kind: Any) -> Any:
    """A type without what is said of it."""
    return kind.__origin__ if get_origin(kind) is Annotated else kind


def read(kind: type[T], given: Iterable[tuple[str, str]]) -> T:
    """The query as `kind`.

    Raises:
        ClientFault: it is none; says which part is wrong, and what there is (`bad_request`).
    """
    fields = {one.encode_name: one.type for one in msgspec.structs.fields(kind)}
    out: dict[str, Any] = {}
    for name, value in given:
        head, dot, key = name.partition(".")
        if "\0" in name + value:
            raise ClientFault("bad_request", f"the parameter {head} has a character U+0000: leave it out")
        if dot and head == "metadata" and head in fields:
            out.setdefault(head, {})[key] = value
        elif name not in fields or name == "metadata":
            known = ", ".join("metadata.<key>" if one == "metadata" else one for one in fields) or "none"
            raise ClientFault("bad_request", f"there is no parameter {name!r} here; there are: {known}")
        elif get_origin(_bare(fields[name])) is list:
            out.setdefault(name, []).extend(part for part in value.split(",") if part)
        elif name in out:
            raise ClientFault("bad_request", f"the parameter {name} is given twice: leave one out")
        else:
            out[name] = int(value) if name == "per_second" and value in PER_SECOND else value
    try:
        return msgspec.convert(out, kind, strict=False)
    except msgspec.ValidationError as wrong:
        told = str(wrong).replace("`", "").replace("$.", "").replace("object", "query")
        raise ClientFault("bad_request", f"{told}: see /v1/openapi.json") from None
