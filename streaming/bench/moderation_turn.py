"""What moderation costs a reply: how long its first words are held, and how long unsafe ones stand before they go.

Replies come word by word at the pace of a language model, through the moderator's own decisions and its judge, in this
process: Redis and the wire are not in these figures (`vivavoce bench spine`, `bench turn` measure them).
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field

from moderation.floor import Floor
from moderation.gate import Gate
from moderation.judging import Judging, conduct
from moderation.model.judge import Judge, Judges
from moderation.place import Place
from moderation.screen import Screen
from moderation.scribe import Scribe
from streaming.drafts import Draft, DraftDelta, DraftDone, DraftStarted
from streaming.events import Event, Moderation, ModerationVerdict, ReplyDelta
from streaming.facts import SessionConfig, Typed
from streaming.feed import Entry

WORD_S: Final = 0.025
"""A word of a small model on two cores."""
LATE_S: Final = 5.0


class Costs(Struct):
    """Milliseconds. `first`: from the reply's first word to the first that is shown. `release`: from the last word that
    a verdict needs to what it lets out; rules and windows need the one behind as well. `verdict`: of the judge.
    `retract`: from the word that makes what is shown unsafe to its being taken back."""

    first: list[float] = field(default_factory=list[float])
    release: list[float] = field(default_factory=list[float])
    verdict: list[float] = field(default_factory=list[float])
    retract: list[float] = field(default_factory=list[float])


class Reply:
    """One reply in one mode."""

    def __init__(self, screen: Screen, judge: Judge, mode: Moderation, costs: Costs) -> None:
        judges, config = Judges(judge), SessionConfig("bench", mode="chat", moderation=mode)
        self._scribe = Scribe(screen, Place(floor=Floor(mode="chat")), conduct(screen.policy, config, judges))
        self._judging = Judging(judges, screen.policy, time.perf_counter)
        self._never: asyncio.Future[list[Entry]] = asyncio.get_running_loop().create_future()
        self._costs = costs
        self._entry = 0
        self._rules = Gate(screen)
        self._begun = 0.0
        self._passed: list[tuple[int, float]] = []
        self._shown: list[tuple[int, float]] = []

    async def run(self, text: str) -> None:
        """The whole of it."""
        self._scribe.take([("1-0", Typed("please go on"))], [], 0)
        await self._judged(0.0)
        while self._judging.busy:
            await self._judged(LATE_S)
        self._draft(DraftStarted(1, 1, "bench@0"))
        size, self._begun = 0, time.perf_counter()
        for word in text.split():
            size += len(self._rules.feed(word + " ").text)
            self._passed.append((size, time.perf_counter()))
            self._draft(DraftDelta(1, word + " "))
            await self._judged(WORD_S)
        self._passed.append((len(text) + 2, time.perf_counter()))
        self._draft(DraftDone(1, 1, "completed", "bench@0"))
        while self._judging.busy or self._scribe.floor.reply:
            await self._judged(LATE_S)
        await self._judging.close()

    def _draft(self, fact: Draft) -> None:
        self._entry += 1
        self._note(self._scribe.take([], [(f"{self._entry}-0", fact)], 0), None)

    async def _judged(self, seconds: float) -> None:
        """What the judge says within `seconds`; at once, when that is long and it has said something."""
        until = time.perf_counter() + seconds
        while True:
            self._judging.ask(self._scribe.asks())
            left = until - time.perf_counter()
            if left <= 0 or not await self._judging.wait(self._never, left):
                return
            for ask, answer in self._judging.answers():
                events = self._scribe.answered(ask, answer)
                if ask.target.reply is not None:
                    self._costs.verdict.append(answer.latency_ms)
                    self._note(events, ask.end)
            if seconds == LATE_S:
                return

    def _note(self, events: Sequence[Event], needed: int | None) -> None:
        """`needed`: the judge has seen so much of the reply."""
        now = time.perf_counter()
        for event in events:
            match event:
                case ReplyDelta(text=text, offset=offset):
                    if not self._shown:
                        self._costs.first.append((now - self._begun) * 1000)
                    self._shown.append((offset + len(text), now))
                    if needed is not None:
                        self._costs.release.append(_since(self._passed, needed + 1, now))
                case ModerationVerdict(action="retract", target=target) if (
                    target.reply and needed is not None
                ):
                    self._costs.retract.append(_since(self._shown, needed, now))
                case _:
                    pass


def _since(sizes: Sequence[tuple[int, float]], needed: int, now: float) -> float:
    """Milliseconds since the text first had `needed` code points."""
    return (now - next((at for size, at in sizes if size >= needed), now)) * 1000


async def costs(screen: Screen, judge: Judge, mode: Moderation, texts: Sequence[str]) -> Costs:
    """What each of `texts` costs as a reply, one after the other."""
    out = Costs()
    for text in texts:
        await Reply(screen, judge, mode, out).run(text)
    return out
