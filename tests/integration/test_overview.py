"""A supervisor's read of all live sessions: one answer that goes on."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from streaming.bus import Bus
from streaming.events import SessionEnded
from streaming.ingress import overview
from streaming.ingress.live import Live
from streaming.presence import AgentNote
from tests.core.test_glance import final
from tests.gateway import Gateway, eventually
from tests.integration.test_agent_acts import ASSIST, call, keyed
from tests.viewers import begun, tell

__all__ = ["call", "keyed"]


@asynccontextmanager
async def following(gateway: Gateway, key: str) -> AsyncGenerator[AsyncIterator[dict[str, Any]]]:
    """The updates that a reader with this key is sent."""
    url = gateway.url.replace("ws", "http").removesuffix("stream") + "live"
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(timeout=10) as client, client.stream("GET", url, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield updates(answer.aiter_lines())


async def updates(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    async for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


async def until(told: AsyncIterator[dict[str, Any]], what: str, sid: str) -> Any:
    """The first update that has the session among `what`."""
    async with asyncio.timeout(15):
        async for one in told:
            for session in one[what]:
                if session == sid or (what == "sessions" and session["session"]["session_id"] == sid):
                    return session
    raise AssertionError("the answer is over")


async def test_a_reader_is_told_of_the_tenants_sessions_their_words_and_their_end_and_it_is_logged(
    keyed: Gateway,
    call: tuple[ClientConnection, dict[str, Any]],
    bus: Bus,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    sid = call[1]["session_id"]
    await tell(bus, sid, final(1, 1, "My bill is wrong."))
    async with following(keyed, "lens") as told, following(keyed, "other's") as others:
        first = await until(told, "sessions", sid)
        assert [one["text"] for one in first["words"]] == ["My bill is wrong."]
        assert (first["session"]["mode"], first["session"]["channels"]) == ("assist", 2)
        assert await anext(others) == {"sessions": [], "gone": [], "trouble": ""}
        await tell(bus, sid, final(0, 2, "Let me look."), AgentNote("Offer ten days.", "anna"))
        more = await until(told, "sessions", sid)
        while more["notes"] == 0:
            more = await until(told, "sessions", sid)
        assert [one["text"] for one in more["words"]] == ["Let me look.", "My bill is wrong."]
        late, started = await begun(keyed, ASSIST, key="sesame")
        await until(told, "sessions", started["session_id"])
        await tell(bus, started["session_id"], SessionEnded("client", []))
        assert await until(told, "gone", started["session_id"]) == started["session_id"]
        await late.close()

    async def seen() -> list[str]:
        return [one for one in caplog.messages if "anna of shop looked for" in one]

    [line] = await eventually(seen, len)
    assert sid in line


async def test_nobody_without_a_readers_key_is_told(
    keyed: Gateway, call: tuple[ClientConnection, dict[str, Any]]
) -> None:
    url = keyed.url.replace("ws", "http").removesuffix("stream") + "live"
    async with httpx.AsyncClient() as client:
        for key in ("none", "sesame", call[1]["watch_token"], call[1]["resume_token"]):
            assert (await client.get(url, headers={"authorization": f"Bearer {key}"})).status_code == 401


async def test_redis_is_asked_once_however_many_look_and_not_at_all_when_nobody_does(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed: list[str] = []

    async def listing(_: Bus, tenant: str, most: int) -> list[Live]:
        listed.append(tenant)
        return [Live("s", "assist", 1, 2)][:most]

    monkeypatch.setattr(overview, "live_sessions", listing)
    monkeypatch.setattr(overview, "LOOK_S", 0.05)
    seen = overview.Overview(bus)
    readers = [seen.follow("shop") for _ in range(3)]
    try:
        first = await asyncio.gather(*(anext(one) for one in readers))
        assert [len(one.sessions) for one in first] == [1, 1, 1]
        assert listed == ["shop"]
    finally:
        for one in readers:
            await one.aclose()
    listed.clear()
    await asyncio.sleep(0.3)
    assert listed == []
