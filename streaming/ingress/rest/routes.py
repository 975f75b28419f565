"""The table of all routes: what is served, and what is described, are made of it."""

from typing import Final

from streaming.archive.export.transcript import Transcript
from streaming.archive.kept import Kept, Note
from streaming.ingress.rest import hearing, listing, noting, reading, reviewing, ticketing
from streaming.ingress.rest import queries as asked
from streaming.ingress.rest import shapes as shown
from streaming.ingress.rest.route import Answer, Route

SESSION: Final = "/v1/sessions/{session_id}"

ROUTES: Final = (
    Route(
        method="GET",
        path="/v1/sessions",
        name="listSessions",
        about="Recorded sessions, newest first; with `live=1` those that go on now, recorded or not.",
        serve=listing.sessions,
        query=asked.SessionsQuery,
        answers=(Answer("A page of sessions, or all live ones.", (shown.Sessions, shown.LiveSessions)),),
    ),
    Route(
        method="GET",
        path=SESSION,
        name="getSession",
        about="One session, with the notes of readers.",
        serve=listing.session,
        answers=(Answer("The session.", (shown.Shown,)),),
        refusals=(404,),
    ),
    Route(
        method="DELETE",
        path=SESSION,
        name="forgetSession",
        about="Destroy a session: its key, sound, log, index, notes, and what is live of it. Nothing brings it back.",
        serve=listing.forget,
        answers=(Answer("The tombstone: all that is left.", (Kept,)),),
        refusals=(404,),
    ),
    Route(
        method="GET",
        path=f"{SESSION}/events",
        name="readEvents",
        about="The session's log as its viewers were sent it, an event a line (`/v1/schema.json` describes them).",
        serve=reading.events,
        query=asked.EventsQuery,
        answers=(Answer("Events, the oldest first.", media=("application/x-ndjson",)),),
        refusals=(404,),
    ),
    Route(
        method="GET",
        path=f"{SESSION}/transcript",
        name="readTranscript",
        about="What was said and answered, with the times of all words, corrected, the original beside.",
        serve=reading.transcript,
        answers=(Answer("The transcript.", (Transcript,)),),
        refusals=(404,),
    ),
    Route(
        method="GET",
        path=f"{SESSION}/export",
        name="exportSession",
        about="The transcript as a file. Subtitles have speech only; csv and parquet have a row a line, or a word.",
        serve=reading.export,
        query=asked.ExportQuery,
        answers=(
            Answer(
                "The file; `json` is an object of session, notes and transcript.",
                media=tuple(media.partition(";")[0] for media in reading.MEDIA.values()),
            ),
        ),
        refusals=(404, 501),
    ),
    Route(
        method="GET",
        path=f"{SESSION}/audio",
        name="readAudio",
        about="The sound at 16 kHz; two channels are one stereo file. `wav` is served in parts (Range), so that a "
        "player can seek; `flac` (lossless) and `ogg` (Opus) are made while they are sent.",
        serve=hearing.audio,
        query=asked.AudioQuery,
        answers=(
            Answer("The file.", media=tuple(hearing.MEDIA.values())),
            Answer("A part of a wav file.", media=("audio/wav",), status=206),
        ),
        refusals=(404, 416),
        ticketed=True,
    ),
    Route(
        method="GET",
        path=f"{SESSION}/peaks",
        name="readPeaks",
        about="The envelope of the sound, for drawing it. Made once and kept, encrypted, with the session.",
        serve=hearing.peaks,
        query=asked.PeaksQuery,
        answers=(Answer("Lowest and highest samples.", (shown.Peaks,)),),
        refusals=(404,),
    ),
    Route(
        method="GET",
        path=f"{SESSION}/search",
        name="searchSession",
        about="Lines of one session, and the place of the first word found in each.",
        serve=reading.find,
        query=asked.FindQuery,
        answers=(Answer("All that was found, in order.", (shown.Found,)),),
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/search",
        name="search",
        about='Lines of all sessions that have all words, and all "phrases", of `q`; corrected text is what counts.',
        serve=reading.search,
        query=asked.SearchQuery,
        answers=(Answer("A page of hits.", (shown.Found,)),),
    ),
    Route(
        method="POST",
        path=f"{SESSION}/notes",
        name="addNote",
        about="Correct a segment (kept beside the original), note something, or set a bookmark.",
        serve=noting.add,
        body=shown.NoteAsked,
        answers=(Answer("The note, numbered.", (Note,), status=201),),
        refusals=(404, 409, 413),
    ),
    Route(
        method="DELETE",
        path=f"{SESSION}/notes/{{note_id}}",
        name="eraseNote",
        about="Take a note away; a correction that goes no longer holds.",
        serve=noting.erase,
        answers=(Answer("It is gone.", media=(), status=204),),
        refusals=(404,),
    ),
    Route(
        method="GET",
        path="/v1/review",
        name="listReviews",
        about="What moderation flagged and was not sure of (below the level of blocking), with what was decided on it.",
        serve=reviewing.queue,
        query=asked.ReviewQuery,
        answers=(Answer("The flags of a page of sessions.", (shown.Reviews,)),),
        refusals=(404,),
    ),
    Route(
        method="POST",
        path="/v1/review/{session_id}/{event_id}",
        name="decideReview",
        about="Say whether a flag was right. It is kept, sealed, as a note of the session, with who said it and when.",
        serve=reviewing.decide,
        body=shown.Decided,
        answers=(Answer("The note, numbered.", (Note,), status=201),),
        refusals=(404, 409, 413),
    ),
    Route(
        method="POST",
        path=f"{SESSION}/ticket",
        name="issueTicket",
        about="Leave to hear this session for ten minutes by `/audio?ticket=`, for players that cannot send a key. "
        "Empty where no key is needed.",
        serve=noting.ticket,
        answers=(Answer("The ticket.", (shown.Ticket,)),),
        refusals=(404,),
    ),
    Route(
        method="POST",
        path="/v1/tickets",
        name="makeTicket",
        about="A ticket for a page that shall speak and must not have the key: for a short while, for one session.",
        serve=ticketing.ticket,
        body=shown.TicketAsked,
        answers=(Answer("The ticket.", (shown.SpeakersTicket,), status=201),),
        refusals=(413,),
        speaks=True,
    ),
)
