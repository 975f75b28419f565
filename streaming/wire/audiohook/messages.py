"""The messages of AudioHook 2 (developer.genesys.cloud/devapps/audiohook): envelopes, parameters and entities."""

import re
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from streaming.errors import ClientFault, Close

DURATION: Final = re.compile(r"PT(\d{0,9}(?:\.\d{1,9})?)S")
NOBODY: Final = "00000000-0000-0000-0000-000000000000"
"""The conversation of a connection probe."""
T = TypeVar("T")


class Told(Struct, frozen=True):
    """A client's message. `seq` counts its messages from 1, `serverseq` is the last of ours that it has seen."""

    version: str
    id: str
    type: str
    seq: int
    serverseq: int
    position: str
    parameters: msgspec.Raw


class Medium(Struct, frozen=True):
    """A format that is offered, or chosen: PCMU at 8 kHz of these channels, interleaved."""

    type: str
    format: str
    channels: list[str]
    rate: int


class Participant(Struct, frozen=True, rename="camel"):
    """Whose call it is."""

    id: str = ""
    ani: str = ""
    ani_name: str = ""
    dnis: str = ""


class Open(Struct, frozen=True, rename="camel"):
    """What a session is to be."""

    organization_id: str
    conversation_id: str
    participant: Participant
    media: list[Medium]
    language: str | None = None
    supported_languages: bool = False
    custom_config: dict[str, Any] | None = None


class Gap(Struct, frozen=True):
    """Sound from `start` on that was not sent."""

    start: str
    discarded: str


class Update(Struct, frozen=True):
    """Another language from now on."""

    language: str


class Reason(Struct, frozen=True):
    """Why a client closes."""

    reason: str = "end"


class Opened(Struct, frozen=True, rename="camel", omit_defaults=True):
    """The session is there."""

    media: list[Medium]
    supported_languages: list[str] | None = None


class Disconnect(Struct, frozen=True):
    """The server wants the session to end; the client closes then."""

    reason: str
    info: str


class Entities(Struct, frozen=True):
    """What an `event` tells."""

    entities: list[Any]


class Nothing(Struct, frozen=True):
    """No parameters."""


class Answer(Struct, frozen=True):
    """A message of ours that is not numbered yet."""

    type: str
    parameters: Struct = Nothing()


def decode(frame: str) -> Told:
    """A text frame. Raises ClientFault (1007)."""
    try:
        told = msgspec.json.decode(frame, type=Told)
    except msgspec.ValidationError as error:
        raise _bad(f"this is no client message of AudioHook: {error}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _bad(f"a text message must be one JSON object: {error}") from None
    if told.version != "2":
        raise _bad(f"version is {told.version[:20]!r}, not '2'")
    return told


def parameters(told: Told, kind: type[T]) -> T:
    """A message's parameters. Raises ClientFault (1007)."""
    try:
        return msgspec.json.decode(told.parameters, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _bad(f"parameters of {told.type[:40]}: {error}") from None


def samples(duration: str, rate: int = 8_000) -> int:
    """A duration, `PT1.5S`, in samples. Raises ClientFault (1007)."""
    found = DURATION.fullmatch(duration)
    if found is None or found[1] in ("", "."):
        raise _bad(f"{duration[:40]!r} is no duration in seconds (PT1.5S)")
    return round(float(found[1]) * rate)


def duration(ms: float) -> str:
    """Milliseconds as AudioHook writes them."""
    return f"PT{max(0.0, ms) / 1000:.3f}".rstrip("0").rstrip(".") + "S"


def _bad(told: str) -> ClientFault:
    return ClientFault("bad_message", told, close=Close.MALFORMED)
