"""A session whose server fails: another flavour answers, and that stands in what is told of the reply to its end."""

from llm.flavours.policy import FlavourPolicy
from llm.policy import LlmPolicy
from llm.worker import Responder
from moderation import replies
from moderation.floor import Floor
from streaming.bus import Bus
from streaming.drafts import DraftDone, DraftStarted
from streaming.events import ReplyDone
from tests.contracts.fake_llm import KEY, Exchange, fake_llm
from tests.integration.responder_session import END, begun


async def test_a_reply_says_at_its_end_who_made_it_after_all(bus: Bus) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.refuse("503 Service Unavailable", "loading")

    async with fake_llm() as small, fake_llm() as big, begun(bus) as session:
        small.script = refuse
        flavours = {
            "small": FlavourPolicy(url=small.url, key=KEY, remote_model="s"),
            "big": FlavourPolicy(url=big.url, key=KEY, remote_model="b"),
        }
        responder = Responder(LlmPolicy(flavours=flavours, max_tokens=5))
        served = await responder.start()
        await session.serve(responder)
        await session.say("Hello.")
        await session.until(DraftDone)
        await session.log(END)
        await session.over()
        await responder.stop()
        drafts = await session.all()
    assert [one.name for one in served if one.role == "responder"] == ["s", "b"]
    started, done = drafts[0], drafts[-2]
    assert isinstance(started, DraftStarted)
    assert isinstance(done, DraftDone)
    assert done.made_by.startswith("b@127.0.0.1")
    assert "big:fallback" in done.made_by.split()
    assert "routed_ms" in done.timing
    floor, _ = replies.begun(Floor(), started)
    _, events = replies.done(floor, done, "Hello.", "rules@1")
    (told,) = [event for event in events if isinstance(event, ReplyDone)]
    assert told.made_by == done.made_by
