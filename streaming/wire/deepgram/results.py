"""What a client of `/v1/listen` is sent: JSON of these. Times are seconds of its channel's sound. Pure."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from streaming.parts import Served


class HeardWord(Struct, frozen=True):
    """`word`: in lower case, without punctuation."""

    word: str
    start: float
    end: float
    confidence: float
    punctuated_word: str


class Alternative(Struct, frozen=True, omit_defaults=True):
    """What was said. There is always one."""

    transcript: str
    confidence: float
    words: Sequence[HeardWord]
    languages: list[str] | UnsetType = UNSET


class Said(Struct, frozen=True):
    """One channel."""

    alternatives: tuple[Alternative]


class Model(Struct, frozen=True):
    """Who heard it."""

    name: str
    version: str
    arch: str


class About(Struct, frozen=True):
    """In every result."""

    request_id: str
    model_info: Model
    model_uuid: str


class Results(Struct, frozen=True, tag="Results"):
    """`channel_index`: which channel, of how many. `is_final`: it will not change. `speech_final`: the speaker paused.
    `from_finalize`: because the client asked for it."""

    channel_index: tuple[int, int]
    duration: float
    start: float
    is_final: bool
    speech_final: bool
    channel: Said
    metadata: About
    from_finalize: bool = False


class SpeechBegan(Struct, frozen=True, tag="SpeechStarted"):
    """Somebody speaks."""

    channel: tuple[int, int]
    timestamp: float


class UtteranceEnd(Struct, frozen=True, tag="UtteranceEnd"):
    """Nothing was said for as long as was asked, after a word that ended then."""

    channel: tuple[int, int]
    last_word_end: float


class Metadata(Struct, frozen=True, tag="Metadata"):
    """The last message. `sha256` of all sound as it came."""

    transaction_key: Literal["deprecated"]
    request_id: str
    sha256: str
    created: str
    duration: float
    channels: int
    models: list[str]
    model_info: dict[str, Model]
    extra: dict[str, str] | UnsetType = UNSET


class Configured(Struct, frozen=True, tag="ConfigureSuccess"):
    """What was asked to change has changed."""

    request_id: str
    keyterms: list[str] | UnsetType = UNSET


class NotConfigured(Struct, frozen=True, tag="ConfigureFailure"):
    """Nothing has changed."""

    request_id: str
    code: str
    description: str


Told: TypeAlias = Results | SpeechBegan | UtteranceEnd | Metadata | Configured | NotConfigured


def about(request_id: str, serves: Sequence[Served]) -> About:
    """What stands in every result of a session that is heard by one of `serves`."""
    heard = next((one for one in serves if one.role == "asr"), None)
    if heard is None:  # nobody is there yet
        return About(request_id, Model("vivavoce", "", "vivavoce"), identity(""))
    return About(
        request_id, Model(heard.name, heard.version or heard.hash[:16], "whisper"), identity(heard.hash)
    )


def identity(digest: str) -> str:
    """The first half of a SHA-256, in the shape of a UUID."""
    half = (digest + "0" * 32)[:32]
    return "-".join((half[:8], half[8:12], half[12:16], half[16:20], half[20:]))
