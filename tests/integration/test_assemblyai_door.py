"""AssemblyAI's clients at the door: who is let in, and what is told to who is not, or no longer."""

import asyncio
import json
import queue
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from assemblyai.streaming.v3 import (
    StreamingClient,
    StreamingClientOptions,
    StreamingEvents,
    StreamingParameters,
)
from websockets.asyncio.client import connect

from streaming import keys
from streaming.bus import Bus
from streaming.events import SpeechStarted
from streaming.ingress.tickets import Grant, issue
from tests.gateway import Gateway, eventually, heard_until_closed
from tests.integration.test_dialects_door import config, stored

PATH = "/v3/ws?sample_rate=16000"
KEY = {"authorization": "sesame"}


@pytest.fixture
async def guarded(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    gateway = await Gateway(redis_url, keys=("desk:sesame",), max_sessions=1).up()
    yield gateway
    await gateway.down()


def address(gateway: Gateway, more: str = "") -> str:
    return f"ws://127.0.0.1:{gateway.port}{PATH}{more}"


async def refused(url: str, **more: Any) -> tuple[int, str]:
    """The close code of who is not let in, and why; the error before it has the same code."""
    async with connect(url, **more) as socket:
        told, code = await heard_until_closed(socket)
    [error] = told
    assert (error["type"], error["error_code"]) == ("Error", code)
    return code, error["error"]


async def test_who_has_no_key_or_asks_for_what_is_not_there_is_told_so_on_an_open_socket(
    guarded: Gateway,
) -> None:
    assert (await refused(address(guarded)))[0] == 1008
    code, told = await refused(address(guarded), additional_headers={"authorization": "no"})
    assert (code, "not known" in told) == (1008, True)
    assert (await refused(address(guarded), additional_headers=KEY, origin="https://evil.example"))[0] == 1008
    code, told = await refused(address(guarded, "&encoding=flac"), additional_headers=KEY)
    assert (code, "flac" in told) == (3006, True)
    code, told = await refused(
        f"ws://127.0.0.1:{guarded.port}/v3/ws?sample_rate=12345", additional_headers=KEY
    )
    assert (code, "12345" in told) == (3006, True)
    async with connect(address(guarded), additional_headers=KEY) as first:
        assert json.loads(await first.recv())["type"] == "Begin"
        assert (await refused(address(guarded), additional_headers=KEY))[0] == 3009


async def test_a_ticket_in_the_address_or_in_place_of_the_key_lets_one_session_in(
    guarded: Gateway, bus: Bus
) -> None:
    ticket = await issue(bus, Grant("shop", mode="transcribe"), 60)
    async with connect(address(guarded, f"&token={ticket}")):
        assert (await config(bus)).tenant == "shop"
    assert (await refused(address(guarded, f"&token={ticket}")))[0] == 1008
    chat = await issue(bus, Grant("shop", mode="chat"), 60)
    assert (await refused(address(guarded, f"&token={chat}")))[0] == 1008
    ticket = await issue(bus, Grant("kiosk"), 60)
    assert await asyncio.to_thread(came_in, guarded, ticket) == "Begin"
    assert await asyncio.to_thread(came_in, guarded, ticket) == 1008


def came_in(gateway: Gateway, ticket: str) -> Any:
    """What AssemblyAI's own client is told first that shows a ticket, as its temporary tokens are shown."""
    told: queue.Queue[Any] = queue.Queue()
    options = StreamingClientOptions(api_host=f"ws://127.0.0.1:{gateway.port}", token=ticket)
    client: Any = StreamingClient(options)
    client.on(StreamingEvents.Begin, lambda _, event: told.put(event.type))
    client.on(StreamingEvents.Error, lambda _, error: told.put(error.code))
    parameters: Any = StreamingParameters
    client.connect(parameters(sample_rate=16_000))
    first = told.get(timeout=5)
    client.disconnect()
    return first


async def test_what_is_said_reaches_the_session_in_whatever_pieces_it_comes(
    gateway: Gateway, bus: Bus
) -> None:
    async with connect(address(gateway, "&max_turn_silence=700")) as socket:
        found = await config(bus)
        assert found.metadata == {"api": "assemblyai"}
        for _ in range(160):
            await socket.send(bytes(641))
        have = await eventually(lambda: stored(bus, found.session_id), lambda have: have > 51_000, 3)
        assert 51_000 < have <= 51_280
        body = msgspec.json.encode(SpeechStarted(0, 500))
        await bus.call("XADD", keys.events(found.session_id), "*", "e", body)
        assert json.loads(await socket.recv())["id"] == found.session_id
        assert json.loads(await socket.recv()) == {"type": "SpeechStarted", "timestamp": 500}


@pytest.mark.parametrize(
    "frame", ["{", '{"type":"Other"}', '{"type":"UpdateConfiguration","max_turn_silence":""}']
)
async def test_a_message_that_is_none_ends_the_session_with_a_reason(gateway: Gateway, frame: str) -> None:
    async with connect(address(gateway)) as socket:
        await socket.send(frame)
        told, code = await heard_until_closed(socket)
    assert (told[-1]["type"], told[-1]["error_code"], code) == ("Error", 3006, 3006)


async def test_who_says_nothing_for_as_long_as_he_said_is_let_go_and_a_gateway_that_goes_says_so(
    gateway: Gateway,
) -> None:
    async with connect(address(gateway, "&inactivity_timeout=1")) as socket:
        await asyncio.sleep(0.7)
        await socket.send('{"type":"KeepAlive"}')
        await asyncio.sleep(0.7)
        await socket.send(bytes(3_200))
        told, code = await heard_until_closed(socket)
        assert ([one["type"] for one in told], code) == (["Begin", "Error"], 4031)
    async with connect(address(gateway)) as socket:
        assert json.loads(await socket.recv())["type"] == "Begin"
        down = asyncio.create_task(gateway.down())
        told, code = await heard_until_closed(socket)
        await down
    assert (told[-1]["error_code"], code) == (1012, 1012)
