"""The responder over real Redis: with the real small model, and with a server that does what a test says."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import msgspec
import pytest

from llm.policy import LlmPolicy
from llm.prompt import DEFAULT
from llm.responder import INTERRUPTED
from llm.talk import NO_WORDS
from llm.worker import Responder
from streaming import keys, models
from streaming.bus import Bus
from streaming.events import (
    AudioEnded,
    Event,
    ReplyDelta,
    ReplyDone,
    ReplyStarted,
    SpeechStarted,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
)
from streaming.facts import Draft, DraftDelta, DraftDone, DraftStarted, RepliesEnded, SessionConfig
from streaming.feed import Feed
from streaming.lease import Lease, LeaseLost
from tests.contracts.fake_llm import KEY, Exchange, FakeLlm, fake_llm, ramble, talk

SID = "s1"
END = AudioEnded([])
SMALL = "smollm2-135m"


class Session:
    """One session's log, written as the moderator would, and what the responder makes of it."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._turns = 0
        self.drafts: list[Draft] = []
        self._feed: Feed = bus.open({keys.draft(SID): "0-0"})
        self._serving: asyncio.Task[None] | None = None

    async def log(self, *events: Event) -> None:
        for event in events:
            await self._bus.append(keys.events(SID), msgspec.json.encode(event), ttl_ms=60_000)

    async def say(self, text: str, source: str = "speech") -> int:
        """A whole turn of the user; its number."""
        self._turns += 1
        turn, typed = self._turns, source == "text"
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        await self.log(
            TranscriptFinal(
                0, turn, text, 0, 900, [], "en", 1.0, "asr@0", source="text" if typed else "speech"
            ),
            TurnEnded(turn, 0, [turn], "text" if typed else "silence", time=now),
        )
        return turn

    async def serve(self, responder: Responder) -> None:
        """Have `responder` take the session over."""
        lease = await Lease.claim(self._bus, "responder", SID, "w")
        assert lease is not None
        self._serving = asyncio.create_task(responder.serve(lease, self._bus))

    async def over(self) -> None:
        """Wait until the responder is through, and pass its error on."""
        assert self._serving is not None
        await asyncio.wait_for(self._serving, 20)

    async def kill(self) -> None:
        assert self._serving is not None
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)

    async def until(self, kind: type, count: int = 1) -> None:
        """Wait until the draft has `count` facts of a kind."""
        async with asyncio.timeout(20):
            while sum(isinstance(fact, kind) for fact in self.drafts) < count:
                self.drafts += [msgspec.json.decode(e.body, type=Draft) for e in await self._feed.get()]

    async def all(self) -> list[Draft]:
        """The whole draft as it stands."""
        entries = await self._bus.read(keys.draft(SID))
        return [msgspec.json.decode(entry.body, type=Draft) for entry in entries]

    async def dones(self) -> list[DraftDone]:
        return [fact for fact in await self.all() if isinstance(fact, DraftDone)]

    async def text(self, reply: int) -> str:
        return "".join(f.text for f in await self.all() if isinstance(f, DraftDelta) and f.reply == reply)

    def close(self) -> None:
        self._feed.close()


@pytest.fixture
async def session(bus: Bus) -> AsyncIterator[Session]:
    config = SessionConfig(session_id=SID, mode="chat")
    await bus.call("HSET", keys.session(SID), "config", msgspec.json.encode(config), "socket", "1")
    session = Session(bus)
    yield session
    session.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


@pytest.fixture
async def remote(fake: FakeLlm) -> AsyncIterator[Responder]:
    """A responder that asks the fake."""
    responder = Responder(LlmPolicy(url=fake.url, key=KEY, max_tokens=20, history_tokens=100))
    await responder.start()
    yield responder
    await responder.stop()


@pytest.fixture
async def embedded() -> AsyncIterator[Responder]:
    """A responder with the real engine and the small model."""
    policy = LlmPolicy(model=SMALL, slots=1, context=1024, max_tokens=24)
    responder = Responder(policy, models.path(SMALL), models.digest(SMALL))
    await responder.start()
    yield responder
    await responder.stop()


