"""What a client of OpenAI's WebRTC sends: an offer, alone or in a form with its session; its wish for a secret. Pure.

OpenAI's clients make a form whose parts have a Content-Type and no filename.
"""

from email.parser import BytesParser
from email.policy import HTTP
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

from streaming.errors import ClientFault
from streaming.wire.openai.faults import Wrong

SDP: Final = "application/sdp"
FORM: Final = "multipart/form-data"
PREFIX: Final = "ek_"
"""Of a secret."""
SECONDS: Final = 600
"""For which a secret is good where nobody says otherwise, and the server allows it."""


class Offer(NamedTuple):
    """An offer, and what its session is to be as `session.update` has it."""

    sdp: str
    session: dict[str, Any]


class Lasting(Struct, frozen=True):
    """How long a secret is to be good."""

    anchor: str = "created_at"
    seconds: Annotated[int, Meta(ge=10, le=7_200)] = SECONDS


class SecretAsked(Struct, frozen=True):
    """`POST /v1/realtime/client_secrets`: a secret for a page, and the session that it is for."""

    expires_after: Lasting | None = None
    session: dict[str, Any] = {}


class Secret(Struct, frozen=True):
    """The secret, when it ends (Unix seconds), and the session as it will begin."""

    value: str
    expires_at: int
    session: dict[str, Any]


def offer(kind: str, body: bytes) -> Offer:
    """The body of `POST /v1/realtime/calls`; `kind`: its Content-Type. Raises ClientFault, Wrong."""
    plain = kind.partition(";")[0].strip().lower()
    if plain == SDP:
        return Offer(_text(body, "sdp"), {})
    if plain != FORM:
        told = (
            f"the body is {SDP}, or a form ({FORM}) of sdp and session, not {plain[:60] or 'without a type'}"
        )
        raise ClientFault("unsupported_type", told)
    parts = _parts(kind, body)
    if "sdp" not in parts:
        raise Wrong("the form has no sdp", "sdp", "missing_required_parameter")
    try:
        session = msgspec.json.decode(parts.get("session", b"{}"), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Wrong("session is a JSON object", "session", "invalid_value") from None
    return Offer(_text(parts["sdp"], "sdp").rstrip() + "\r\n", session)  # a form takes the last end of line


def secret(body: bytes) -> SecretAsked:
    """The body of `POST /v1/realtime/client_secrets`. Raises Wrong."""
    try:
        return msgspec.json.decode(body or b"{}", type=SecretAsked)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as wrong:
        raise Wrong(f"the body is no request for a secret: {wrong}", None, "invalid_value") from None


def _parts(kind: str, body: bytes) -> dict[str, bytes]:
    """The parts of a form by name."""
    message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n" + body
    )
    out: dict[str, bytes] = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            out[name] = payload
    return out


def _text(body: bytes, name: str) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Wrong(f"{name} is no UTF-8", name, "invalid_value") from None
