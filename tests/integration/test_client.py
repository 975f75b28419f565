"""The client against a server that is away, odd or broken: it waits as long as it may, then says so to everybody."""

import asyncio
from collections.abc import Awaitable

import pytest
from websockets.asyncio.server import ServerConnection

from streaming.client.arrivals import MOST
from streaming.client.client import Client, ClientPolicy, Message
from streaming.client.outbox import Outbox
from streaming.client.patience import PAUSES_S
from streaming.errors import ClientFault, Fault, ServiceFault
from streaming.events import AudioFormat, SessionEnded, SpeechStarted
from streaming.wire import messages as said
from tests.odd_server import OddServer, ended, refused, resumed, spoke, started, tell, then

SECOND = bytes(32_000)


async def read(client: Client) -> list[Message]:
    return [message async for message in client]


async def fault(work: Awaitable[object]) -> Fault:
    """With what it ends; a test that waits for it in vain fails."""
    with pytest.raises(Fault) as caught:
        await asyncio.wait_for(work, 5)
    return caught.value


def numbers(messages: list[Message]) -> list[int]:
    return [m.event.at_ms for m in messages if isinstance(m.event, SpeechStarted)]


async def event(socket: ServerConnection) -> None:
    await spoke(socket, 2)


async def end(socket: ServerConnection) -> None:
    await ended(socket, 9)


# ---- coming back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("close", [1011, 1012])
async def test_a_server_that_cannot_resume_us_now_is_asked_again(close: int) -> None:
    away = refused("bus_down", close)
    async with (
        OddServer(started, away, away, then(resumed, event, end)) as server,
        Client(server.url) as client,
    ):
        messages = await asyncio.wait_for(read(client), 5)
    assert numbers(messages) == [2]
    assert (client.resumes, len(server.came)) == (1, 4)
    assert [first["type"] for first in server.first] == ["session.start"] + ["session.resume"] * 3


@pytest.mark.parametrize("close", [1011, 1012, 1013])
async def test_a_server_that_names_a_time_to_come_back_is_left_alone_for_so_long(close: int) -> None:
    async with (
        OddServer(
            then(started, refused("first", close, 0.4)),
            refused("second", close, 0.6),
            then(resumed, end),
        ) as server,
        Client(server.url) as client,
    ):
        await asyncio.wait_for(read(client), 5)
    after_the_session, after_the_resume = server.pauses()
    assert after_the_session >= 0.4
    assert after_the_resume >= 0.6


async def test_a_server_that_never_resumes_us_is_given_up_and_its_reason_told() -> None:
    async with (
        OddServer(started, refused("bus_down", 1011)) as server,
        Client(server.url, policy=ClientPolicy(give_up_s=0.7)) as client,
    ):
        lost = await fault(read(client))
    assert isinstance(lost, ServiceFault)
    assert lost.code == "lost"
    assert "has not answered for 0.7 s (it said: told: bus_down)" in lost.message
    assert len(server.came) >= 3


async def test_a_server_that_takes_us_in_only_to_throw_us_out_is_neither_stormed_nor_tried_for_ever() -> None:
    async with (
        OddServer(started, resumed) as server,
        Client(server.url, policy=ClientPolicy(give_up_s=1.5)) as client,
    ):
        lost = await fault(read(client))
    assert lost.code == "lost"
    assert [pause > least for pause, least in zip(server.pauses(), PAUSES_S[:4], strict=False)] == [True] * 4
    assert len(server.came) <= 7


async def test_a_resume_that_is_refused_for_good_is_not_tried_again() -> None:
    async with OddServer(started, refused("unknown_session", 1008)) as server, Client(server.url) as client:
        lost = await fault(read(client))
    assert isinstance(lost, ClientFault)
    assert (lost.code, lost.close, len(server.came)) == ("unknown_session", 1008, 2)


# ---- what cannot be understood, and what breaks -------------------------------------------------------------------


async def newer(socket: ServerConnection) -> None:
    await tell(socket, "audio.gap", id="2-0", channel=0, from_ms=0, to_ms=1, reason="eaten")
    await tell(socket, "audio.gap", id="x", channel=0, from_ms=0, to_ms=1, reason="lost")
    await socket.send("no JSON")
    await socket.send(b"\x00\xff")
    await tell(socket, "weather", id="3-0", outlook="fair")
    await spoke(socket, 4, mood="a field from later on")


