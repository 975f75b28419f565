"""JSON of the REST routes that is not kept as such; OpenAPI is made from these and from what they are made of.

    GET    /v1/sessions?since&until&channel&language&verdict&origin&metadata.<key>&cursor&limit   Sessions
    GET    /v1/sessions?live=1&metadata.<key>              LiveSessions: sessions that run now
    GET    /v1/live                                        server-sent events: overview.Update, about once a second
    GET    /v1/sessions/{id}                               Shown: the session (kept.Kept) and its notes (kept.Note)
    GET    /v1/sessions/{id}/events?after=                 NDJSON: the log behind an id, byte for byte as viewers saw it
    GET    /v1/sessions/{id}/transcript                    export.transcript.Transcript
    GET    /v1/sessions/{id}/export?format=&by=            srt, vtt, txt, json, csv, parquet
    GET    /v1/sessions/{id}/audio?format=&channel=&begin_ms=&end_ms=&ticket=    wav (with Range), flac, ogg
    GET    /v1/sessions/{id}/peaks?per_second=             Peaks
    GET    /v1/sessions/{id}/search?q=                     Found (all of this session's, in order, no cursor)
    GET    /v1/search?q=&(filters as above)&cursor&limit   Found
    POST   /v1/sessions/{id}/notes   NoteAsked             201, kept.Note
    DELETE /v1/sessions/{id}/notes/{note_id}               204
    GET    /v1/review?state&session&(filters as above)&cursor&limit    Reviews: what moderation was not sure of
    POST   /v1/review/{id}/{event}   Decided               201, kept.Note
    POST   /v1/sessions/{id}/ticket  SessionTicketAsked    Ticket
    POST   /v1/sessions/{id}/feedback  FeedbackGiven       202
    POST   /v1/sessions/{id}/note    AgentNoteAsked        202: seen by the agent, not by the caller
    POST   /v1/sessions/{id}/pause   and /unpause          Paused
    POST   /v1/tickets               TicketAsked           201, SpeakersTicket: with a speaker's key
    DELETE /v1/sessions/{id}                               kept.Kept: the tombstone

Keys: `Authorization: Bearer <reader's key>`; none is needed where none is set (on loopback). Times `*_at`, `since` and
`until` are Unix ms. Lists (language, verdict, origin) may be given more than once, or with commas: any of them.
Errors: {"error": {code, message, retry_after?}} with 400, 401, 403, 404, 413, 416, 500, 501 or 503.
"""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from streaming.answers import FeedbackAction
from streaming.archive.export.flags import Flag
from streaming.archive.export.transcript import Transcript
from streaming.archive.kept import Decision, Kept, Line, Note
from streaming.events import Mode
from streaming.ingress.live import Live
from streaming.ingress.rest.queries import SAFE


class Wrong(Struct, frozen=True, omit_defaults=True):
    """What was wrong, for programs (`code`) and for people (`message`: also what to do)."""

    code: str
    message: str
    retry_after: float | None = None


class Failed(Struct, frozen=True):
    """The body of every answer that is not 2xx."""

    error: Wrong


class Sessions(Struct, frozen=True):
    """Some of the recorded sessions, newest first. `cursor`: of the next page, null after the last."""

    sessions: list[Kept]
    cursor: str | None = None


class LiveSessions(Struct, frozen=True):
    """Sessions that go on now, the last begun first, recorded or not."""

    sessions: list[Live]


class Shown(Struct, frozen=True):
    """One session, and all that readers noted in it, oldest first."""

    session: Kept
    notes: list[Note]


class Peaks(Struct, frozen=True):
    """The sound's envelope. Each channel: the lowest and highest sample (-127 to 127, 127 is full scale) of each
    1/`per_second` s, from the beginning on; `duration_ms` of all the sound that is there."""

    per_second: int
    duration_ms: int
    channels: list["ChannelPeaks"]


class ChannelPeaks(Struct, frozen=True):
    """`min` and `max` have the same length."""

    min: list[int]
    max: list[int]


class Place(Struct, frozen=True):
    """A line that was found. `spans` [from, to) of its text are what matched. `at_ms`: where to begin to listen."""

    session: Kept
    line: Line
    spans: list[tuple[int, int]]
    at_ms: int


class Found(Struct, frozen=True):
    """Some of what was found: newest session first, in order within. `cursor`: of the next page, or null."""

    hits: list[Place]
    cursor: str | None = None


class Exported(Struct, frozen=True):
    """All that can be told of a session in JSON."""

    session: Kept
    notes: list[Note]
    transcript: Transcript


class NoteAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader adds. `correction`: segment `number`'s text is to be `text` (its original text takes that back);
    `note` and `bookmark`: at `at_ms`. Text of up to 8000 characters."""

    kind: Literal["correction", "note", "bookmark"]
    text: str = ""
    at_ms: Annotated[int, Meta(ge=0, le=SAFE)] = 0
    number: Annotated[int, Meta(ge=0, le=SAFE)] | None = None


class Review(Struct, frozen=True):
    """A flag below the level of blocking, of one session, and the `decisions` on it: the last one holds."""

    session_id: str
    flag: Flag
    decisions: list[Note]


class Reviews(Struct, frozen=True):
    """Flags, the newest session first, in order within. `cursor`: of the next page, null after the last."""

    flags: list[Review]
    cursor: str | None = None


class Decided(Struct, frozen=True, forbid_unknown_fields=True):
    """`upheld`: the flag was right; `dismissed`: it was not. `note` says why, in up to 8000 characters."""

    decision: Decision
    note: str = ""


May: TypeAlias = Literal["hear", "read", "assist"]


class SessionTicketAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """`may`: `hear` the sound (for ten minutes at most); `read` all of the session, and watch it; `assist`: do in it
    what an agent does, too. `seconds`: how long (600 unless it is said, up to 12 h). `name`: who that is, for the log
    (up to 40 of A-Z, a-z, 0-9, - and _); the reader's own where it is left out."""

    may: May = "hear"
    seconds: float | None = None
    name: str = ""


class Ticket(Struct, frozen=True):
    """Leave for one session, until `expires_at` (Unix ms): as `?ticket=`, as `Authorization: Bearer`, or as the
    subprotocol `vivavoce-ticket.<ticket>`."""

    ticket: str
    expires_at: int


class FeedbackGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """What the agent did with a suggestion; `text` (up to 8000 characters): what was said instead."""

    suggestion: Annotated[int, Meta(ge=0, le=SAFE)]
    action: FeedbackAction
    text: Annotated[str, Meta(max_length=8_000)] = ""


class AgentNoteAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """What the agent is to be told, in up to 2000 characters."""

    text: Annotated[str, Meta(max_length=2_000)]


class Paused(Struct, frozen=True):
    """Whether the session is paused now."""

    paused: bool


class TicketAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """For how many `seconds` (up to `server.ticket_s`, which it is else), for sessions of this `mode` alone, and for
    pages of this `origin` (`https://desk.example`) alone."""

    seconds: float | None = None
    mode: Mode | None = None
    origin: str = ""


class SpeakersTicket(Struct, frozen=True):
    """Lets one session start, until `expires_at` (Unix ms): `new WebSocket(url, ["vivavoce.v1", subprotocol])`, or
    `?ticket=` of any dialect's socket."""

    ticket: str
    subprotocol: str
    expires_at: int
