"""What a client of `/v3/ws` says, and what it is told: JSON of these. Times are milliseconds of the sound. Pure.

Source: AssemblyAI's page "Message Sequence" and the models of `assemblyai` 1.8, which wants every field of a `Turn`.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

from streaming.errors import ClientFault, Close


class Terminate(Struct, frozen=True, tag="Terminate"):
    """No more sound: all that is left, then `Termination`, then the end."""


class ForceEndpoint(Struct, frozen=True, tag="ForceEndpoint"):
    """The turn is over, now."""


class KeepAlive(Struct, frozen=True, tag="KeepAlive"):
    """It is still there."""


class UpdateConfiguration(Struct, frozen=True, tag="UpdateConfiguration"):
    """What is left out stays. What we have no use for is taken note of, and changes nothing."""

    min_turn_silence: int | None = None
    min_end_of_turn_silence_when_confident: int | None = None
    max_turn_silence: int | None = None
    end_of_turn_confidence_threshold: float | None = None
    keyterms_prompt: list[str] | None = None
    language_codes: list[str] | None = None


Saying: TypeAlias = Terminate | ForceEndpoint | KeepAlive | UpdateConfiguration
_decoder: Final = msgspec.json.Decoder(Saying)


def decode(frame: str) -> Saying:
    """A text frame. Raises ClientFault (`bad_message`, which ends the session, as it does there): it is none."""
    try:
        return _decoder.decode(frame)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise misread(f"this message cannot be read: {error}") from None


def misread(told: str) -> ClientFault:
    """A message that is not as it should be."""
    return ClientFault("bad_message", told, close=Close.MALFORMED)


class Begin(Struct, frozen=True, tag="Begin"):
    """The first message. `expires_at`: seconds since 1970."""

    id: str
    expires_at: int


class SpeechBegan(Struct, frozen=True, tag="SpeechStarted"):
    """Somebody speaks."""

    timestamp: int


class TurnWord(Struct, frozen=True):
    """As it is written; `word_is_final`: it will not change."""

    text: str
    start: int
    end: int
    confidence: float
    word_is_final: bool


class Turn(Struct, frozen=True, tag="Turn"):
    """The turn as it is now. `transcript`: what will not change of it; `words` has also what may. `utterance`: what has
    just become final."""

    turn_order: int
    turn_is_formatted: bool
    end_of_turn: bool
    transcript: str
    utterance: str
    end_of_turn_confidence: float
    words: Sequence[TurnWord]
    language_code: str | UnsetType = UNSET


class Termination(Struct, frozen=True, tag="Termination"):
    """The last message."""

    audio_duration_seconds: int
    session_duration_seconds: int


class Warned(Struct, frozen=True, tag="Warning"):
    """A fault after which the session goes on."""

    warning_code: int
    warning: str


class Failed(Struct, frozen=True, tag="Error"):
    """What ends the session, which is then closed with this code."""

    error_code: int
    error: str
