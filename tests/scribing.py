"""A session as the scribe meets it, without Redis, and the stories that may come in it."""

from collections.abc import Sequence

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace

from moderation.floor import Floor
from moderation.place import Place
from moderation.screen import Screen
from moderation.scribe import Scribe
from moderation.session import fold
from moderation.watch import Answer, Ask, Conduct
from streaming.drafts import Draft, DraftDelta, DraftDone, DraftStarted, RepliesEnded
from streaming.events import (
    ChannelAccount,
    Event,
    Mode,
    ReplyDelta,
    ReplyDone,
    SpeechStarted,
    SuggestionDelta,
    SuggestionDone,
    TranscriptFinal,
    TranscriptPartial,
)
from streaming.facts import (
    CancelReply,
    EagerEndpoint,
    Endpoint,
    Heard,
    HeardFinal,
    HeardPartial,
    Resumed,
    SoundEnded,
    Typed,
)
from streaming.parts import Target
from tests.judging import answer
from tests.screening import SCREEN, listed

ACCOUNT = [ChannelAccount(0, 10.0, 10.0, 0.0, {})]
CARD = "4111 1111 1111 1111"


def final(text: str, channel: int = 0, at: int = 0) -> HeardFinal:
    return HeardFinal(1, channel, text, at, at + 900, [], "en", 0.9, "asr@0")


def scribe(mode: Mode = "chat", conduct: Conduct | None = None, screen: Screen = SCREEN) -> Scribe:
    return Scribe(screen, Place(floor=Floor(mode=mode)), conduct)


class Session:
    """Streams as Redis has them, with a scribe that may be replaced at any time by one made from its checkpoint."""

    def __init__(self, mode: Mode = "chat", conduct: Conduct | None = None, screen: Screen = SCREEN) -> None:
        self.conduct = conduct
        self.screen = screen
        self.asks: list[Ask] = []
        self.scribe = scribe(mode, conduct, screen)
        self.heard: list[tuple[str, Heard]] = []
        self.draft: list[tuple[str, Draft]] = []
        self.log: list[Event] = []
        self.clock = 0
        self.read = 0
        self.utterances: dict[int, int] = {}

    def take(self, *facts: Heard | Draft) -> list[Event]:
        """Facts, with numbers and places that grow as a recogniser's do."""
        return self.take_as_they_are(*map(self._numbered, facts))

    def _numbered(self, fact: Heard | Draft) -> Heard | Draft:
        match fact:
            case HeardPartial(channel=channel):
                return replace(fact, utterance=self.utterances.get(channel, 1))
            case HeardFinal(channel=channel):
                number = self.utterances.get(channel, 1)
                self.utterances[channel] = number + 1
                return replace(fact, utterance=number)
            case _:
                return fact

    def take_as_they_are(self, *facts: Heard | Draft) -> list[Event]:
        """Facts, whatever was taken before."""
        heard: list[tuple[str, Heard]] = []
        draft: list[tuple[str, Draft]] = []
        for fact in facts:
            self.clock += 1
            (draft if isinstance(fact, Draft) else heard).append((f"{self.clock}-0", fact))  # type: ignore[arg-type]
        self.heard += heard
        self.draft += draft
        self.read = self.clock
        return self._told(self.scribe.take(heard, draft, 0))

    def answer(self) -> list[Event]:
        """The judge answers what it was asked."""
        asks, self.asks = self.asks, []
        return [event for ask in asks for event in self._told(self.scribe.answered(ask, answer(ask)))]

    def unanswered(self) -> list[Event]:
        """The judge is away."""
        asks, self.asks = self.asks, []
        return [event for ask in asks for event in self._told(self.scribe.answered(ask, Answer(None)))]

    def _told(self, events: list[Event]) -> list[Event]:
        self.log += events
        self.asks += self.scribe.asks()
        lowest = [int(entry.split("-")[0]) + (not entry.endswith("-0")) for entry in self.scribe.place.needed]
        self.heard = [entry for entry in self.heard if int(entry[0][:-2]) >= lowest[0]]
        self.draft = [entry for entry in self.draft if int(entry[0][:-2]) >= lowest[1]]
        return events

    def restart(self) -> None:
        state = msgspec.json.encode(self.scribe.place)
        assert b"4111" not in state
        place = msgspec.json.decode(state, type=Place)
        shown = shown_of(self.log)
        self.scribe = Scribe(self.screen, place, self.conduct)
        self.read = int(place.draft.split("-")[0])
        taken = [entry for entry in self.draft if int(entry[0][:-2]) <= self.read]
        self.scribe.resumed(self.heard, taken, shown)
        assert self.scribe.place == place
        self.asks = self.scribe.asks()
        if again := [entry for entry in self.draft if int(entry[0][:-2]) > self.read]:
            self.read = self.clock
            self._told(self.scribe.take([], again, 0))

    @property
    def told(self) -> list[object]:
        """The log, deltas that follow each other put together, without partials and what takes them back."""
        out: list[object] = []
        texts: dict[int, str] = {}
        for event in self.log:
            if isinstance(event, ReplyDelta | SuggestionDelta):
                number, text = grown(event) or (0, "")
                assert event.offset == len(texts.get(number, ""))
                texts[number] = texts.get(number, "") + text
            elif isinstance(event, ReplyDone | SuggestionDone):
                number = event.reply if isinstance(event, ReplyDone) else event.suggestion
                assert event.text == texts.get(number, "")
                out.append(event)
            elif not isinstance(event, TranscriptPartial) and not blank(event):
                out.append(event)
        return [*out, texts]