# ---- the real model ------------------------------------------------------------------------------------------------


@pytest.mark.models
async def test_a_turn_gets_a_reply_made_by_the_file_on_disk(session: Session, embedded: Responder) -> None:
    await session.serve(embedded)
    await session.say("What is the capital of France?")
    await session.until(DraftDone)
    await session.log(END)
    await session.over()
    file = hashlib.sha256(models.path(SMALL).read_bytes()).hexdigest()
    begun, *words, done, end = await session.all()
    assert len(words) > 3
    assert all(isinstance(word, DraftDelta) and word.reply == 1 and word.text for word in words)
    assert isinstance(begun, DraftStarted)
    assert isinstance(done, DraftDone)
    assert begun == DraftStarted(1, 1, f"{SMALL}@{file[:16]}")
    assert (done.reply, done.answers, done.status, done.made_by) == (1, 1, "completed", begun.made_by)
    assert done.usage is not None
    assert 0 < done.usage.completion_tokens <= 24
    assert done.timing.keys() == {"queue_ms", "first_token_ms", "total_ms"}
    assert 0 < done.timing["first_token_ms"] <= done.timing["total_ms"]
    assert end == RepliesEnded()


@pytest.mark.models
async def test_what_serves_is_named_with_whole_hashes() -> None:
    responder = Responder(
        LlmPolicy(model=SMALL, slots=1, context=512), models.path(SMALL), models.digest(SMALL)
    )
    model, prompt = await responder.start()
    await responder.stop()
    assert (model.role, model.name, model.hash) == ("responder", SMALL, models.digest(SMALL))
    assert model.ref == f"{SMALL}@{model.hash[:16]}"
    assert (prompt.role, prompt.hash, prompt.ref) == ("prompt", DEFAULT.hash, DEFAULT.ref)


@pytest.mark.models
async def test_a_real_reply_stops_in_the_middle_and_the_next_turn_is_answered(
    session: Session, bus: Bus
) -> None:
    policy = LlmPolicy(model=SMALL, slots=1, context=1024, max_tokens=500)
    responder = Responder(policy, models.path(SMALL), models.digest(SMALL))
    await responder.start()
    await session.serve(responder)
    await session.say("Tell me a long story about a fox.")
    await session.until(DraftDelta, 3)
    await session.log(ReplyDone(1, 1, "cancelled", "Once", "x"))
    await asyncio.sleep(0.1)
    stopped = await bus.call("XLEN", keys.draft(SID))
    await asyncio.sleep(0.3)
    assert await bus.call("XLEN", keys.draft(SID)) == stopped
    await session.say("Stop.")
    await session.until(DraftStarted, 2)
    await session.until(DraftDelta, 1 + sum(isinstance(f, DraftDelta) for f in session.drafts))
    await session.log(SpeechStarted(0, 0), END)
    await session.over()
    await responder.stop()


# ---- turns and their replies ---------------------------------------------------------------------------------------


async def test_a_typed_message_is_a_turn_too(session: Session, remote: Responder, fake: FakeLlm) -> None:
    await session.serve(remote)
    await session.say("What is your name?", source="text")
    await session.log(END)
    await session.over()
    assert fake.exchanges[-1].asked["messages"] == [
        {"role": "system", "content": DEFAULT.text},
        {"role": "user", "content": "What is your name?"},
    ]
    (done,) = await session.dones()
    assert done.status == "completed"
    assert done.made_by == "fake-1@127.0.0.1"
    assert (await session.text(1)).startswith("word0 word1 ")


async def test_the_session_is_over_at_once_when_nothing_is_owed(session: Session, remote: Responder) -> None:
    await session.log(TranscriptPartial(0, 1, 1, "Hel", 0), END)
    await session.serve(remote)
    await session.over()
    assert await session.all() == [RepliesEnded()]


