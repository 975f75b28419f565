"""What happens beside what is said: keys, who watches, pauses. A part of the vocabulary, see `streaming.events`."""

from typing import Final

from msgspec import Struct

HIDDEN: Final = "\u2022"
"""Stands for a key that is not told."""


class Dtmf(Struct, frozen=True, tag="dtmf"):
    """A key of a telephone was pressed: one of 0-9, *, # and A-D, or a bullet where it may be part of a number that is
    nobody's business (a card's, a PIN)."""

    channel: int
    key: str
    at_ms: int
    time: str = ""


class ViewerJoined(Struct, frozen=True, tag="viewer.joined"):
    """Somebody watches from now on: a reader by name, or "token", whoever has the session's watch token. Told once,
    however many windows there are."""

    who: str
    time: str = ""


class ViewerLeft(Struct, frozen=True, tag="viewer.left"):
    """Nobody of that name watches any more."""

    who: str
    time: str = ""


class AgentNote(Struct, frozen=True, tag="agent.note"):
    """What a supervisor says to the agent, moderated as all text is ("" when something in it is blocked). `by`: the
    reader who wrote it. Only the agent's side sees it: readers with a key or a ticket, and the session's own client
    in mode `assist`. The client of another mode, and who has the watch token, may be the caller, and is not sent it."""

    text: str
    by: str = ""
    time: str = ""


class SessionPaused(Struct, frozen=True, tag="session.paused"):
    """Nothing that is said or typed from here on is stored, recorded or transcribed. `by`: the agent who wanted it, ""
    for the session's own client."""

    at_ms: int
    by: str = ""
    time: str = ""


class SessionUnpaused(Struct, frozen=True, tag="session.unpaused"):
    """From here on what is said is listened to again."""

    at_ms: int
    by: str = ""
    time: str = ""
