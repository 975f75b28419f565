"""Clients of other services at the door: who is let in, what is told before and after the upgrade."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from streaming import keys
from streaming.bus import Bus
from streaming.events import SpeechStarted
from streaming.facts import SessionConfig
from streaming.ingress.tickets import Grant, issue
from streaming.wire.deepgram import asked
from tests.containers import packed
from tests.gateway import Gateway, eventually

LISTEN = "/v1/listen?encoding=linear16&sample_rate=16000"


@pytest.fixture
async def guarded(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    gateway = await Gateway(redis_url, keys=("desk:sesame",), max_sessions=2).up()
    yield gateway
    await gateway.down()


def address(gateway: Gateway, path: str = LISTEN) -> str:
    return f"ws://127.0.0.1:{gateway.port}{path}"


async def refused(url: str, **more: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    """How a connection is refused before the upgrade."""
    with pytest.raises(InvalidStatus) as caught:
        async with connect(url, **more):
            pass
    answer = caught.value.response
    return answer.status_code, json.loads(answer.body or b"{}"), dict(answer.headers)


async def closed(socket: ClientConnection) -> tuple[int, str]:
    """How a connection ends."""
    with pytest.raises(ConnectionClosed):
        async with asyncio.timeout(5):
            while True:
                await socket.recv()
    return socket.close_code or 0, socket.close_reason or ""


async def config(bus: Bus) -> SessionConfig:
    """Of the session that goes on."""

    async def live() -> list[bytes]:
        return await bus.call("ZRANGE", keys.LIVE, 0, -1)

    [sid] = await eventually(live, len)
    return msgspec.json.decode(
        await bus.call("HGET", keys.session(sid.decode()), "config"), type=SessionConfig
    )


async def stored(bus: Bus, sid: str) -> int:
    """16 kHz samples that are safe."""
    return int(await bus.call("HGET", keys.session(sid), "stored") or 0)


async def test_a_ticket_lets_one_session_in_and_none_of_another_mode(guarded: Gateway, bus: Bus) -> None:
    first = await issue(bus, Grant("shop", mode="transcribe"), 60)
    async with connect(address(guarded, f"{LISTEN}&ticket={first}")):
        assert (await config(bus)).tenant == "shop"
    assert (await refused(address(guarded, f"{LISTEN}&ticket={first}")))[0] == 401
    chat = await issue(bus, Grant("shop", mode="chat"), 60)
    assert (await refused(address(guarded, f"{LISTEN}&ticket={chat}")))[0] == 401


async def test_who_has_no_key_or_asks_for_what_is_not_there_is_refused_before_the_upgrade(
    guarded: Gateway,
) -> None:
    status, body, _ = await refused(address(guarded), additional_headers={"authorization": "Token no"})
    assert (status, body["err_code"]) == (401, "INVALID_AUTH")
    status, body, _ = await refused(address(guarded))
    assert (status, body["err_code"]) == (401, "INVALID_AUTH")
    key = {"authorization": "Token sesame"}
    status, body, head = await refused(address(guarded) + "&channels=77", additional_headers=key)
    assert (status, body["err_code"]) == (400, "Bad Request")
    assert "channels" in body["err_msg"]
    assert head["dg-request-id"] == body["request_id"]
    odd = "/v1/listen?encoding=linear16&sample_rate=12345"
    status, body, _ = await refused(address(guarded, odd), additional_headers=key)
    assert (status, "12345" in body["err_msg"]) == (400, True)
    status, _, _ = await refused(address(guarded), additional_headers=key, origin="https://evil.example")
    assert status == 403


async def test_a_key_may_come_as_a_subprotocol_and_who_finds_no_place_is_told_when_to_come_back(
    guarded: Gateway, bus: Bus
) -> None:
    async with connect(address(guarded), subprotocols=["token", "sesame"]) as first:  # type: ignore[list-item]
        assert first.subprotocol == "token"
        assert (await config(bus)).tenant == "desk"
        async with connect(address(guarded), additional_headers={"authorization": "Token sesame"}):
            key = {"authorization": "Token sesame"}
            status, body, head = await refused(address(guarded), additional_headers=key)
            assert (status, body["err_code"], head["retry-after"]) == (503, "SERVICE_UNAVAILABLE", "5")


async def test_who_says_nothing_is_let_go_and_who_keeps_it_alive_is_not(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "QUIET_S", 0.4)
    async with connect(address(gateway)) as socket:
        for _ in range(4):
            await asyncio.sleep(0.2)
            await socket.send('{"type":"KeepAlive"}')
        code, reason = await closed(socket)
    assert code == 1011
    assert reason.startswith("NET-0001")


async def test_what_is_said_reaches_the_session_in_whatever_pieces_it_comes(
    gateway: Gateway, bus: Bus
) -> None:
    async with connect(address(gateway, "/v1/listen?encoding=mulaw&channels=2&extra=a:b")) as socket:
        found = await config(bus)
        assert found.metadata == {"a": "b", "api": "deepgram"}
        for _ in range(160):  # an odd byte too many each, which would be 160 samples in all
            await socket.send(bytes([255]) * 101)
        have = await eventually(lambda: stored(bus, found.session_id), lambda have: have > 16_000, 3)
        assert 16_000 < have <= 16_160
        assert found.audio is not None
        assert found.audio.channels == 1


@pytest.mark.parametrize("kind", ["webm", "ogg", "flac"])
async def test_a_container_needs_no_encoding(gateway: Gateway, bus: Bus, kind: str) -> None:
    path = "/v1/listen?encoding=opus" if kind == "ogg" else "/v1/listen"
    async with connect(address(gateway, path)) as socket:
        file = packed(kind, "conf-onlyone")
        for at in range(0, len(file), 4_000):
            await socket.send(file[at : at + 4_000])
        found = await config(bus)
        await eventually(lambda: stored(bus, found.session_id), lambda have: have > 16_000)
        await socket.send('{"type":"CloseStream"}')
        assert await eventually(lambda: bus.call("HGET", keys.session(found.session_id), "ending"), bool)
    assert await eventually(lambda: asyncio.sleep(0, _unpacking()), lambda left: not left) == []


def _unpacking() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "unpacking"]


async def test_what_is_no_sound_ends_the_session_with_a_reason(gateway: Gateway) -> None:
    async with connect(address(gateway, "/v1/listen")) as socket:
        await socket.send(bytes(range(256)) * 400)
        await socket.send('{"type":"CloseStream"}')
        code, reason = await closed(socket)
    assert (code, reason[:9]) == (1008, "DATA-0000")
    async with connect(address(gateway, "/v1/listen?encoding=opus")) as socket:
        await socket.send(b"\xff" * 5_000)
        code, reason = await closed(socket)
    assert (code, reason[:9]) == (1008, "DATA-0000")


async def test_results_come_from_the_log_and_a_gateway_that_goes_says_so(gateway: Gateway, bus: Bus) -> None:
    async with connect(address(gateway, LISTEN + "&vad_events=true")) as socket:
        found = await config(bus)
        body = msgspec.json.encode(SpeechStarted(0, 500))
        await bus.call("XADD", keys.events(found.session_id), "*", "e", body)
        told = json.loads(await asyncio.wait_for(socket.recv(), 5))
        assert told == {"type": "SpeechStarted", "channel": [0, 1], "timestamp": 0.5}
        await socket.send("{")
        wrong = json.loads(await asyncio.wait_for(socket.recv(), 5))
        assert (wrong["type"], wrong["variant"], wrong["message"]) == ("Error", "SchemaError", "{")
        down = asyncio.create_task(gateway.down())
        code, _ = await closed(socket)
        await down
    assert code == 1012


async def test_who_goes_without_a_word_leaves_a_session_that_ends(gateway: Gateway, bus: Bus) -> None:
    async with connect(address(gateway)) as socket:
        found = await config(bus)
        await socket.send(bytes(3_200))
    record = keys.session(found.session_id)
    assert await eventually(lambda: bus.call("HGET", record, "ending"), bool)
    assert await stored(bus, found.session_id) == 1_600
