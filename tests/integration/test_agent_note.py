"""A supervisor's word to the agent: the desk sees it, whoever may be the caller does not."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect

from streaming.bus import Bus
from streaming.events import SessionEnded
from streaming.facts import Heard
from streaming.presence import AgentNote, Dtmf
from tests.gateway import Gateway
from tests.integration.test_agent_acts import ASSIST, call, heard, keyed, offered, post, ticket
from tests.scribing import scribe
from tests.viewers import CHAT, begun, seen, tell, watch

__all__ = ["call", "keyed"]


async def test_a_note_of_a_reader_goes_to_the_moderator_with_the_readers_name_and_of_nobody_else(
    keyed: Gateway, call: tuple[ClientConnection, dict[str, Any]], bus: Bus
) -> None:
    sid = call[1]["session_id"]
    assert await post(keyed, f"{sid}/note", "lens", {"text": " Offer ten days. "}) == (202, None)
    assert await heard(bus, sid) == [
        {"type": "agent.note", "text": "Offer ten days.", "by": "anna", "time": ""}
    ]
    desk = await ticket(keyed, sid, may="assist", name="agent-7")
    for shown in ("", "sesame", desk, call[1]["resume_token"], call[1]["watch_token"]):
        assert (await post(keyed, f"{sid}/note", shown, {"text": "x"}))[0] == 401
    assert await post(keyed, f"{sid}/note", "other's", {"text": "x"}) == (404, "unknown_session")
    assert await post(keyed, f"{sid}/note", "lens", {"text": " "}) == (400, "bad_request")
    await tell(bus, sid, SessionEnded("client", []))
    assert await post(keyed, f"{sid}/note", "lens", {"text": "x"}) == (404, "unknown_session")
    assert len(await heard(bus, sid)) == 1


async def told(socket: ClientConnection) -> list[str]:
    """Types of what is told up to the mark that stands behind the note."""
    out: list[str] = []
    async with asyncio.timeout(10):
        while "dtmf" not in out:
            out.append(json.loads(await socket.recv())["type"])
    return [one for one in out if one == "agent.note"]


@pytest.mark.parametrize("late", [False, True], ids=["as it comes", "read again later"])
@pytest.mark.parametrize("start", [CHAT, ASSIST], ids=["chat", "assist"])
async def test_readers_see_a_note_and_the_sessions_client_does_only_at_the_agents_side(
    keyed: Gateway, bus: Bus, start: str, late: bool
) -> None:
    owner, started = await begun(keyed, start, key="sesame")
    sid = started["session_id"]
    said = (AgentNote("Offer ten days.", "anna"), Dtmf(0, "1", 5))
    if late:
        await tell(bus, sid, *said)
    reader = await watch(keyed.url, {"session_id": sid}, key="lens")
    desk = await connect(keyed.url, subprotocols=offered(await ticket(keyed, sid, may="read")))
    await desk.send(json.dumps({"type": "session.watch", "session_id": sid}))
    token = await watch(keyed.url, seen(started))
    if not late:
        await asyncio.gather(*(one.recv() for one in (reader, desk, token)))
        await tell(bus, sid, *said)
    its = ["agent.note"] if start == ASSIST else []
    assert [await told(one) for one in (reader, desk, token, owner)] == [
        ["agent.note"],
        ["agent.note"],
        [],
        its,
    ]
    for one in (reader, desk, token, owner):
        await one.close()


def test_a_note_is_moderated_as_all_text_is() -> None:
    its = scribe()
    facts: list[tuple[str, Heard]] = [("1-0", AgentNote("Her card is 4111 1111 1111 1111.", "anna"))]
    [event] = its.take(facts, [], 0)
    assert isinstance(event, AgentNote)
    assert "4111" not in event.text
    assert event.text.startswith("Her card is ")
    assert msgspec.json.decode(msgspec.json.encode(event), type=Heard) == event
