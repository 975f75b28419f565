"""What the archive keeps of a session, as values: no file, no database, no key.

Times of the wall clock are Unix milliseconds (`*_at`); places in the sound are samples a channel at 16 kHz (`begin`,
`end`); `*_ms` counts milliseconds of the session's sound. A place in the log is the id of an event, as viewers saw it.
"""

from typing import Literal, TypeAlias

from msgspec import Struct, field

from streaming.events import Mode
from streaming.facts import Origin

State = Literal["open", "closed", "forgotten"]


class Silence(Struct, frozen=True):
    """Samples [begin, end) of `channel`: zeros in what is kept, whatever was said."""

    channel: int
    begin: int
    end: int


class Kept(Struct, frozen=True):
    """A recorded session: what a list shows and filters by.

    `state`: `open` while it is being recorded, `closed` when all of it is here, or nobody can record any more of it;
    `forgotten`: nothing but this is left.
    `origin` of the sound; `parent`: the session whose sound was run `again`. `verdicts`: categories of what moderation
    changed. `size` in bytes, of sound and log, as stored. `silenced`: where moderation masked what was said, in the
    order in which that was found; these may overlap, and reach beyond the sound.
    """

    session_id: str
    tenant: str
    mode: Mode
    started_at: int
    ended_at: int | None = None
    duration_ms: int = 0
    channels: int = 0
    languages: list[str] = []
    verdicts: list[str] = []
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    state: State = "open"
    origin: Origin = "live"
    parent: str | None = None
    words: int = 0
    size: int = 0
    silenced: list[Silence] = []


class LogEntry(Struct, frozen=True):
    """An entry of the session's log: the very bytes that viewers were sent, without the id joined on."""

    id: str
    body: bytes


class Line(Struct, frozen=True):
    """What can be found: a final or a reply, moderated, with the place of its sound (a reply: where its turn ended).

    `kind`: `speech`, `text` (typed) or `reply`; `number`: its segment or reply.
    """

    kind: Literal["speech", "text", "reply"]
    number: int
    channel: int
    start_ms: int
    end_ms: int
    text: str
    language: str = ""


class Sound(Struct, frozen=True):
    """A stretch of sound: interleaved 16 kHz PCM16 from sample `begin` (a channel) on. What never came is zeros."""

    begin: int
    channels: int
    pcm: bytes

    @property
    def end(self) -> int:
        """The sample after its last one."""
        return self.begin + len(self.pcm) // (2 * self.channels)


class Batch(Struct, frozen=True):
    """What the recorder adds in one step: some sound, some of the log, what of it can be found, and the session as it
    is now. All of it, or nothing, is kept; the same batch again changes nothing."""

    session: Kept
    sound: list[Sound] = []
    log: list[LogEntry] = []
    lines: list[Line] = []


class Progress(Struct, frozen=True):
    """How far a session is kept: `samples` a channel, and the last entry of the log."""

    samples: int = 0
    last_id: str = "0-0"


class Filter(Struct, frozen=True):
    """Which sessions: what is None or empty does not matter. Lists mean any of them, `metadata` all of it.

    `since` and `until`: started in [since, until). In a search, `channel` is the line's own.
    """

    session_id: str | None = None
    since: int | None = None
    until: int | None = None
    channel: int | None = None
    languages: list[str] = []
    verdicts: list[str] = []
    origins: list[Origin] = []
    metadata: dict[str, str] = field(default_factory=dict[str, str])


Decision: TypeAlias = Literal["upheld", "dismissed"]
"""Whether a flag was right."""


class Hit(Struct, frozen=True):
    """A line that was found: `spans` [from, to) of its text are what matched."""

    session: Kept
    line: Line
    spans: list[tuple[int, int]]


class Note(Struct, frozen=True):
    """What a reader added to a session; the original stays as it is.

    `kind`: `correction` (segment `number`'s text is to be `text`), `note` or `bookmark` (at `at_ms`). The newest
    correction of a segment holds; one with the original text takes corrections back. What moderation changes after it
    was corrected loses its corrections: they may say what was taken away. `review`: the `decision` on the flag of id
    `event`, of which the newest holds too; `text` says why.
    """

    note_id: int
    kind: Literal["correction", "note", "bookmark", "review"]
    author: str
    made_at: int
    at_ms: int = 0
    number: int | None = None
    text: str = ""
    event: str = ""
    decision: Decision | None = None
