"""Short-lived tokens of other services' clients, as they ask for them and are given them. Pure.

AssemblyAI: `GET /v3/token?expires_in_seconds=` (its docs, "Authenticate with a temporary token"); Deepgram: `POST
/v1/auth/grant` (developers.deepgram.com/reference/auth/tokens/grant).
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from streaming.errors import ClientFault
from streaming.wire.query import Query

LONGEST: Final = {"assemblyai": 600, "deepgram": 3_600}
"""Seconds that their own services give at most; ours gives less where `server.ticket_s` says so."""
USUAL: Final = 30.0
"""Deepgram's, where none are asked for."""


class Grants(Struct, frozen=True):
    """What Deepgram's client asks for."""

    ttl_seconds: Annotated[float, Meta(gt=0, le=LONGEST["deepgram"])] | None = None


class Granted(Struct, frozen=True):
    """What it is given."""

    access_token: str
    expires_in: float


class Token(Struct, frozen=True):
    """What AssemblyAI's client is given."""

    token: str
    expires_in_seconds: int


class Told(Struct, frozen=True):
    """An error as AssemblyAI tells it over HTTP."""

    error: str


def granting(body: bytes) -> float:
    """Seconds that Deepgram's client asks for. Raises ClientFault."""
    try:
        asked = msgspec.json.decode(body or b"{}", type=Grants)
    except msgspec.MsgspecError as wrong:
        raise ClientFault("bad_request", f"the body must be {{ttl_seconds}}: {wrong}") from None
    return asked.ttl_seconds or USUAL


def expiring(query: str) -> int:
    """Seconds that AssemblyAI's client asks for. Raises ClientFault. A bound on the session is taken and not kept."""
    seconds = Query(query).number("expires_in_seconds", 1, LONGEST["assemblyai"])
    if seconds is None:
        raise ClientFault("bad_query", f"expires_in_seconds must be given, from 1 to {LONGEST['assemblyai']}")
    return seconds
