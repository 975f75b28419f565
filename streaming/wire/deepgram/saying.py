"""What a client of `/v1/listen` says in text frames. Pure."""

from typing import Final, TypeAlias, TypeVar

import msgspec
from msgspec import Struct

from streaming.errors import ClientFault


class KeepAlive(Struct, frozen=True, tag="KeepAlive"):
    """It is still there, though it has nothing to say."""


class Finalize(Struct, frozen=True, tag="Finalize"):
    """What is pending is to be final now. `channel`: of that one; ours is of all."""

    channel: list[int] | int | None = None


class CloseStream(Struct, frozen=True, tag="CloseStream"):
    """No more sound: all that is left, then `Metadata`, then the end."""


class Configure(Struct, frozen=True, tag="Configure"):
    """`keyterms` take the place of all before; `features` (of formatting) are taken note of, and change nothing."""

    keyterms: list[str] | None = None
    features: dict[str, bool] | None = None


Saying: TypeAlias = KeepAlive | Finalize | CloseStream | Configure
Message = TypeVar("Message")
_decoder: Final = msgspec.json.Decoder(Saying)


def decode(frame: str) -> Saying:
    """A text frame. Raises ClientFault: it is none of these; the session goes on."""
    return decoded(_decoder, frame)


def decoded(decoder: msgspec.json.Decoder[Message], frame: str) -> Message:
    """A text frame, by a decoder of a dialect's messages. Raises ClientFault: it is none of these."""
    try:
        return decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ClientFault("bad_message", f"this message cannot be read: {error}") from None
