"""What is expected of an archive, whatever it stands on. Whoever reads gets only what is of `tenant`.

A place in a list is an opaque `cursor`; "" is the beginning, and None after the last page. Every implementation passes
tests/contracts/test_archive.py.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from msgspec import Struct

from streaming.archive.kept import Batch, Filter, Hit, Kept, LogEntry, Note, Progress, Sound


class Page(Struct, frozen=True):
    """Some of a list of sessions."""

    sessions: list[Kept]
    cursor: str | None = None


class Hits(Struct, frozen=True):
    """Some of what was found, best or newest first."""

    hits: list[Hit]
    cursor: str | None = None


class Archive(Protocol):
    """Sound, logs and what can be found in them. Raises ServiceFault (`archive_down`) when it cannot be used now, and
    ClientFault (`unknown_session`) for a session that is not there, of another tenant, or forgotten."""

    # ---- the recorder -------------------------------------------------------------------------------------------

    async def keep(self, batch: Batch) -> Progress:
        """Sound and log behind the progress are added; what is before it is kept already. Durable on return.

        Where the session is `silenced` all sound is zeros from then on, also what was kept before."""
        ...

    async def progress(self, session_id: str) -> Progress:
        """How far a session is kept; the beginning for one that is not there."""
        ...

    # ---- readers ------------------------------------------------------------------------------------------------

    async def session(self, tenant: str, session_id: str) -> Kept:
        """One session."""
        ...

    async def sessions(self, tenant: str, wanted: Filter, *, cursor: str = "", limit: int = 50) -> Page:
        """Sessions, newest first."""
        ...

    async def search(
        self, tenant: str, text: str, wanted: Filter, *, cursor: str = "", limit: int = 50
    ) -> Hits:
        """Lines that have all words of `text`, and its "quoted phrases" whole: newest session first, in order within.

        Case and accents do not matter. Raises ClientFault (`bad_query`) when there is no word in it.
        """
        ...

    def log(self, tenant: str, session_id: str, after: str = "0-0") -> AsyncIterator[LogEntry]:
        """The log behind an id, in order."""
        ...

    def sound(
        self, tenant: str, session_id: str, begin: int = 0, end: int | None = None
    ) -> AsyncIterator[Sound]:
        """The sound from sample `begin` to `end`, in order, in pieces of at most 30 s."""
        ...

    # ---- what readers add ---------------------------------------------------------------------------------------

    async def notes(self, tenant: str, session_id: str) -> list[Note]:
        """All notes of a session, oldest first."""
        ...

    async def annotate(self, tenant: str, session_id: str, note: Note) -> Note:
        """Add a note; its `note_id` is given here. A correction is found by search from now on."""
        ...

    async def erase_note(self, tenant: str, session_id: str, note_id: int) -> None:
        """Take a note away."""
        ...

    # ---- what is made of it, and can be made again ---------------------------------------------------------------

    async def cached(self, tenant: str, session_id: str, name: str) -> bytes | None:
        """What was put aside under this name (letters, digits, `-`), or None: never what cannot be made again."""
        ...

    async def cache(self, tenant: str, session_id: str, name: str, body: bytes) -> None:
        """Put something aside, encrypted, in the place of what was there; `forget` destroys it with the rest."""
        ...

    # ---- the end ------------------------------------------------------------------------------------------------

    async def forget(self, tenant: str, session_id: str, by: str = "") -> Kept:
        """Destroy its key, remove sound, log, index and notes, and see that nothing is left but this tombstone.

        `by`: the reader who asked. A `keep` of it raises ClientFault (`forgotten`) from now on. Raises ServiceFault
        (`forget_unfinished`) if something is left: it cannot be read, and may be forgotten again.
        """
        ...

    async def expire(self, before: dict[str, int]) -> list[str]:
        """Forget each tenant's sessions that ended before its time (Unix ms); their ids. Open ones stay: `settle`
        closes those that nobody records any further.

        The time of "*" is that of all tenants who have none. What an earlier forget left unfinished is finished.
        """
        ...

    async def settle(self, before: int, gone: Callable[[Sequence[str]], Awaitable[set[str]]]) -> list[str]:
        """Close open sessions of which nothing was kept since `before` (Unix ms) and that `gone` says are recorded no
        further; their ids. Each ended with the last entry of its log that is kept; whoever keeps more opens it again.
        """
        ...

    async def sweep(self, now: int) -> int:
        """Remove what a crash left behind and nothing refers to, at time `now` (Unix ms); how many pieces."""
        ...

    async def close(self) -> None:
        """Let everything go."""
        ...