def grown(event: Event) -> tuple[int, str] | None:
    """More text of a reply or a suggestion, and its number."""
    match event:
        case ReplyDelta(reply=number, text=text) | SuggestionDelta(suggestion=number, text=text):
            return number, text
        case _:
            return None


def shown_of(log: Sequence[Event]) -> dict[Target, str]:
    """What is shown of each target in the end."""
    texts: dict[Target, str] = {}
    for event in log:
        fold(texts, event)
    return texts


def blank(event: Event) -> bool:
    """Whether it closes a segment that was shown and had nothing in it."""
    return isinstance(event, TranscriptFinal) and not event.text


WORDS = listed(
    f"{CARD}|({CARD})|(see |hello-|4111 11|11 1111 1111|hello|sh1t|how to make a bomb|one two|and|john."
)
TEXT = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)


@st.composite
def stories(draw: st.DrawFn) -> list[Heard | Draft]:
    """What may come, in an order in which it may: a responder that answers turns, and speech on two channels.

    Deltas begin with a space: digits glued to a card number's first group make another number of it.
    """
    out: list[Heard | Draft] = []
    reply, turns = 0, 1
    for _ in range(draw(st.integers(0, 14))):
        channel = draw(st.integers(0, 1))
        out += draw(
            st.sampled_from(
                [
                    [HeardPartial(1, channel, 1, draw(TEXT), 0)],
                    [final(draw(TEXT), channel), Endpoint(channel, "silence")],
                    [final(draw(TEXT), channel)],
                    [EagerEndpoint(channel, "silence", "hello")],
                    [
                        EagerEndpoint(channel, "silence", "hello"),
                        final("hello", channel),
                        Endpoint(channel, "silence"),
                    ],
                    [Resumed(channel)],
                    [Typed(draw(TEXT))],
                    [SpeechStarted(channel, len(out))],
                    [CancelReply()],
                    [DraftDelta(reply, " " + draw(TEXT))],
                    [DraftDelta(reply, " " + draw(TEXT)), DraftDelta(reply, " " + draw(TEXT) + " ")],
                    [DraftDone(reply, turns, "completed", "llm@0")],
                ]
            )
        )
        if draw(st.booleans()):
            reply, turns = reply + 1, turns + 1
            out.append(DraftStarted(reply, turns, "llm@0"))
    return [*out, SoundEnded(ACCOUNT), RepliesEnded()]
