"""What a server answered, in our words: entries of streams, refusals of our scripts, a server that cannot do it now."""

import re
from typing import Any, Final

from redis.exceptions import (
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TryAgainError,
)

from streaming.errors import BusDown
from streaming.feed import Entry

REFUSALS: Final = frozenset({"FENCED", "REPLACED", "ENDED", "BUSYGROUP", "HOLE", "FULL"})
PASSING_KINDS: Final = (
    OutOfMemoryError,
    ReadOnlyError,
    ClusterDownError,
    TryAgainError,
    MasterDownError,
)
PASSING: Final = re.compile(r"\b(OOM|MISCONF|LOADING|UNBLOCKED|NOGROUP|BUSY|NOREPLICAS|EXECABORT)\b")
"""Errors of a server that cannot do it now, and may later: the library has classes for some, and codes for the rest."""


SINGLE: Final = frozenset({"NOGROUP", "UNBLOCKED"})
"""About one stream: the server is there."""


class BusDenied(BusDown):
    """Redis does not let us in, or (`Forbidden`) not do what we must: somebody has to mend that."""

    def __init__(self, why: object) -> None:
        super().__init__(why)
        self.message = (
            f"Redis refuses us ({why}): check the user and password in its URL, and what that user may do"
        )


class Forbidden(BusDenied):
    """One command that this user may not use: the server is there for all others."""


class Refused(Exception):
    """A script said no: `word` is the first word of its reply, such as FENCED or REPLACED."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.word = reply.split(" ", 1)[0]


def told(error: ResponseError) -> Exception:
    """A server's error in our words: a script's refusal, a server that cannot do it now, or a mistake of ours.

    Of the text only its code is kept: the library may have put the whole command into it.
    """
    text = str(error)
    word = text.split(" ", 1)[0]
    if word in REFUSALS:
        return Refused(text)
    if isinstance(error, NoPermissionError):
        return Forbidden(error)  # it names a command of ours, and no word of anybody
    if isinstance(error, PASSING_KINDS):
        return BusDown(type(error).__name__)
    code = PASSING.search(text)
    return BusDown(code[0]) if code else error


def entries(key: str, rows: Any) -> list[Entry]:
    """What XRANGE or XREAD answered for a key, as entries (those deleted meanwhile left out)."""
    found: list[Entry] = []
    for name, flat in rows:
        if flat is None:
            continue
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        body, pcm, at = fields.get(b"e", b""), fields.get(b"pcm", b""), int(fields.get(b"t", 0))
        found.append(Entry(key=key, id=name.decode(), body=body, pcm=pcm, at_ms=at))
    return found
