"""What a client of `GET /v1/realtime` is told: OpenAI's Realtime events (GA). Pure.

Members that `openai` (PyPI, npm), LiveKit and Pipecat read are always there. `event_id` is put in as an event is sent.
"""

from typing import Any, TypeAlias

from msgspec import Struct

from streaming.wire.openai.audio import Seconds
from streaming.wire.openai.realtime.shapes import Item, Limit, Problem, Response, Spoken, Written


class _Told(Struct, frozen=True, kw_only=True):
    event_id: str = ""


class SessionCreated(_Told, tag="session.created", frozen=True):
    """The session, as it begins."""

    session: dict[str, Any]


class SessionUpdated(_Told, tag="session.updated", frozen=True):
    """The session, as it is from now on: what is not in it is not in force."""

    session: dict[str, Any]


class SpeechStarted(_Told, tag="input_audio_buffer.speech_started", frozen=True):
    """Somebody speaks; it will be that item."""

    audio_start_ms: int
    item_id: str


class SpeechStopped(_Told, tag="input_audio_buffer.speech_stopped", frozen=True):
    """The voice has ended there."""

    audio_end_ms: int
    item_id: str


class Committed(_Told, tag="input_audio_buffer.committed", frozen=True):
    """What was heard is an item."""

    item_id: str
    previous_item_id: str | None = None


class Cleared(_Told, tag="input_audio_buffer.cleared", frozen=True):
    """What was appended is gone."""


class ItemAdded(_Told, tag="conversation.item.added", frozen=True):
    """An item is in the conversation."""

    item: Item
    previous_item_id: str | None = None


class ItemDone(_Told, tag="conversation.item.done", frozen=True):
    """An item is whole."""

    item: Item
    previous_item_id: str | None = None


class ItemRetrieved(_Told, tag="conversation.item.retrieved", frozen=True):
    """An item, as it is now."""

    item: Item


class ItemDeleted(_Told, tag="conversation.item.deleted", frozen=True):
    """An item is gone: it is to be taken off the screen."""

    item_id: str


class TranscriptDelta(_Told, tag="conversation.item.input_audio_transcription.delta", frozen=True):
    """More of what was said, which will never change."""

    item_id: str
    delta: str
    content_index: int = 0


class TranscriptCompleted(_Told, tag="conversation.item.input_audio_transcription.completed", frozen=True):
    """All that was said."""

    item_id: str
    transcript: str
    usage: Seconds
    languages: list[Spoken] = []
    content_index: int = 0


class TranscriptFailed(_Told, tag="conversation.item.input_audio_transcription.failed", frozen=True):
    """It will not be known what was said."""

    item_id: str
    error: Problem
    content_index: int = 0


class TranscriptSegment(_Told, tag="conversation.item.input_audio_transcription.segment", frozen=True):
    """A part of what was said, with its time (s) in the session's sound."""

    id: str
    item_id: str
    text: str
    start: float
    end: float
    speaker: str = "A"
    content_index: int = 0


class ResponseCreated(_Told, tag="response.created", frozen=True):
    """A response is being made."""

    response: Response


class ResponseDone(_Told, tag="response.done", frozen=True):
    """It is over; its `status` says how."""

    response: Response


class OutputItemAdded(_Told, tag="response.output_item.added", frozen=True):
    """It has begun to be written."""

    response_id: str
    item: Item
    output_index: int = 0


class OutputItemDone(_Told, tag="response.output_item.done", frozen=True):
    """It is written."""

    response_id: str
    item: Item
    output_index: int = 0


class _Content(_Told, frozen=True, kw_only=True):
    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0


class PartAdded(_Content, tag="response.content_part.added", frozen=True, kw_only=True):
    """The part begins."""

    part: Written


class PartDone(_Content, tag="response.content_part.done", frozen=True, kw_only=True):
    """The part is whole."""

    part: Written


class TextDelta(_Content, tag="response.output_text.delta", frozen=True, kw_only=True):
    """More of the text."""

    delta: str


class TextDone(_Content, tag="response.output_text.done", frozen=True, kw_only=True):
    """All of the text, as it may stay."""

    text: str


class RateLimits(_Told, tag="rate_limits.updated", frozen=True):
    """Responses that may be made at the same time with this key."""

    rate_limits: list[Limit]


class ErrorTold(_Told, tag="error", frozen=True):
    """Something was wrong; the session goes on."""

    error: Problem


Told: TypeAlias = (
    SessionCreated | SessionUpdated | SpeechStarted | SpeechStopped | Committed | Cleared | ItemAdded | ItemDone
    | ItemRetrieved | ItemDeleted | TranscriptDelta | TranscriptCompleted | TranscriptFailed | TranscriptSegment
    | ResponseCreated | ResponseDone | OutputItemAdded | OutputItemDone | PartAdded | PartDone | TextDelta | TextDone
    | RateLimits | ErrorTold
)  # fmt: skip