async def test_an_event_of_a_newer_server_is_left_out_and_logged_and_the_session_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with OddServer(then(started, newer), then(resumed, end)) as server, Client(server.url) as client:
        messages = await asyncio.wait_for(read(client), 5)
    assert [m.id for m in messages] == ["1-0", "4-0", "", "9-0"]
    assert server.first[1]["last_event_id"] == "4-0"
    warnings = [r.getMessage() for r in caplog.records if r.name == "streaming.client.arrivals"]
    assert len(warnings) == 4
    assert "audio.gap" in warnings[0]
    assert "eaten" in warnings[0]


async def test_an_event_that_was_left_out_is_not_asked_for_again() -> None:
    async def only(socket: ServerConnection) -> None:
        await tell(socket, "audio.gap", id="2-0", channel=0, from_ms=0, to_ms=1, reason="eaten")

    async with OddServer(then(started, only), then(resumed, end)) as server, Client(server.url) as client:
        await asyncio.wait_for(read(client), 5)
    assert server.first[1]["last_event_id"] == "2-0"


@pytest.mark.parametrize("broken", ["acked", "_frame"])
async def test_a_fault_of_our_own_is_told_to_who_reads_and_to_who_sends(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("broken")

    async def acks(socket: ServerConnection) -> None:
        await asyncio.sleep(0.1)
        await tell(socket, "audio.ack", samples=1)
        await socket.wait_closed()

    monkeypatch.setattr(Outbox, broken, breaks)
    async with OddServer(then(started, acks)) as server, Client(server.url) as client:
        told = await asyncio.gather(fault(read(client)), fault(client.send(SECOND * 3)))
    assert [one.code for one in told] == ["client_failed"] * 2
    assert isinstance(told[0], ServiceFault)
    assert "broken" in told[0].message


async def test_whoever_still_reads_when_the_client_is_left_is_told() -> None:
    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with OddServer(then(started, silent)) as server:
        async with Client(server.url) as client:
            reading = asyncio.create_task(fault(read(client)))
            await asyncio.sleep(0.05)
        assert (await reading).code == "left"


async def test_a_session_that_has_ended_has_ended_for_every_reader() -> None:
    async with OddServer(then(started, end)) as server, Client(server.url) as client:
        assert isinstance((await asyncio.wait_for(read(client), 5))[-1].event, SessionEnded)
        assert await asyncio.wait_for(read(client), 1) == []


# ---- a reader that is behind --------------------------------------------------------------------------------------


class Flood:
    """So many events of 10 kB that no buffer of the network has them all."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.sent = 0

    async def __call__(self, socket: ServerConnection) -> None:
        for number in range(2, self.count + 2):
            await spoke(socket, number, padding="." * 10_000)
            self.sent += 1
        await ended(socket, self.count + 2)


async def test_a_server_is_not_read_further_than_its_events_are_and_nothing_is_lost() -> None:
    flood = Flood(4_000)
    async with OddServer(then(started, flood)) as server, Client(server.url) as client:
        before = -1
        while before < flood.sent:
            before = flood.sent
            await asyncio.sleep(0.4)
        assert MOST <= flood.sent < 4_000
        assert numbers(await asyncio.wait_for(read(client), 30)) == list(range(2, 4_002))
    assert client.resumes == 0


async def test_whoever_sends_and_never_reads_is_told_instead_of_waiting_for_ever() -> None:
    policy = ClientPolicy(give_up_s=0.5)
    start = said.SessionStart(audio=AudioFormat())
    async with (
        OddServer(then(started, Flood(2 * MOST))) as server,
        Client(server.url, start=start, policy=policy) as client,
    ):
        unread = await fault(client.send(SECOND * 2))  # the credit is one second
        assert (unread.code, type(unread)) == ("unread", ClientFault)
        got: list[Message] = []
        with pytest.raises(ClientFault, match="read while you send"):
            async for message in client:
                got.append(message)  # noqa: PERF401 - what came before the fault is looked at
    assert len(got) == MOST


async def test_a_server_that_takes_connections_and_says_nothing_is_named() -> None:
    async def silent(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with OddServer(silent) as server:
        with pytest.raises(ServiceFault, match="says nothing"):
            async with Client(server.url, policy=ClientPolicy(open_s=0.3)):
                pass
