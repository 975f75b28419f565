"""What a client of Flux says, and what it is told: JSON of these. Times are seconds of the sound. Pure.

Source: Deepgram's pages on Flux ("Understanding the Flux State Machine", "Configure", "Force End Turn"), and the models
of `deepgram-sdk` 7, which wants every field that has no default here.
"""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType

What = Literal["Update", "StartOfTurn", "EagerEndOfTurn", "TurnResumed", "EndOfTurn"]


class Thresholds(Struct, frozen=True, omit_defaults=True):
    """When a turn is over, and when it seems so."""

    eot_threshold: float | None = None
    eager_eot_threshold: float | None = None
    eot_timeout_ms: int | None = None


class CloseStream(Struct, frozen=True, tag="CloseStream"):
    """No more sound."""


class ForceEndTurn(Struct, frozen=True, tag="ForceEndTurn"):
    """The turn is over, now."""


class KeepAlive(Struct, frozen=True, tag="KeepAlive"):
    """It is still there."""


class Configure(Struct, frozen=True, tag="Configure"):
    """What is left out stays."""

    thresholds: Thresholds | None = None
    keyterms: list[str] | str | None = None
    language_hints: list[str] | str | None = None


Saying: TypeAlias = CloseStream | ForceEndTurn | KeepAlive | Configure
SAYING: Final[msgspec.json.Decoder[Saying]] = msgspec.json.Decoder(Saying)


class Connected(Struct, frozen=True, tag="Connected"):
    """The first message. `sequence_id` counts all that a client is sent, from 0."""

    request_id: str
    sequence_id: int


class FluxWord(Struct, frozen=True):
    """As it is written."""

    word: str
    confidence: float
    start: float
    end: float


class TurnInfo(Struct, frozen=True, tag="TurnInfo"):
    """The turn as it is now. `trigger`: how it came to its end."""

    request_id: str
    sequence_id: int
    event: What
    turn_index: int
    audio_window_start: float
    audio_window_end: float
    transcript: str
    words: Sequence[FluxWord]
    end_of_turn_confidence: float
    trigger: str | UnsetType = UNSET
    languages: list[str] | UnsetType = UNSET


class ConfigureSuccess(Struct, frozen=True, tag="ConfigureSuccess"):
    """What holds from now on."""

    request_id: str
    sequence_id: int
    thresholds: Thresholds
    keyterms: Sequence[str]
    language_hints: Sequence[str]


class ConfigureFailure(Struct, frozen=True, tag="ConfigureFailure"):
    """Nothing has changed."""

    request_id: str
    sequence_id: int
    code: str
    description: str


class Warned(Struct, frozen=True, tag="Warning"):
    """A fault after which the session goes on."""

    request_id: str
    sequence_id: int
    code: str
    description: str


class Fatal(Struct, frozen=True, tag="Error"):
    """The session ends."""

    sequence_id: int
    code: str
    description: str
