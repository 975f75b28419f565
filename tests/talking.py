"""A session of OpenAI's Realtime dialect without a service; what its client is told is read by OpenAI's own types."""

import base64
import json
from typing import Any

from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from streaming.answers import ReplyDelta, ReplyDone
from streaming.events import (
    AudioFinalized,
    Event,
    ModerationVerdict,
    SpeechStarted,
    SpeechStopped,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from streaming.parts import Target, Usage
from streaming.wire.openai.realtime.effects import Effect, Respond, Tell
from streaming.wire.openai.realtime.realtime import Realtime
from streaming.wire.openai.realtime.session import Able, Kind, opened

THEIRS: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
TENTH = base64.b64encode(bytes(4_800)).decode()
"""100 ms of sound as it comes by default."""


class Talking:
    """`told`: what the client was told, oldest first; `done`: everything else that was to be done."""

    def __init__(self, kind: Kind = "realtime", **able: Any) -> None:
        self.realtime = Realtime("abc", Able(**able), opened("abc", kind, "vivavoce"))
        self.told: list[dict[str, Any]] = []
        self.done: list[Effect] = []
        self._take(self.realtime.opened())

    def says(self, kind: str, **members: Any) -> list[dict[str, Any]]:
        return self.sends(json.dumps({"type": kind, **members}))

    def sends(self, frame: str) -> list[dict[str, Any]]:
        return self._take(self.realtime.said(frame))

    def hears(self, *events: Event) -> list[dict[str, Any]]:
        return [told for event in events for told in self._take(self.realtime.heard(event))]

    def makes(
        self, *events: ReplyDelta | ReplyDone | ModerationVerdict, of: int = -1
    ) -> list[dict[str, Any]]:
        """The model says this for the response that was asked for so many before."""
        name = self.asked[of].response_id
        return [told for event in events for told in self._take(self.realtime.made(name, event))]

    @property
    def asked(self) -> list[Respond]:
        return [effect for effect in self.done if isinstance(effect, Respond)]

    def texts(self, kind: str, member: str) -> list[str]:
        return [told[member] for told in self.told if told["type"] == kind]

    def _take(self, effects: list[Effect]) -> list[dict[str, Any]]:
        new: list[dict[str, Any]] = []
        for effect in effects:
            if isinstance(effect, Tell):
                read = THEIRS.validate_json(effect.frame, strict=True)
                assert read.type == json.loads(effect.frame)["type"]
                new.append(json.loads(effect.frame))
            else:
                self.done.append(effect)
        self.told += new
        return new


def types(told: list[dict[str, Any]]) -> list[str]:
    return [one["type"].removeprefix("conversation.").removeprefix("input_audio_buffer.") for one in told]


def started(at_ms: int = 0) -> SpeechStarted:
    return SpeechStarted(0, at_ms)


def stopped(at_ms: int = 900) -> SpeechStopped:
    return SpeechStopped(0, at_ms)


def partial(segment: int, text: str, stable: int) -> TranscriptPartial:
    return TranscriptPartial(0, segment, 1, text, stable)


def final(segment: int, text: str) -> TranscriptFinal:
    return TranscriptFinal(0, segment, text, 1_000 * segment, 1_000 * segment + 900, [], "en", 1.0, "m")


def turned(*segments: int) -> TurnEnded:
    return TurnEnded(1, 0, list(segments), "silence")


def finalized() -> AudioFinalized:
    return AudioFinalized(0, 1_000)


def taken(target: Target, span: tuple[int, int], instead: str | None) -> ModerationVerdict:
    return ModerationVerdict(target, span, "redact", ["pii"], 1.0, 1.0, "m", instead)


def delta(text: str, offset: int = 0) -> ReplyDelta:
    return ReplyDelta(1, text, offset)


def replied(text: str, status: Any = "completed", **more: Any) -> ReplyDone:
    return ReplyDone(1, 1, status, text, "m", usage=Usage(7, 2), **more)


SPOKEN = (started(), partial(1, "How much", 4), stopped(), final(1, "How much is it?"), turned(1))
