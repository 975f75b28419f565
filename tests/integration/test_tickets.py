"""Tickets: a page speaks without a key, once, and for nothing else."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from streaming.bus import Bus
from streaming.errors import ClientFault
from streaming.ingress.tickets import Grant, issue, look, use
from streaming.keys import session
from tests.gateway import START, Gateway, eventually, heard_until_closed

KEY = {"authorization": "Bearer sesame"}
PAGE = "https://desk.example"
Told = tuple[str, str]
STARTED: Told = ("session.started", "")
REFUSED: Told = ("error", "unauthorized")


@pytest.fixture
async def keyed(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    """A gateway that wants a key, and answers pages of one other site."""
    gateway = await Gateway(redis_url, keys=("shop:sesame",), origins=(PAGE,)).up()
    yield gateway
    await gateway.down()


def site(gateway: Gateway) -> str:
    """Its address for HTTP."""
    return f"http://127.0.0.1:{gateway.port}"


async def spend(bus: Bus, shown: str) -> Grant:
    """As a session does that begins."""
    return await use(bus, await look(bus, shown))


async def ticket(gateway: Gateway, **asked: Any) -> str:
    """What `POST /v1/tickets` gives for the shop's key."""
    async with httpx.AsyncClient(base_url=site(gateway)) as web:
        made = await web.post("/v1/tickets", headers=KEY, json=asked)
    assert made.status_code == 201, made.text
    assert made.json()["subprotocol"] == "vivavoce-ticket." + made.json()["ticket"]
    return made.json()["ticket"]


async def first(gateway: Gateway, shown: str, start: str = START, **more: Any) -> Told:
    """What somebody who shows a ticket is told first."""
    names: Any = ["vivavoce.v1", f"vivavoce-ticket.{shown}"]
    async with connect(gateway.url, subprotocols=names, **more) as socket:
        assert socket.subprotocol == "vivavoce.v1"
        with contextlib.suppress(ConnectionClosed):  # an origin is looked at before anything is said
            await socket.send(start)
        told = json.loads(await socket.recv())
    return told["type"], told.get("code", "")


async def test_a_ticket_lets_one_session_in_at_any_gateway_and_no_second_one(
    redis_url: str, keyed: Gateway
) -> None:
    shown = await ticket(keyed)
    other = await Gateway(redis_url, keys=("shop:sesame",)).up()
    try:
        assert await first(other, shown) == STARTED
        assert await first(other, shown) == REFUSED
        assert await first(keyed, shown) == REFUSED
    finally:
        await other.down()
    assert await first(keyed, "made-up") == REFUSED


async def test_a_ticket_may_be_shown_in_the_query_and_its_session_is_the_tenants(
    keyed: Gateway, bus: Bus
) -> None:
    async with connect(f"{keyed.url}?ticket={await ticket(keyed)}") as socket:
        await socket.send(START)
        started = json.loads(await socket.recv())
    config = await bus.call("HGET", session(started["session_id"]), "config")
    assert json.loads(config)["tenant"] == "shop"


async def test_a_ticket_is_good_for_its_mode_its_origin_and_its_seconds_alone(keyed: Gateway) -> None:
    chat = START.replace("{", '{"mode":"chat",', 1)
    assert await first(keyed, await ticket(keyed, mode="chat")) == REFUSED
    assert await first(keyed, await ticket(keyed, mode="chat"), chat) == STARTED
    assert await first(keyed, await ticket(keyed, origin=PAGE), origin=PAGE) == STARTED
    assert await first(keyed, await ticket(keyed, origin="https://shop.example"), origin=PAGE) == (
        "error",
        "bad_origin",
    )
    evil = await ticket(keyed)
    assert await first(keyed, evil, origin="https://evil.example") == ("error", "bad_origin")
    short = await ticket(keyed, seconds=0.2)
    await asyncio.sleep(0.3)
    assert await first(keyed, short) == REFUSED


