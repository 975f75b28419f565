"""With what a call is served: topics by the real MiniLM, and the tenant's own adapter."""

import asyncio

import msgspec
import pytest

from llm.assist.policy import AssistPolicy
from llm.flavours.policy import AdapterPolicy
from llm.policy import LlmPolicy
from llm.worker import Responder
from streaming import keys
from streaming.bus import Bus
from streaming.events import Alert, TranscriptFinal
from streaming.facts import SessionConfig
from streaming.lease import Lease
from tests.contracts.fake_llm import KEY, FakeLlm, fake_llm
from tests.integration.moderator_session import END, SID, put
from tests.integration.test_assist_call import log, moderated, script, spoken

TOPICS = {
    "leaving": ["I want to cancel my contract.", "Please end my subscription."],
    "weather": ["It will rain tomorrow."],
}


async def called(bus: Bus, policy: LlmPolicy, *said: str, tenant: str = "default") -> None:
    """A whole call in which the customer says this."""
    responder = Responder(policy)
    await responder.start()
    async with moderated(bus) as moderating:
        config = SessionConfig(SID, mode="assist", tenant=tenant)
        await bus.call("HSET", keys.session(SID), "config", msgspec.json.encode(config))
        lease = await Lease.claim(bus, "responder", SID, "r")
        assert lease is not None
        serving = asyncio.create_task(responder.serve(lease, bus))
        await put(bus, [fact for number, text in enumerate(said, 1) for fact in spoken(number, text)])
        if policy.assist.topics:
            feed, kinds = bus.open({keys.events(SID): "0-0"}), list[str]()
            async with asyncio.timeout(20):
                while '"alert"' not in "".join(kinds):
                    kinds += [entry.body.decode() for entry in await feed.get()]
            feed.close()
        await put(bus, [END])
        await asyncio.wait_for(asyncio.gather(moderating, serving), 20)
    await responder.stop()


def settings(fake: FakeLlm, **more: object) -> LlmPolicy:
    return msgspec.convert({"url": fake.url, "key": KEY, "max_tokens": 40, **more}, LlmPolicy)


@pytest.mark.models
async def test_what_a_customer_means_is_told_as_a_topic_whatever_the_words(bus: Bus) -> None:
    async with fake_llm() as fake:
        fake.script = script
        assist = AssistPolicy(topics=TOPICS, suggest=(), summary_turns=0)
        said = ("good morning how are you today", "i would like to terminate my contract with you")
        await called(bus, settings(fake, assist=assist), *said)
    events = await log(bus)
    finals = {event.text: event.segment for event in events if isinstance(event, TranscriptFinal)}
    told = [(one.kind, one.name, one.channel, one.segment) for one in events if isinstance(one, Alert)]
    assert told == [("topic", "leaving", 1, finals[said[1]])]


async def test_a_tenants_call_is_answered_by_its_own_adapter_and_another_tenants_is_not(bus: Bus) -> None:
    adapters = {"ours": AdapterPolicy(model="acme-voice", tenants=("acme",))}
    asked: dict[str, set[str]] = {}
    for tenant in ("acme", "other"):
        async with fake_llm() as fake:
            fake.script = script
            await called(
                bus, settings(fake, adapters=adapters), "where is the parcel that i sent", tenant=tenant
            )
            requests = [exchange.asked for exchange in fake.exchanges if "messages" in exchange.asked]
            asked[tenant] = {request["model"] for request in requests}
    assert asked == {"acme": {"acme-voice"}, "other": {"fake-1"}}
