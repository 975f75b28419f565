"""The moderator over a real Redis, where names of people are masked: who finds them answers, late, or not at all."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from moderation.model.desk import Desk
from moderation.names.asking import Namer
from moderation.names.entities import SHIPPED, check, opened
from moderation.names.names import Spans
from moderation.place import DraftEntry, HeardEntry
from moderation.policy import ModerationPolicy
from moderation.scribe import Scribe
from moderation.worker import Moderator
from streaming.bus import Bus
from streaming.errors import Overloaded
from streaming.events import Event, ModerationVerdict, ReplyDone, SessionEnded, TranscriptFinal
from streaming.examining import Examination, Examine
from streaming.refusal import Refusal
from tests.integration.moderator_session import (
    DRAFT,
    END,
    HEARD,
    NO_MORE,
    all_at_once,
    dump,
    endpoint,
    final,
    finished,
    partial,
    put,
    serving,
    session,
    started,
    typed,
    until,
    wrote,
)
from tests.naming import SPACY, BookNamer, book

SAID = [partial(1, "my name is Ma"), final(1, "my name is Maria"), final(2, "Schmidt, hello."), endpoint()]
REPLY = [
    started(1, 1),
    *wrote(1, "Hello Ma|ria Sch|midt, wei|l|come. Is |Will| there with you"),
    finished(1, 1),
]
MASKED = "Hello [name], weilcome. Is [name] there with you"


class SlowNamer(BookNamer):
    """Takes its time, or fails."""

    def __init__(self, takes_s: float = 0.0, wrong: Exception | None = None) -> None:
        super().__init__()
        self.takes_s = takes_s
        self.wrong = wrong

    async def names(self, texts: Sequence[str]) -> list[Spans]:
        await asyncio.sleep(self.takes_s)
        if self.wrong:
            raise self.wrong
        return await super().names(texts)


async def moderating(namer: Namer, **others: object) -> Moderator:
    moderator = Moderator(ModerationPolicy(end_timeout_s=1.0, **others), namer=namer)  # type: ignore[arg-type]
    served = await moderator.start()
    assert [one.name for one in served] == ["rules", "names"]
    assert served[1].ref == namer.ref
    return moderator


@pytest.fixture
async def slow() -> AsyncIterator[Moderator]:
    """Names take 30 ms."""
    moderator = await moderating(SlowNamer(0.03))
    yield moderator
    await moderator.stop()


def finals(events: Sequence[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, TranscriptFinal)]


def verdicts(events: Sequence[Event]) -> list[ModerationVerdict]:
    return [event for event in events if isinstance(event, ModerationVerdict) and event.action == "redact"]


async def test_what_is_said_and_answered_shows_no_name_and_waits_for_whoever_finds_them(
    bus: Bus, slow: Moderator
) -> None:
    events = await all_at_once(bus, slow, [*SAID, typed("Will here"), *REPLY, END, NO_MORE])
    assert finals(events) == ["my name is [name]", "[name], hello.", "[name] here"]
    assert [event.text for event in events if isinstance(event, ReplyDone)] == [MASKED]
    for told in verdicts(events):
        assert (told.categories, told.made_by, told.replacement) == (["pii/name"], "book@0", "[name]")
        assert told.latency_ms >= 29
    assert len(verdicts(events)) == 5


async def test_a_name_is_in_no_key_but_heard_and_draft_before_its_verdict_and_in_none_after_it(
    bus: Bus, slow: Moderator
) -> None:
    await session(bus)
    task = await serving(bus, slow)
    for fact in [*SAID, *REPLY[:-1]]:
        await put(bus, [fact])
        await asyncio.sleep(0.02)
        everything = await dump(bus, without=[HEARD, DRAFT])
        assert b"Maria" not in everything
        assert b"Schm" not in everything
    await put(bus, [REPLY[-1], END, NO_MORE])
    await asyncio.wait_for(task, 10)
    everything = await dump(bus)
    assert not [part for part in (b"Maria", b"Schm", b"Ma", b"midt") if part in everything]
    assert everything.count(MASKED.encode()) == 1


async def test_a_moderator_that_dies_while_names_are_looked_for_leaves_nothing_that_its_successor_shows(
    bus: Bus,
) -> None:
    first = await moderating(SlowNamer(30.0), names_timeout_s=60.0)
    await session(bus)
    task = await serving(bus, first)
    await put(bus, [*SAID, *REPLY[:4]])
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert b"Maria" not in await dump(bus, without=[HEARD, DRAFT])
    second = await moderating(SlowNamer(0.01))
    task = await serving(bus, second)
    await put(bus, [*REPLY[4:], END, NO_MORE])
    await asyncio.wait_for(task, 10)
    events = await until(bus, 4)
    assert finals(events) == ["my name is [name]", "[name], hello."]
    assert b"Maria" not in await dump(bus)


@pytest.mark.parametrize("wrong", [None, Overloaded("too many", retry_after=1.0), ValueError("no")])
async def test_where_names_are_late_or_cannot_be_found_all_that_may_be_one_is_masked_and_it_goes_on(
    bus: Bus, wrong: Exception | None
) -> None:
    namer = SlowNamer(0.0 if wrong else 30.0, wrong)
    moderator = await moderating(namer, names_timeout_s=0.05)
    since = time.monotonic()
    events = await all_at_once(bus, moderator, [*SAID, *REPLY, END, NO_MORE])
    assert time.monotonic() - since < 5
    assert finals(events) == ["my [name]", "[name]"]
    [reply] = [event for event in events if isinstance(event, ReplyDone)]
    assert not [word for word in ("Maria", "Schmidt", "Will") if word in reply.text]
    assert reply.text.startswith("Hello [name]")
    assert {tuple(told.categories) for told in verdicts(events)} == {("pii/name", "unjudged")}
    assert isinstance(events[-1], SessionEnded)


async def test_many_facts_at_once_are_tried_in_parts(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    take = Scribe.take

    def counted(self: Scribe, heard: list[HeardEntry], draft: list[DraftEntry], now_ms: int) -> list[Event]:
        taken.append(len(heard))
        return take(self, heard, draft, now_ms)

    monkeypatch.setattr(Scribe, "take", counted)
    moderator = await moderating(BookNamer())
    said = [final(number, "Maria went on and on and then.") for number in range(1, 97)]
    events = await all_at_once(bus, moderator, [*said, endpoint(), END, NO_MORE], mode="transcribe")
    assert finals(events) == ["[name] went on and on and then."] * 96
    assert max(taken) <= 32
    assert len(taken) > 4


async def test_sessions_that_ask_at_the_same_time_are_one_batch(bus: Bus) -> None:
    class DeskNamer(BookNamer):
        def __init__(self) -> None:
            super().__init__()
            self.desk = Desk(lambda texts: [book(text) for text in texts], "names")

        async def names(self, texts: Sequence[str]) -> list[Spans]:
            return await self.desk.ask(texts)

    namer = DeskNamer()
    moderator = await moderating(namer)
    texts = [f"Maria number {number}." for number in range(6)]
    asked = [msgspec.json.encode(Examine([text])) for text in texts]
    answers = await asyncio.gather(*(moderator.answer(one) for one in asked))
    told = [msgspec.json.decode(answer, type=Examination).texts[0].found for answer in answers]
    assert told == [["pii/name"]] * 6
    assert list(namer.desk.batches) == [6]
    await namer.desk.close()
    await moderator.stop()


@SPACY
async def test_spacy_finds_the_names_of_many_sessions_together_and_the_loop_goes_on_meanwhile(
    bus: Bus,
) -> None:
    namer = opened(SHIPPED)
    moderator = await moderating(namer)
    said = [final(1, "Hello, my name is Maria"), final(2, "Schmidt and I live in Paris."), endpoint()]
    reply = [started(1, 1), *wrote(1, "Thank you, Ma|ria Sch|midt. Is Par|is nice?"), finished(1, 1)]
    events = await all_at_once(bus, moderator, [*said, *reply, END, NO_MORE])
    assert finals(events) == ["Hello, my name is [name]", "[name] and I live in Paris."]
    assert [one.text for one in events if isinstance(one, ReplyDone)] == ["Thank you, [name]. Is Paris nice?"]
    assert {told.made_by for told in verdicts(events)} == {namer.ref}
    namer.desk.batches.clear()
    asked = [
        msgspec.json.encode(Examine([f"My name is Maria Schmidt, customer {number}."]))
        for number in range(32)
    ]
    answers = asyncio.gather(*(moderator.answer(one) for one in asked))
    turns = 0
    while not answers.done():
        turns += 1
        await asyncio.sleep(0)
    told = [msgspec.json.decode(answer, type=Examination).texts[0].found for answer in await answers]
    assert told == [["pii/name"]] * 32
    assert max(namer.desk.batches) >= 8
    assert turns > 32
    await moderator.stop()


def test_names_that_are_asked_for_and_cannot_be_found_are_refused_with_what_to_install(
    tmp_path: Path,
) -> None:
    with pytest.raises(Refusal, match=r"^moderation.names needs (spacy|no_such_pipeline), .*: pip install"):
        check("no_such_pipeline")
    env = os.environ | {
        "VIVAVOCE_HOME": str(tmp_path),
        "VIVAVOCE_MODERATION__NAMES": "true",
        "VIVAVOCE_MODERATION__NAMES_MODEL": "no_such_pipeline",
        "VIVAVOCE_SERVER__PORT": "0",
    }
    command = [sys.executable, "-m", "vivavoce", "serve"]
    told = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 1
    [line] = told.stderr.splitlines()
    assert line.startswith("vivavoce: moderation.names needs ")
    assert "pip install" in line
