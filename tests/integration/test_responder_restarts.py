"""Failures and restarts of the responder over real Redis."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from llm.policy import LlmPolicy
from llm.prompts.shelf import DEFAULT
from llm.responder import INTERRUPTED
from llm.talk import OURS
from llm.worker import Responder
from streaming import keys
from streaming.bus import Bus
from streaming.drafts import DraftDelta, DraftDone, RepliesEnded
from streaming.events import (
    ReplyDone,
    SpeechStarted,
)
from streaming.lease import Lease, LeaseLost
from tests.contracts.fake_llm import KEY, Exchange, FakeLlm, fake_llm, ramble, talk
from tests.integration.responder_session import END, SID, Session, asking, begun


@pytest.fixture
async def session(bus: Bus) -> AsyncIterator[Session]:
    async with begun(bus) as session:
        yield session


@pytest.fixture
async def fake() -> AsyncIterator[FakeLlm]:
    async with fake_llm() as fake:
        yield fake


@pytest.fixture
async def remote(fake: FakeLlm) -> AsyncIterator[Responder]:
    async with asking(fake) as responder:
        yield responder


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
    model, *_ = await responder.start()
    assert (model.name, model.hash, model.ref) == ("big", "", "big@127.0.0.1")
    await session.say("One.")
    await session.log(END)
    await session.serve(responder)
    await session.over()
    await responder.stop()
    (done,) = await session.dones()
    assert done.status == "failed"
    assert "127.0.0.1:9 cannot be reached" in (done.error or "")


async def test_a_server_that_comes_back_is_asked_for_the_model_it_lists(
    session: Session, fake: FakeLlm
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    responder = Responder(LlmPolicy(url=f"http://127.0.0.1:{port}", key=KEY, max_tokens=3))
    model, *_ = await responder.start()
    assert (model.name, model.ref) == ("127.0.0.1", "model@127.0.0.1")
    await session.serve(responder)
    await session.say("One.")
    await session.until(DraftDone)
    async with await asyncio.start_server(fake.serve, "127.0.0.1", port):
        await session.say("Two.")
        await session.until(DraftDone, 2)
        assert fake.exchanges[-1].asked["model"] == "fake-1"
        await session.say("Three.")
        await session.log(END)
        await session.over()
        await responder.stop()
    done = await session.dones()
    assert [one.status for one in done] == ["failed", "completed", "completed"]
    assert done[2].made_by == f"fake-1@127.0.0.1 {DEFAULT.ref}"


async def test_a_server_that_never_stops_is_not_read_on(
    session: Session, remote: Responder, fake: FakeLlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llm.talk.LONGEST", 50)
    fake.script = ramble
    await session.serve(remote)
    await session.say("One.")
    await session.until(DraftDone)
    await asyncio.wait_for(fake.exchanges[-1].gone.wait(), 5)
    await session.log(END)
    await session.over()
    assert [done.status for done in await session.dones()] == ["completed"]
    assert await session.text(1) == "word " * 11


async def test_what_fails_on_our_side_fails_the_reply_alone(
    session: Session, remote: Responder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> list[object]:
        raise KeyError("a secret")

    await session.serve(remote)
    with monkeypatch.context() as patched:
        patched.setattr("llm.answering.messages", broken)
        await session.say("One.")
        await session.until(DraftDone)
    await session.say("Two.")
    await session.log(END)
    await session.over()
    assert [(one.status, one.error) for one in await session.dones()] == [
        ("failed", OURS),
        ("completed", None),
    ]
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text


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
