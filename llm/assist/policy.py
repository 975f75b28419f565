"""What can be set about mode `assist`. Apart from the code that reads it."""

from typing import Annotated

from msgspec import Meta, Struct

from streaming.answers import SuggestionKind

Phrases = list[str]
Name = Annotated[str, Meta(pattern=r"^[^\s]([^\n]{0,58}[^\s])?$")]
Seconds = Annotated[float, Meta(gt=0)]
Ms = Annotated[int, Meta(ge=1)]


class ChecklistItem(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that an agent has to say: `say` is the suggestion. It is ticked off once one of the phrases of `done`
    was said on the agent's channel."""

    name: Name
    say: Annotated[str, Meta(min_length=1, max_length=400)]
    done: Annotated[Phrases, Meta(min_length=1)]


class SummarySection(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a summary: what it is called, and what it is asked for with."""

    name: Name
    ask: Annotated[str, Meta(min_length=1, max_length=300)]


SECTIONS = (
    SummarySection("reason", "Why the customer called."),
    SummarySection("outcome", "What was answered, agreed or done."),
    SummarySection("open", "What is still to be done, and by whom."),
)


class SoundPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `llm.assist.sound`: alerts from who speaks when; 0 means never.

    `talk_over_ms`: both speak for so long at once. `dead_air_s`: nobody does, not while paused. `pace`: words a minute
    of one speaker, over the last `pace_s` seconds of their speech. Each is told again only when it was over for
    `calm_s` (the pace: when it has come down to nine tenths).
    """

    talk_over_ms: Annotated[int, Meta(ge=0)] = 1_500
    dead_air_s: Annotated[float, Meta(ge=0)] = 20.0
    pace: Annotated[int, Meta(ge=0)] = 220
    pace_s: Seconds = 20.0
    calm_s: Seconds = 5.0


class AssistPolicy(Struct, frozen=True, forbid_unknown_fields=True):
    """Section `llm.assist`.

    `suggest`: which suggestions are made on a customer's turn; answers need an index (`llm.index`). `checklist`: what
    the agent has to say; an item is suggested again after `again_turns` turns at the earliest.
    `sections`: of summaries; one is made after `summary_turns` turns, or after `summary_s` seconds in which something
    was said (0: never), and one at the end, for which there are `wrapup_s` seconds. `summary_tokens`: how long one is
    at most.
    `keywords`, `topics`: lists by name, of phrases to be found word for word (case and accents do not matter), or of
    sentences whose meaning is looked for (as near as `topic_likeness`, a cosine; with `minilm` there). A list is told
    again on a channel after `again_s` seconds of sound at the earliest.
    """

    suggest: tuple[SuggestionKind, ...] = ("answer", "question", "checklist")
    checklist: list[ChecklistItem] = []
    again_turns: Annotated[int, Meta(ge=1)] = 4
    sections: Annotated[tuple[SummarySection, ...], Meta(min_length=1, max_length=12)] = SECTIONS
    summary_turns: Annotated[int, Meta(ge=0)] = 8
    summary_s: Annotated[float, Meta(ge=0)] = 120.0
    summary_tokens: Annotated[int, Meta(ge=16)] = 320
    wrapup_s: Seconds = 25.0
    keywords: dict[Name, Phrases] = {}
    topics: dict[Name, Phrases] = {}
    topic_likeness: Annotated[float, Meta(gt=0, le=1)] = 0.55
    again_s: Seconds = 60.0
    sound: SoundPolicy = SoundPolicy()
