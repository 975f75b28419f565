"""Our events as AudioHook's entities: `transcript` and `agentassist`. Pure.

A segment has one id in all that is told of it, so a later entity takes an earlier one's place; so has a suggestion.
"""

import uuid
from collections import deque
from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

from msgspec import Struct

from streaming.events import (
    Event,
    ModerationVerdict,
    SuggestionDone,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
    Word,
)
from streaming.languages import base
from streaming.parts import replaced
from streaming.wire.audiohook.messages import duration

KEPT: Final = 256
"""Segments, and turns, that are remembered."""
LANGUAGES: Final = {
    "en": "en-US", "es": "es-ES", "fr": "fr-FR", "de": "de-DE", "it": "it-IT", "pt": "pt-BR", "nl": "nl-NL",
    "pl": "pl-PL", "sv": "sv-SE", "da": "da-DK", "no": "nb-NO", "fi": "fi-FI", "cs": "cs-CZ", "hu": "hu-HU",
    "ro": "ro-RO", "el": "el-GR", "tr": "tr-TR", "ru": "ru-RU", "uk": "uk-UA", "ar": "ar-SA", "he": "he-IL",
    "hi": "hi-IN", "ja": "ja-JP", "ko": "ko-KR", "zh": "zh-CN", "vi": "vi-VN", "th": "th-TH", "id": "id-ID",
}  # fmt: skip
"""The languages of our recognisers that are usual on telephones, as Genesys writes them."""
ASKS: Final = {"answer": "", "question": "What to ask next", "checklist": "Still to say"}


class Entity(Struct, frozen=True):
    """What one event tells."""

    type: str
    data: Struct


class Token(Struct, frozen=True):
    """A word."""

    type: str
    value: str
    confidence: float
    offset: str
    duration: str


class Interpretation(Struct, frozen=True, omit_defaults=True):
    """The text as it is shown."""

    type: str
    transcript: str
    tokens: list[Token] = []


class Alternative(Struct, frozen=True, omit_defaults=True):
    """What was heard, the one that there is."""

    confidence: float
    interpretations: list[Interpretation]
    languages: list[str] = []


class Transcript(Struct, frozen=True, rename="camel", omit_defaults=True):
    """What was said on a channel: 0 is external, 1 internal."""

    id: str
    channel_id: int
    is_final: bool
    alternatives: list[Alternative]
    offset: str | None = None
    duration: str | None = None


class Faq(Struct, frozen=True):
    """A question and its answer (HTML)."""

    id: str
    question: str
    answer: str
    confidence: float = 1.0
    type: str = "faq"


class Article(Struct, frozen=True, rename="camel"):
    """A document that bears an answer out."""

    id: str
    title: str
    excerpts: list[str]
    document_uri: str
    confidence: float = 1.0
    type: str = "article"


class AgentAssist(Struct, frozen=True):
    """Suggestions to the agent."""

    id: str
    suggestions: list[Faq | Article]


class _Said(NamedTuple):
    segment: int
    final: TranscriptFinal


class Entities:
    """What is told of one session. `channels`: AudioHook's, of each of ours; `language` as the client wrote it."""

    def __init__(self, name: str, channels: Sequence[int], language: str | None, *, partials: bool) -> None:
        self._space = uuid.uuid5(uuid.NAMESPACE_URL, name)
        self._channels = channels
        self.language = language
        self._partials = partials
        self._said: deque[_Said] = deque(maxlen=KEPT)
        self._turns: deque[tuple[int, list[int]]] = deque(maxlen=KEPT)

    def of(self, event: Event) -> list[Entity]:
        """What an event makes to be told."""
        match event:
            case TranscriptPartial(segment=segment, channel=channel, text=text) if self._partials and text:
                alternative = Alternative(0.5, [Interpretation("display", text)])
                told = Transcript(self._id("segment", segment), self._channels[channel], False, [alternative])
                return [Entity("transcript", told)]
            case TranscriptFinal(source="speech"):
                self._said.append(_Said(event.segment, event))
                return [self._final(event, words=True)]
            case TurnEnded(eager=False):
                self._turns.append((event.turn, event.segments))
                return []
            case ModerationVerdict(action="redact" | "retract" | "block"):
                return self._taken_back(event)
            case SuggestionDone(status="completed"):
                return [self._suggested(event)]
            case _:
                return []

    def _id(self, kind: str, number: object) -> str:
        return str(uuid.uuid5(self._space, f"{kind} {number}"))

    def _final(self, final: TranscriptFinal, *, words: bool) -> Entity:
        tokens = [
            Token(
                "word", one.text, one.confidence, duration(one.start_ms), duration(one.end_ms - one.start_ms)
            )
            for one in final.words
            if words
        ]
        spoken = [self._written(final.language)] if final.language else []
        alternative = Alternative(final.confidence, [Interpretation("display", final.text, tokens)], spoken)
        told = Transcript(
            *(self._id("segment", final.segment), self._channels[final.channel], True, [alternative]),
            offset=duration(final.start_ms),
            duration=duration(final.end_ms - final.start_ms),
        )
        return Entity("transcript", told)

    def _written(self, language: str) -> str:
        if self.language and base(self.language) == language:
            return self.language
        return LANGUAGES.get(language, language)

    def _taken_back(self, verdict: ModerationVerdict) -> list[Entity]:
        """A final that was told is told again, as it is shown now; in mode `hold` it was told so already."""
        for place, (segment, final) in enumerate(self._said):
            if segment == verdict.target.segment:
                text = replaced(final.text, verdict.span, verdict.replacement or "")
                if text == final.text:
                    return []
                changed = _changed(final, text)
                self._said[place] = _Said(segment, changed)
                return [self._final(changed, words=False)]
        return []

    def _suggested(self, done: SuggestionDone) -> Entity:
        asked = ASKS[done.kind] or self._asked(done.answers)
        number = done.suggestion
        told: list[Faq | Article] = [
            Faq(self._id("suggestion", number), asked, escape(done.text, quote=False))
        ]
        for one in done.citations:
            name = self._id("citation", f"{number} {one.number}")
            told.append(Article(name, one.title or one.document, [one.quote], one.document))
        return Entity("agentassist", AgentAssist(self._id("assist", number), told))

    def _asked(self, turn: int) -> str:
        """What was said in a turn, as far as it is remembered."""
        segments = next((them for number, them in reversed(self._turns) if number == turn), list[int]())
        return " ".join(one.final.text for one in self._said if one.segment in segments)


def _changed(final: TranscriptFinal, text: str) -> TranscriptFinal:
    return TranscriptFinal(
        *(final.channel, final.segment, text, final.start_ms, final.end_ms, list[Word]()),
        *(final.language, final.confidence, final.made_by),
    )
