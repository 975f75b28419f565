"""The messages of Twilio Media Streams (twilio.com/docs/voice/media-streams/websocket-messages).

Some that send them leave members out, or write numbers where Twilio writes strings: both are understood. Members and
messages that are not known are ignored.
"""

from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from streaming.errors import ClientFault, Close

Number: TypeAlias = int | float | str | None
LARGEST: Final = 10**12


class MediaFormat(Struct, frozen=True, rename="camel"):
    """How the payloads are encoded."""

    encoding: str | None = None
    sample_rate: Number = None
    channels: Number = None


class Start(Struct, frozen=True, rename="camel"):
    """What the stream is: `tracks`, "inbound" (from the caller) and "outbound" (to the caller), or one of them."""

    stream_sid: str | None = None
    account_sid: str | None = None
    call_sid: str | None = None
    tracks: list[str] | None = None
    media_format: MediaFormat | None = None
    custom_parameters: dict[str, str | int | float | bool | None] | None = None


class Media(Struct, frozen=True):
    """Sound of a track: its number in the track, and milliseconds from the beginning of the stream."""

    payload: bytes
    track: str | None = None
    chunk: Number = None
    timestamp: Number = None


class Digit(Struct, frozen=True):
    """A key was pressed."""

    digit: str
    track: str | None = None


class Label(Struct, frozen=True):
    """The name of a mark."""

    name: str


class Frame(Struct, frozen=True, rename="camel"):
    """Any message of Twilio's: `event` names the one member that it has."""

    event: str
    stream_sid: str | None = None
    start: Start | None = None
    media: Media | None = None
    dtmf: Digit | None = None
    mark: Label | None = None
    stop: Any = None


class MarkSent(Struct, frozen=True, rename="camel", tag_field="event", tag="mark"):
    """A mark of ours."""

    stream_sid: str
    mark: Label


_decoder = msgspec.json.Decoder(Frame)


def decode(frame: str) -> Frame:
    """A text frame. Raises ClientFault (1007): it is no JSON, or no message of Twilio's."""
    try:
        return _decoder.decode(frame)
    except msgspec.ValidationError as error:
        raise ClientFault(
            "bad_message", f"this is no message of a media stream: {error}", close=Close.MALFORMED
        ) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        told = f"a text frame must be one JSON object: {error}"
        raise ClientFault("bad_json", told, close=Close.MALFORMED) from None


def whole(number: Number) -> int | None:
    """A whole number from 0 to 10^12, however it is written; None: it is left out, or is none."""
    try:
        read = int(number) if isinstance(number, int | float) else int((number or "")[:20])
    except (ValueError, OverflowError):
        return None
    return read if 0 <= read <= LARGEST else None