async def test_whoever_came_with_a_ticket_resumes_with_its_token_alone(keyed: Gateway) -> None:
    names: Any = ["vivavoce.v1", f"vivavoce-ticket.{await ticket(keyed)}"]
    async with connect(keyed.url, subprotocols=names) as socket:
        await socket.send(START)
        told = json.loads(await socket.recv())
    resume = {"type": "session.resume", "session_id": told["session_id"], "last_event_id": told["id"]}
    async with connect(keyed.url, subprotocols=names) as socket:
        await socket.send(json.dumps(resume | {"resume_token": told["resume_token"]}))
        assert json.loads(await socket.recv())["type"] == "session.resumed"
    async with connect(keyed.url, subprotocols=names) as socket:
        await socket.send(json.dumps(resume | {"resume_token": "guessed"}))
        [refused], closed = await heard_until_closed(socket)
    assert (refused["code"], closed) == ("unknown_session", 1008)


async def test_only_who_has_a_speakers_key_makes_tickets(keyed: Gateway) -> None:
    async with httpx.AsyncClient(base_url=site(keyed)) as web:
        assert (await web.post("/v1/tickets")).status_code == 401
        wrong = {"authorization": "Bearer other"}
        assert (await web.post("/v1/tickets", headers=wrong, json={})).status_code == 401
        evil = KEY | {"origin": "https://evil.example"}
        assert (await web.post("/v1/tickets", headers=evil)).status_code == 403
        assert (await web.post("/v1/tickets", headers=KEY)).status_code == 201
        for asked in ({"seconds": 61}, {"seconds": 0}, {"mode": "x"}, {"minutes": 1}):
            assert (await web.post("/v1/tickets", headers=KEY, json=asked)).status_code == 400


async def test_of_many_who_show_one_ticket_at_once_one_has_it(bus: Bus, redis_url: str) -> None:
    other = Bus(redis_url)
    for number in range(20):  # the first finds no connection open yet
        shown = await issue(bus, Grant(f"shop {number}"), 10)
        many = (spend(one, shown) for one in (bus, other) * 8)
        tried = await asyncio.gather(*many, return_exceptions=True)
        assert [one for one in tried if isinstance(one, Grant)] == [Grant(f"shop {number}")]
        assert {type(one) for one in tried} == {Grant, ClientFault}
    await other.close()


async def test_what_redis_keeps_of_a_ticket_lets_nobody_in_and_expires(bus: Bus) -> None:
    shown = await issue(bus, Grant("shop", once=False), 10, "ek_")
    assert shown.startswith("ek_")
    [name] = await bus.call("KEYS", "{tickets}:*")
    assert shown not in name.decode()
    assert 0 < await bus.call("PTTL", name) <= 10_000
    assert [await spend(bus, shown) for _ in range(3)] == [Grant("shop", once=False)] * 3


LISTEN = "/v1/listen?encoding=linear16&sample_rate=16000"
REALTIME = "/v1/realtime?intent=transcription"


@pytest.mark.parametrize("path", [None, LISTEN, REALTIME])
async def test_a_ticket_that_was_shown_while_there_was_no_room_is_good_once_there_is(
    redis_url: str, path: str | None
) -> None:
    gateway = await Gateway(redis_url, keys=("shop:sesame",), max_sessions=1).up()
    shown = await ticket(gateway)

    async def comes_in() -> bool:
        if path is None:
            return await first(gateway, shown) == STARTED
        with contextlib.suppress(InvalidStatus):
            async with connect(f"ws://127.0.0.1:{gateway.port}{path}&ticket={shown}"):
                return True
        return False

    try:
        async with connect(gateway.url, additional_headers=KEY) as taken:
            await taken.send(START)
            assert json.loads(await taken.recv())["type"] == "session.started"
            assert [await comes_in() for _ in range(3)] == [False] * 3
        assert await eventually(comes_in, bool)
        assert not await comes_in()
    finally:
        await gateway.down()


async def test_of_many_who_begin_by_one_ticket_at_once_one_session_begins(keyed: Gateway, bus: Bus) -> None:
    shown = await ticket(keyed)
    told = await asyncio.gather(*(first(keyed, shown) for _ in range(8)))
    assert sorted(told) == [REFUSED] * 7 + [STARTED]
