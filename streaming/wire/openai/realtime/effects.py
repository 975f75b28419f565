"""What a client's events, and ours, come to: what is to be done by whoever holds the connection. Pure."""

from typing import TypeAlias

from msgspec import Struct

from streaming.wire import messages as said
from streaming.wire.openai.chat import Asked
from streaming.wire.openai.realtime.told import Told


class Tell(Struct, frozen=True):
    """Send the client this; the frame is JSON."""

    event: Told
    frame: str


class Begin(Struct, frozen=True):
    """Begin the session in which sound is heard. It comes once, before the first `Sound` or `Say`."""

    start: said.SessionStart


class Sound(Struct, frozen=True):
    """Sound, in the format of `Begin`: whole samples, at most those of one event."""

    data: bytes


class Say(Struct, frozen=True):
    """Say this to the session, behind the sound that came before it."""

    message: said.AudioFinalize | said.SessionUpdate


class Respond(Struct, frozen=True):
    """Have a response made, as a chat completion is."""

    response_id: str
    asked: Asked


class Cancel(Struct, frozen=True):
    """A response is not wanted any more."""

    response_id: str


Effect: TypeAlias = Tell | Begin | Sound | Say | Respond | Cancel
