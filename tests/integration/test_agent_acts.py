"""An agent at a desk acts in a session that another connection speaks in: feedback, pauses, notes; the log says who."""

import asyncio
import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from streaming import keys
from streaming.answers import SuggestionStarted
from streaming.bus import Bus
from streaming.facts import Feedback, Finalize, Mark, SessionConfig, Updated
from tests.gateway import POLICY, SECOND, Gateway, eventually, heard_until_closed
from tests.viewers import begun, kinds, tell, watch

PATIENT = msgspec.structs.replace(POLICY, idle_timeout_s=30, resume_window_s=30)
ASSIST = json.dumps(
    {
        "type": "session.start",
        "mode": "assist",
        "audio": {"encoding": "pcm_s16le", "sample_rate": 16000, "channels": 2},
    }
)
READERS = ("shop/anna:lens", "bank/bob:other's")


@pytest.fixture
async def keyed(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    """A gateway that wants keys."""
    gateway = await Gateway(redis_url, PATIENT, keys=("shop:sesame",), readers=READERS).up()
    yield gateway
    await gateway.down()


@pytest.fixture
async def call(keyed: Gateway) -> AsyncIterator[tuple[ClientConnection, dict[str, Any]]]:
    """Somebody's call, and what its client was told first."""
    owner, started = await begun(keyed, ASSIST, key="sesame")
    yield owner, started
    await owner.close()


def _asked(url: str, bearer: str, body: Any) -> tuple[int, Any]:
    made = urllib.request.Request(url, json.dumps(body).encode() if body is not None else b"", method="POST")
    if bearer:
        made.add_header("Authorization", f"Bearer {bearer}")
    try:
        with urllib.request.urlopen(made, timeout=10) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["error"]["code"]


async def post(gateway: Gateway, path: str, bearer: str, body: Any = None) -> tuple[int, Any]:
    """Status, and the answer's JSON or the error's code."""
    url = gateway.url.replace("ws", "http").removesuffix("/v1/stream") + f"/v1/sessions/{path}"
    return await asyncio.to_thread(_asked, url, bearer, body)


async def ticket(gateway: Gateway, sid: str, **asked: Any) -> str:
    status, made = await post(gateway, f"{sid}/ticket", "lens", asked)
    assert status == 200, made
    return made["ticket"]


def offered(shown: str) -> list[Subprotocol]:
    return [Subprotocol(f"vivavoce-ticket.{shown}"), Subprotocol("vivavoce.v1")]


async def heard(bus: Bus, sid: str) -> list[dict[str, Any]]:
    return [json.loads(entry.body) for entry in await bus.read(keys.heard(sid))]


async def test_feedback_of_an_agent_with_a_ticket_goes_to_the_moderator_with_the_agents_name(
    keyed: Gateway, call: tuple[ClientConnection, dict[str, Any]], bus: Bus
) -> None:
    sid = call[1]["session_id"]
    await tell(bus, sid, SuggestionStarted(1, 1, "answer", "m@0"))
    desk = await ticket(keyed, sid, may="assist", name="agent-7")
    given = {"suggestion": 1, "action": "edited", "text": "Ten days."}
    assert await post(keyed, f"{sid}/feedback", desk, given) == (202, None)
    [entry] = await bus.read(keys.heard(sid))
    assert msgspec.json.decode(entry.body, type=Feedback) == Feedback(1, "edited", "Ten days.", "agent-7")
    never = await post(keyed, f"{sid}/feedback", desk, given | {"suggestion": 9})
    assert never == (404, "unknown_suggestion")


@pytest.mark.parametrize(
    "who", ["nobody", "speaker", "other reader", "reads only", "other session", "watch token"]
)
async def test_who_may_not_act_changes_nothing(
    keyed: Gateway, call: tuple[ClientConnection, dict[str, Any]], bus: Bus, who: str
) -> None:
    sid, status = call[1]["session_id"], 401
    await tell(bus, sid, SuggestionStarted(1, 1, "answer", "m@0"))
    match who:
        case "speaker":
            shown = "sesame"
        case "other reader":
            shown, status = "other's", 404
        case "reads only":
            shown = await ticket(keyed, sid, may="read")
        case "other session":
            other, started = await begun(keyed, ASSIST, key="sesame")
            shown = await ticket(keyed, started["session_id"], may="assist")
            await other.close()
        case "watch token":
            shown = call[1]["watch_token"]
        case _:
            shown = ""
    given = {"suggestion": 1, "action": "accepted"}
    assert (await post(keyed, f"{sid}/feedback", shown, given))[0] == status
    assert (await post(keyed, f"{sid}/pause", shown))[0] == status
    assert await bus.read(keys.heard(sid)) == []
    assert await bus.call("HGET", keys.session(sid), "wish") is None


async def test_an_agents_pause_stops_the_callers_sound_at_the_edge_until_the_agent_has_it_go_on(
    keyed: Gateway, call: tuple[ClientConnection, dict[str, Any]], bus: Bus
) -> None:
    owner, started = call
    sid = started["session_id"]
    await owner.send(SECOND)
    assert await post(keyed, f"{sid}/pause", "lens") == (200, {"paused": True})
    await owner.send(b"\x11\x7f" * 32_000)  # a second that is to be found nowhere
    assert await post(keyed, f"{sid}/pause", "lens") == (200, {"paused": True})
    assert await post(keyed, f"{sid}/unpause", "lens") == (200, {"paused": False})
    await owner.send(SECOND)
    entries = await eventually(
        lambda: bus.read(keys.audio(sid)), lambda found: sum(len(one.pcm) for one in found) >= 64_000
    )
    assert b"".join(entry.pcm for entry in entries) == SECOND + SECOND
    marks = [msgspec.json.decode(entry.body, type=Mark) for entry in entries if entry.body]
    assert [type(mark) for mark in marks if isinstance(mark, Finalize | Updated)] == [
        Finalize,
        Updated,
        Updated,
    ]
    told = [one for one in await heard(bus, sid) if one["type"] in ("session.paused", "session.unpaused")]
    assert [(one["type"], one["by"], one["at_ms"]) for one in told] == [
        ("session.paused", "anna", 500),
        ("session.unpaused", "anna", 1_500),
    ]


async def test_a_pause_that_nobody_can_do_is_refused_and_never_done_later(
    keyed: Gateway, call: tuple[ClientConnection, dict[str, Any]], bus: Bus
) -> None:
    owner, started = call
    sid = started["session_id"]
    await owner.close()
    assert await post(keyed, f"{sid}/pause", "lens") == (503, "not_paused")
    assert await bus.call("HGET", keys.session(sid), "wish") is None
    config = msgspec.json.decode(await bus.call("HGET", keys.session(sid), "config"), type=SessionConfig)
    assert not config.paused


async def test_a_ticket_lets_a_page_watch_that_session_alone_and_the_agent_is_named(
    keyed: Gateway, call: tuple[ClientConnection, dict[str, Any]]
) -> None:
    owner, started = call
    sid = started["session_id"]
    shown = await ticket(keyed, sid, may="read", name="agent-7")
    names = offered(shown)
    async with connect(keyed.url, subprotocols=names) as viewer:
        await viewer.send(json.dumps({"type": "session.watch", "session_id": sid}))
        assert kinds([json.loads(await viewer.recv()), json.loads(await viewer.recv())]) == [
            "session.watching",
            "session.started",
        ]
        assert json.loads(await owner.recv())["who"] == "agent-7"
    for wrong in (shown[:-1] + ("0" if shown[-1] != "0" else "1"), await ticket(keyed, sid)):
        async with connect(keyed.url, subprotocols=offered(wrong)) as viewer:
            await viewer.send(json.dumps({"type": "session.watch", "session_id": sid}))
            got, closed = await heard_until_closed(viewer)
            assert (got[0]["code"], closed) == ("unauthorized", 1008)


async def test_the_sessions_own_client_may_act_with_its_resume_token(
    keyed: Gateway, call: tuple[ClientConnection, dict[str, Any]], bus: Bus
) -> None:
    _, started = call
    sid, token = started["session_id"], started["resume_token"]
    await tell(bus, sid, SuggestionStarted(1, 1, "answer", "m@0"))
    given = {"suggestion": 1, "action": "accepted"}
    assert await post(keyed, f"{sid}/feedback", token, given) == (202, None)
    [entry] = await bus.read(keys.heard(sid))
    assert msgspec.json.decode(entry.body, type=Feedback).by == ""
    assert hashlib.sha256(token.encode()).hexdigest().encode() == await bus.call(
        "HGET", keys.session(sid), "resume"
    )
    assert (await post(keyed, f"{sid}/ticket", token, {"may": "assist"}))[0] == 401


async def test_pages_of_named_sites_may_use_the_api_and_no_others(redis_url: str, bus: Bus) -> None:
    gateway = await Gateway(
        redis_url, PATIENT, readers=READERS, keys=("shop:x",), origins=("https://desk.example",)
    ).up()
    try:
        for origin, allowed in (
            ("https://desk.example", "https://desk.example"),
            ("https://bad.example", None),
        ):
            url = gateway.url.replace("ws", "http").replace("/stream", "/sessions/1/feedback")
            asked = urllib.request.Request(url, method="OPTIONS")
            asked.add_header("Origin", origin)
            asked.add_header("Access-Control-Request-Method", "POST")
            asked.add_header("Access-Control-Request-Headers", "authorization")
            assert await asyncio.to_thread(_allowed, asked) == allowed
    finally:
        await gateway.down()


def _allowed(asked: urllib.request.Request) -> str | None:
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.headers["access-control-allow-origin"]
    except urllib.error.HTTPError as error:
        with error:
            return error.headers["access-control-allow-origin"]


async def test_watching_without_a_key_or_a_ticket_is_refused(
    keyed: Gateway, call: tuple[ClientConnection, dict[str, Any]]
) -> None:
    viewer = await watch(keyed.url, {"session_id": call[1]["session_id"]})
    got, closed = await heard_until_closed(viewer)
    assert (got[0]["code"], closed) == ("unauthorized", 1008)
