"""A call in mode assist against a real Redis, the real moderator and a scripted language model."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from llm.assist.call import Call
from llm.assist.means import Means, Prompts
from llm.assist.policy import AssistPolicy, ChecklistItem
from llm.flavours.opening import close, open_flavours
from llm.flavours.router import Router
from llm.grounding.grounding import Grounding
from llm.grounding.policy import GroundingPolicy
from llm.policy import LlmPolicy
from llm.prompts.shelf import Shelf
from llm.retrieval.passage import Found, Passage
from llm.worker import Responder
from moderation.policy import ModerationPolicy
from moderation.worker import Moderator
from streaming import keys
from streaming.bus import Bus
from streaming.events import (
    Alert,
    Checklist,
    Event,
    SessionEnded,
    SuggestionDone,
    SuggestionFeedback,
    SuggestionStarted,
    Summary,
)
from streaming.facts import Feedback, SessionConfig
from streaming.lease import Lease
from tests.contracts.fake_llm import KEY, Exchange, FakeLlm, fake_llm
from tests.integration.moderator_session import CARD, END, HEARD, SID, Fact, endpoint, final, put

TEXT = "A parcel that is lost is paid back within ten days. Parcels weigh at most thirty kilograms."
ASSIST = AssistPolicy(
    checklist=[ChecklistItem("recording", "Say that the call is recorded.", ["call is recorded"])],
    keywords={"loss": ["lost"]},
)


class OnePage:
    """An index of one document."""

    ref = "handbook@0123456789abcdef"
    hash = "0123456789abcdef" * 4

    async def find(self, query: str, k: int) -> list[Found]:
        passage = Passage("p1", "parcels.md", "Parcels", "", TEXT, (0, len(TEXT)))
        return [Found(passage, 1.0, 0.9)] if query else []

    async def document(self, name: str) -> str | None:
        return TEXT

    async def close(self) -> None:
        pass


async def script(exchange: Exchange) -> None:
    """Answers, what comes next, and summaries, told apart by the schema that is asked for."""
    wanted = exchange.asked.get("response_format", {}).get("json_schema", {}).get("schema", {})
    properties = wanted.get("properties", {})
    await exchange.head()
    if "item" in properties:
        text = json.dumps({"question": "When was it sent?", "item": properties["item"]["enum"][0]})
    elif properties:
        text = json.dumps(dict.fromkeys(properties, f"Paid with {CARD}."))
    else:
        text = "A lost parcel is paid back within ten days."
    for word in text.split(" "):
        await exchange.say(word + " ")
    await exchange.finish()
    await exchange.usage()
    await exchange.done()


@asynccontextmanager
async def moderated(bus: Bus) -> AsyncGenerator[asyncio.Task[None]]:
    """A session whose moderator is at work."""
    await bus.call("FLUSHALL")
    config = SessionConfig(session_id=SID, mode="assist")
    await bus.call("HSET", keys.session(SID), "config", msgspec.json.encode(config), "socket", "1")
    moderator = Moderator(ModerationPolicy())
    await moderator.start()
    lease = await Lease.claim(bus, "moderator", SID, "m")
    assert lease is not None
    task = asyncio.create_task(moderator.serve(lease, bus))
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def answering(bus: Bus, fake: FakeLlm) -> AsyncGenerator[asyncio.Task[None]]:
    """A responder at work on it, until the end of the block."""
    policy = LlmPolicy(url=fake.url, key=KEY, max_tokens=40, assist=ASSIST)
    opened = await open_flavours(policy, {})
    router = Router([one.flavour for one in opened], policy.routing, policy.answers)
    prompts = Prompts(*(Shelf().prompt(name, {}) for name in ("grounded", "next", "call_summary")))
    grounding = Grounding(OnePage(), GroundingPolicy(within_ms=2_000))
    means = Means(router, policy, SessionConfig(SID, mode="assist"), prompts, grounding)
    task = asyncio.create_task(answered(bus, means))
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await close(opened)


async def answered(bus: Bus, means: Means) -> None:
    lease = await Lease.claim(bus, "responder", SID, "r")
    assert lease is not None
    await Call(lease, bus, means).run()


async def log(bus: Bus) -> list[Event]:
    return [msgspec.json.decode(entry.body, type=Event) for entry in await bus.read(keys.events(SID))]


async def until(bus: Bus, kind: type, count: int = 1) -> list[Event]:
    feed, events = bus.open({keys.events(SID): "0-0"}), list[Event]()
    try:
        async with asyncio.timeout(20):
            while sum(isinstance(event, kind) for event in events) < count:
                events += [msgspec.json.decode(entry.body, type=Event) for entry in await feed.get()]
    finally:
        feed.close()
    return events


def spoken(number: int, text: str, channel: int = 1) -> list[Fact]:
    return [final(number, text, channel), endpoint(channel)]


async def test_a_customers_turn_brings_a_quick_cited_answer_then_a_better_one_a_question_and_what_is_to_be_said(
    bus: Bus,
) -> None:
    async with fake_llm() as fake:
        fake.script = script
        async with moderated(bus) as moderating, answering(bus, fake) as working:
            await put(bus, spoken(1, "what about a parcel that is lost"))
            events = await until(bus, SuggestionDone, 4)
            done = [event for event in events if isinstance(event, SuggestionDone)]
            assert [(one.kind, one.supersedes, one.status) for one in done] == [
                ("answer", None, "completed"),
                ("answer", 1, "completed"),
                ("question", None, "completed"),
                ("checklist", None, "completed"),
            ]
            assert done[0].text == "A parcel that is lost is paid back within ten days. [1]"
            for one in done[:2]:
                assert [TEXT[slice(*cited.span)] for cited in one.citations] == [one.citations[0].quote]
            assert (done[2].text, done[3].text) == ("When was it sent?", "Say that the call is recorded.")
            alerts = [event for event in events if isinstance(event, Alert)]
            assert [(alert.kind, alert.name, alert.channel) for alert in alerts] == [("keyword", "loss", 1)]
            await put(bus, [(HEARD, Feedback(2, "edited", f"say {CARD}"))])
            told = (await until(bus, SuggestionFeedback))[-1]
            assert told == SuggestionFeedback(2, "edited", "say [card number]", time=told.time)  # type: ignore[attr-defined]
            await put(bus, [*spoken(2, "this call is recorded", 0), *spoken(3, "thank you")])
            await until(bus, SuggestionDone, 5)
            await put(bus, [*spoken(4, "thank you and goodbye"), END])
            await asyncio.wait_for(asyncio.gather(moderating, working), 20)
        events = await log(bus)
        assert [event.ticked for event in events if isinstance(event, Checklist)] == [0, 1]
        assert isinstance(events[-1], SessionEnded)
        assert [event.kind for event in events if isinstance(event, Summary)] == ["wrapup"]
        done = [(event.kind, event.answers) for event in events if isinstance(event, SuggestionDone)]
        assert [one for one in done if one[1] > 2] == [
            ("question", 3)
        ]  # thanks ask for nothing, a goodbye ends it
        assert CARD not in repr(events)


async def test_a_card_number_that_a_customer_says_reaches_no_model_and_nothing_that_is_told(bus: Bus) -> None:
    async with fake_llm() as fake:
        fake.script = script
        async with moderated(bus) as moderating, answering(bus, fake) as working:
            await put(bus, [*spoken(1, f"the lost parcel was paid with {CARD} by me"), END])
            await asyncio.wait_for(asyncio.gather(moderating, working), 20)
        events = await log(bus)
        assert any(isinstance(event, Summary) for event in events)
        assert len(fake.exchanges) >= 3
        asked = repr([exchange.asked for exchange in fake.exchanges])
        assert "[card number]" in asked
        assert "4111" not in asked + repr(events)


async def test_a_responder_that_dies_loses_no_suggestion_and_makes_the_open_one_again(bus: Bus) -> None:
    async with fake_llm() as fake:
        stuck = asyncio.Event()

        async def slow(exchange: Exchange) -> None:
            await exchange.head()
            await exchange.say("A lost parcel is paid back within ten days. Parcels ")
            stuck.set()
            await exchange.gone.wait()

        fake.script = slow
        async with moderated(bus) as moderating:
            async with answering(bus, fake):
                await put(bus, spoken(1, "what about a parcel that is lost"))
                await until(bus, SuggestionStarted, 2)
                await asyncio.wait_for(stuck.wait(), 10)
            assert b"parcel" not in await bus.call("HGET", keys.stage(SID, "responder"), "state")
            fake.script = script
            async with answering(bus, fake) as working:
                await put(bus, [END])
                await asyncio.wait_for(asyncio.gather(moderating, working), 20)
        done = [event for event in await log(bus) if isinstance(event, SuggestionDone)]
        assert [(one.suggestion, one.kind, one.status) for one in done[:3]] == [
            (1, "answer", "completed"),
            (2, "answer", "failed"),
            (3, "answer", "completed"),
        ]
        assert done[2].supersedes == 1


class OneShelf:
    """A library that has one index."""

    async def open(self, tenant: str, name: str) -> OnePage:
        assert (tenant, name) == ("default", "handbook")
        return OnePage()

    def close(self) -> None:
        pass


async def test_the_responder_serves_a_call_from_the_index_that_is_set_and_says_with_which_prompts(
    bus: Bus,
) -> None:
    async with fake_llm() as fake:
        fake.script = script
        grounding = GroundingPolicy(within_ms=2_000)
        policy = LlmPolicy(url=fake.url, key=KEY, max_tokens=40, index="handbook", grounding=grounding)
        responder = Responder(policy, library=OneShelf())
        refs = {served.ref for served in await responder.start()}
        async with moderated(bus) as moderating:
            lease = await Lease.claim(bus, "responder", SID, "r")
            assert lease
            await put(bus, [*spoken(1, "what about a parcel that is lost"), END])
            await asyncio.wait_for(asyncio.gather(moderating, responder.serve(lease, bus)), 20)
        await responder.stop()
        done = [event for event in await log(bus) if isinstance(event, SuggestionDone)]
        assert [f"{one.kind} {len(one.citations)}" for one in done] == ["answer 1", "answer 1", "question 0"]
        assert {ref for one in done for ref in one.made_by.split()} <= refs