async def test_the_newest_turn_wins(session: Session, remote: Responder, fake: FakeLlm) -> None:
    fake.script = ramble
    await session.serve(remote)
    await session.say("One.")
    await session.until(DraftDelta, 2)
    first, fake.script = fake.exchanges[-1], talk
    await session.say("Two.")
    await asyncio.wait_for(first.gone.wait(), 5)
    await session.log(END)
    await session.over()
    assert [(d.reply, d.answers, d.status) for d in await session.dones()] == [
        (1, 1, "cancelled"),
        (2, 2, "completed"),
    ]


@pytest.mark.parametrize("event", [SpeechStarted(0, 0), ReplyDone(1, 1, "cancelled", "word0", "x")])
async def test_a_cancelled_reply_says_nothing_more_and_its_request_is_closed(
    session: Session, remote: Responder, fake: FakeLlm, event: Event
) -> None:
    fake.script = ramble
    await session.serve(remote)
    await session.say("One.")
    await session.until(DraftDelta, 2)
    await session.log(event)
    await asyncio.wait_for(fake.exchanges[-1].gone.wait(), 5)
    await session.log(END)
    await session.over()
    told = await session.dones()
    assert [done.status for done in told] == (["cancelled"] if isinstance(event, SpeechStarted) else [])
    drafts = await session.all()
    assert [type(fact) for fact in drafts[-len(told) - 1 :]] == [*map(type, told), RepliesEnded]


async def test_what_was_shown_is_the_history_of_the_next_reply(
    session: Session, remote: Responder, fake: FakeLlm
) -> None:
    fake.script = ramble
    await session.serve(remote)
    await session.say("My card is ••••.")
    await session.until(DraftDelta)
    fake.script = talk
    await session.log(
        ReplyStarted(1, 1, "x"), ReplyDelta(1, "Thank", 0), ReplyDone(1, 1, "cancelled", "Thank", "x")
    )
    await session.say("And now?")
    await session.log(END)
    await session.over()
    assert [m["content"] for m in fake.exchanges[-1].asked["messages"][1:]] == [
        "My card is ••••.",
        "Thank",
        "And now?",
    ]


async def test_the_history_stays_within_its_budget(
    session: Session, remote: Responder, fake: FakeLlm
) -> None:
    for turn in range(1, 31):
        await session.say(f"This is what I said in turn number {turn}.")
        await session.log(ReplyDone(turn, turn, "completed", f"This is the answer number {turn}.", "x"))
    await session.serve(remote)
    turn = await session.say("What is the last thing that I said?")
    await session.until(DraftStarted, turn)
    await session.until(DraftDelta)
    _system, *asked = fake.exchanges[-1].asked["messages"]
    assert asked[-1]["content"] == "What is the last thing that I said?"
    assert "number 30" in asked[-2]["content"]
    assert sum(len(message["content"]) for message in asked) < 3 * 100
    await session.kill()


async def test_a_turn_without_words_fails_and_asks_nobody(
    session: Session, remote: Responder, fake: FakeLlm
) -> None:
    asked = len(fake.exchanges)
    await session.say(" ")
    await session.log(END)
    await session.serve(remote)
    await session.over()
    assert [(done.status, done.error) for done in await session.dones()] == [("failed", NO_WORDS)]
    assert len(fake.exchanges) == asked


# ---- failures ------------------------------------------------------------------------------------------------------


async def test_a_failed_reply_says_why_and_the_session_goes_on(
    session: Session, remote: Responder, fake: FakeLlm
) -> None:
    async def refuse(exchange: Exchange) -> None:
        await exchange.refuse("500 Internal Server Error", "out of memory")

    fake.script = refuse
    await session.serve(remote)
    await session.say("One.")
    await session.until(DraftDone)
    fake.script = talk
    await session.say("Two.")
    await session.log(END)
    await session.over()
    failed, completed = await session.dones()
    assert failed.status == "failed"
    assert failed.error == "the language model's server answers 500: out of memory"
    assert await session.text(1) == ""
    assert completed.status == "completed"


