"""What an agent has yet to say: items are ticked off by the agent's own words. Pure, a fold over the log."""

from collections.abc import Sequence

from llm.assist.phrases import Phrases
from llm.assist.policy import ChecklistItem
from streaming.answers import AGENT, Item
from streaming.answers import Checklist as ChecklistTold
from streaming.events import Event, TranscriptFinal


class Checklist:
    """The items, in order. No model ticks one off: what was not said must not count as said."""

    def __init__(self, items: Sequence[ChecklistItem]) -> None:
        self._items = items
        self._phrases = Phrases({str(place): item.done for place, item in enumerate(items)})
        self._done: set[int] = set()

    def heard(self, event: Event) -> None:
        """The log's next event."""
        if isinstance(event, TranscriptFinal) and event.channel == AGENT:
            self._done |= {int(name) for name in self._phrases.heard(AGENT, event.text)}

    def told(self) -> ChecklistTold:
        """As the agent sees it."""
        done = [place in self._done for place in range(len(self._items))]
        return ChecklistTold([Item(one.name, one.say, ok) for one, ok in zip(self._items, done, strict=True)])

    def open(self) -> list[tuple[int, ChecklistItem]]:
        """What was not said yet, with its place in the list."""
        return [(place, item) for place, item in enumerate(self._items) if place not in self._done]
