"""What has fallen out of the window is told as a summary, made between replies of the log as it stands."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from llm.history import EARLIER
from llm.worker import Responder
from streaming import keys
from streaming.answers import ReplyDone
from streaming.bus import Bus
from streaming.drafts import DraftDone
from streaming.events import ModerationVerdict, Target
from tests.contracts.fake_llm import Exchange, FakeLlm, fake_llm
from tests.integration.responder_session import END, SID, Session, asking, begun

LONG = "my account is number 4711 and the parcel with the blue lamp never came to the house in Arles"
"""A third of the window of these tests."""


def summing_up(exchange: Exchange) -> bool:
    return exchange.asked["messages"][0]["content"].startswith("Sum up the conversation")


def told(exchange: Exchange) -> str:
    return exchange.asked["messages"][-1]["content"]


class Scripted:
    """A model, and what it answered: a summary says which town it has seen, a reply nothing of interest."""

    def __init__(self, fake: FakeLlm) -> None:
        fake.script = self.answer
        self.fake = fake
        self.summaries: list[str] = []
        self.replies: list[str] = []
        self._changed = asyncio.Condition()

    async def answer(self, exchange: Exchange) -> None:
        await exchange.head()
        if summing_up(exchange):
            await exchange.say(f"Covers {'Arles' if 'Arles' in told(exchange) else 'a town'}.")
        else:
            await exchange.say("I see.")
        await exchange.finish()
        await exchange.usage()
        await exchange.done()
        async with self._changed:
            if summing_up(exchange):
                self.summaries.append(told(exchange))
            else:
                self.replies.append(repr(exchange.asked["messages"]))
            self._changed.notify_all()

    async def summed(self, text: str, without: str = "nothing", after: int = 0) -> None:
        """Wait until a summary, not one of the first `after`, was made of this text, `without` that one."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(
                lambda: any(text in one and without not in one for one in self.summaries[after:])
            )
        await asyncio.sleep(0.1)  # the responder has read it, too


@pytest.fixture
async def model() -> AsyncIterator[Scripted]:
    async with fake_llm() as fake:
        yield Scripted(fake)


@pytest.fixture
async def responder(model: Scripted) -> AsyncIterator[Responder]:
    async with asking(model.fake) as responder:
        yield responder


@pytest.fixture
async def session(bus: Bus) -> AsyncIterator[Session]:
    async with begun(bus) as session:
        yield session


async def answered(session: Session, text: str) -> None:
    """A turn, its reply, and what the moderator lets be seen of it."""
    turn = await session.say(text)
    await session.until(DraftDone, turn)
    await session.log(ReplyDone(turn, turn, "completed", "I see.", "llm@0"))


def replaced(segment: int, place: int) -> ModerationVerdict:
    """The town's name was not to be shown."""
    span = (place, place + len("Arles"))
    return ModerationVerdict(Target(segment=segment), span, "redact", ["pii"], 1.0, 1.0, "rules@0", "[town]")


async def test_what_has_no_room_any_more_is_summed_up_between_replies_and_told_with_the_next(
    session: Session, model: Scripted, responder: Responder
) -> None:
    await session.serve(responder)
    for number in range(4):
        await answered(session, f"{number} {LONG}")
    await model.summed("2 my account")
    await answered(session, "and now")
    await session.log(END)
    await session.over()
    assert "User: 0 my account" in model.summaries[0]
    assert "Assistant: I see." in model.summaries[0]
    assert f"{EARLIER}Covers " in model.replies[-1]
    assert "0 my account" not in model.replies[-1]


async def test_a_summary_of_a_turn_in_which_a_verdict_replaced_something_is_dropped_and_made_again(
    session: Session, model: Scripted, responder: Responder
) -> None:
    await session.serve(responder)
    for number in range(4):
        await answered(session, f"{number} {LONG}")
    await model.summed("2 my account")
    texts = [f"{number} {LONG}" for number in range(4)]
    for segment, text in enumerate(texts, 1):
        place = text.index("Arles")
        await session.log(replaced(segment, place))
    await model.summed("[town]", without="Arles")
    await answered(session, "and now")
    await session.log(END)
    await session.over()
    assert "Arles" in model.summaries[0]
    assert f"{EARLIER}Covers a town." in model.replies[-1]
    assert "Arles" not in model.replies[-1]


async def test_after_a_restart_the_summary_is_made_of_the_log_and_no_checkpoint_has_it(
    bus: Bus, session: Session, model: Scripted, responder: Responder
) -> None:
    await session.serve(responder)
    for number in range(4):
        await answered(session, f"{number} {LONG}")
    await model.summed("2 my account")
    await session.kill()
    before = len(model.summaries)
    state = await bus.call("HGET", keys.stage(SID, "responder"), "state")
    assert b"answered" in state
    assert b"Covers" not in state
    await session.serve(responder)
    await model.summed("2 my account", after=before)
    await answered(session, "and now")
    await session.log(END)
    await session.over()
    assert "User: 0 my account" in model.summaries[before]
    assert f"{EARLIER}Covers " in model.replies[-1]


async def test_no_summary_is_made_while_a_reply_is_and_one_that_is_being_made_gives_way(
    session: Session, model: Scripted, responder: Responder
) -> None:
    stuck: asyncio.Queue[Exchange] = asyncio.Queue()
    go, asked = asyncio.Event(), asyncio.Event()

    async def slow(exchange: Exchange) -> None:
        if summing_up(exchange):
            await exchange.head()
            stuck.put_nowait(exchange)
            await exchange.gone.wait()
            return
        if told(exchange) == "and now":
            asked.set()
            await go.wait()
        await model.answer(exchange)

    model.fake.script = slow
    await session.serve(responder)
    for number in range(3):
        await answered(session, f"{number} {LONG}")
    first = await asyncio.wait_for(stuck.get(), 10)
    turn = await session.say("and now")
    await asyncio.wait_for(first.gone.wait(), 10)
    await asyncio.wait_for(asked.wait(), 10)
    await asyncio.sleep(0.2)
    assert stuck.empty()
    go.set()
    await session.until(DraftDone, turn)
    await asyncio.wait_for(stuck.get(), 10)
    await session.log(END)
    await session.over()
    assert [done.status for done in await session.dones()] == ["completed"] * turn