async def test_a_server_that_is_away_is_no_reason_not_to_start(session: Session, fake: FakeLlm) -> None:
    responder = Responder(LlmPolicy(url="http://127.0.0.1:9", remote_model="big", first_token_s=5))
    model, _ = await responder.start()
    assert (model.name, model.hash, model.ref) == ("big", "", "big@127.0.0.1")
    await session.say("One.")
    await session.log(END)
    await session.serve(responder)
    await session.over()
    await responder.stop()
    (done,) = await session.dones()
    assert done.status == "failed"
    assert "127.0.0.1:9 cannot be reached" in (done.error or "")


# ---- restarts ------------------------------------------------------------------------------------------------------


async def test_a_reply_interrupted_by_a_restart_is_failed_and_made_again(
    session: Session, remote: Responder, fake: FakeLlm
) -> None:
    fake.script = ramble
    await session.log(
        SpeechStarted(0, 0)
    )  # it began the turn, and must not end the reply when the log is read again
    await session.serve(remote)
    await session.say("One.")
    await session.until(DraftDelta, 2)
    await session.kill()
    await asyncio.wait_for(fake.exchanges[-1].gone.wait(), 5)
    fake.script = talk
    await session.serve(remote)
    await session.log(END)
    await session.over()
    failed, completed = await session.dones()
    assert (failed.reply, failed.answers, failed.status, failed.error) == (1, 1, "failed", INTERRUPTED)
    assert (completed.reply, completed.answers, completed.status) == (2, 1, "completed")
    assert (await session.text(2)).count("word") == 20


async def test_after_a_restart_nothing_is_answered_twice(session: Session, remote: Responder) -> None:
    await session.serve(remote)
    await session.say("One.")
    await session.until(DraftDone)
    await session.kill()
    await session.serve(remote)
    await session.say("Two.")
    await session.log(END)
    await session.over()
    assert [(done.reply, done.answers) for done in await session.dones()] == [(1, 1), (2, 2)]


async def test_a_reply_cancelled_while_the_responder_was_away_is_not_made_again(
    session: Session, remote: Responder, fake: FakeLlm
) -> None:
    fake.script = ramble
    await session.serve(remote)
    await session.say("One.")
    await session.until(DraftDelta)
    await session.kill()
    await session.log(ReplyDone(1, 1, "cancelled", "", "x"), END)
    await session.serve(remote)
    await session.over()
    assert await session.dones() == []
    assert (await session.all())[-1] == RepliesEnded()


async def test_turns_that_came_while_no_responder_was_there_are_answered_when_one_comes(
    session: Session, remote: Responder, fake: FakeLlm
) -> None:
    before = len(fake.exchanges)
    await session.say("One.")
    await session.say("Two.")
    await session.log(END)
    await session.serve(remote)
    await session.over()
    assert [(d.answers, d.status) for d in await session.dones()] == [(1, "cancelled"), (2, "completed")]
    assert len(fake.exchanges) == before + 1


async def test_a_responder_that_lost_its_lease_writes_nothing_more_and_lets_go(
    session: Session, remote: Responder, fake: FakeLlm, bus: Bus
) -> None:
    fake.script = ramble
    await session.serve(remote)
    await session.say("One.")
    await session.until(DraftDelta, 2)
    await Lease.claim(bus, "responder", SID, "another")
    with pytest.raises(LeaseLost):
        await session.over()
    await asyncio.wait_for(fake.exchanges[-1].gone.wait(), 5)
    written = len(await session.all())
    await asyncio.sleep(0.1)
    assert len(await session.all()) == written


async def test_no_text_of_anybody_is_in_the_checkpoint(session: Session, remote: Responder, bus: Bus) -> None:
    await session.serve(remote)
    await session.say("A secret.")
    await session.until(DraftDelta)
    state = b" ".join(await bus.call("HGETALL", keys.stage(SID, "responder")))
    assert b"open" in state
    assert b"secret" not in state
    assert b"word" not in state
    await session.kill()
