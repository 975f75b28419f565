"""Who watches a session sees its log from any place in it, and whoever speaks sees who watches."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect

from streaming import keys
from streaming.bus import Bus
from streaming.events import SpeechStarted
from streaming.facts import Ended
from streaming.ingress import audience
from streaming.ingress.live import live_sessions
from tests.gateway import START, Gateway, eventually, heard_until_closed
from tests.viewers import CHAT, ENDED, begun, kinds, seen, tell, watch


async def test_a_viewer_sees_the_log_from_any_place_to_its_end_and_the_speaker_sees_who_watches(
    gateway: Gateway, bus: Bus
) -> None:
    owner, started = await begun(gateway)
    sid = started["session_id"]
    first, second = await tell(bus, sid, SpeechStarted(0, 1), SpeechStarted(0, 2))
    whole = await watch(gateway.url, seen(started))
    late = await watch(
        gateway.url, {"session_id": sid, "after": first}
    )  # a reader: this machine's own, without keys
    told = [json.loads(await owner.recv()) for _ in range(4)]
    assert {message["who"] for message in told[2:]} == {"token", "local"}
    await tell(bus, sid, SpeechStarted(0, 3), ENDED)
    got, closed = await heard_until_closed(whole)
    assert (kinds(got)[:2], kinds(got)[-1], closed) == (
        ["session.watching", "session.started"],
        "session.ended",
        1000,
    )
    assert [message["at_ms"] for message in got if "at_ms" in message] == [1, 2, 3]
    assert not {"resume_token", "watch_token"} & got[1].keys()
    got, closed = await heard_until_closed(late)
    assert [message["at_ms"] for message in got if "at_ms" in message] == [2, 3]
    assert got[1]["id"] == second
    again = await watch(gateway.url, seen(started, after=second))
    got, closed = await heard_until_closed(
        again
    )  # the session has ended: what is there is shown, and nothing added
    assert [message["at_ms"] for message in got if "at_ms" in message] == [3]
    assert [entry for entry in await bus.read(keys.events(sid)) if b"viewer" in entry.body][2:] == []
    assert (await bus.read(keys.events(sid)))[-1].body == msgspec.json.encode(ENDED)
    await owner.close()


async def test_a_log_that_has_ended_can_be_watched_and_nothing_is_added_to_it(
    gateway: Gateway, bus: Bus
) -> None:
    owner, started = await begun(gateway)
    await tell(bus, started["session_id"], ENDED)
    viewer = await watch(gateway.url, seen(started))
    got, closed = await heard_until_closed(viewer)
    assert (kinds(got), closed) == (["session.watching", "session.started", "session.ended"], 1000)
    assert len(await bus.read(keys.events(started["session_id"]))) == 2
    await owner.close()


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ({"token": "guess"}, ""),
        ({"token": ""}, ""),
        ({}, "other's"),
        ({"session_id": "none"}, "lens"),
    ],
)
async def test_who_may_not_watch_is_told_so_and_sees_nothing(
    redis_url: str, bus: Bus, message: dict[str, Any], key: str
) -> None:
    readers = ("shop/anna:lens", "bank/bob:other's")
    gateway = await Gateway(redis_url, keys=("shop:sesame",), readers=readers).up()
    try:
        owner, started = await begun(gateway, key="sesame")
        viewer = await watch(gateway.url, {"session_id": started["session_id"], **message}, key=key)
        got, closed = await heard_until_closed(viewer)
        assert (kinds(got), got[0]["code"], closed) == (["error"], "unknown_session", 1008)
        await owner.close()
    finally:
        await gateway.down()


async def test_a_readers_key_or_the_token_alone_lets_a_viewer_in_and_no_key_lets_nobody_speak(
    redis_url: str, bus: Bus
) -> None:
    gateway = await Gateway(redis_url, keys=("shop:sesame",), readers=("shop/anna:lens",)).up()
    try:
        owner, started = await begun(gateway, key="sesame")
        sid = started["session_id"]
        reader = await watch(gateway.url, {"session_id": sid}, key="lens")
        assert kinds([json.loads(await reader.recv())]) == ["session.watching"]
        assert json.loads(await owner.recv())["who"] == "anna"
        token = await watch(gateway.url, seen(started))
        assert kinds([json.loads(await token.recv())]) == ["session.watching"]
        for key, message in (
            ("", CHAT),
            ("lens", CHAT),
            ("wrong", ""),
            ("sesame", json.dumps({"type": "session.watch", "session_id": sid})),
        ):
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            async with connect(gateway.url, additional_headers=headers) as stranger:
                if message:
                    await stranger.send(message)
                got, closed = await heard_until_closed(stranger)
                assert (got[0]["code"], closed) == ("unauthorized", 1008)
        for socket in (reader, token, owner):
            await socket.close()
    finally:
        await gateway.down()


@pytest.mark.parametrize("frame", ['{"type":"text","text":"hi"}', '{"type":"session.end"}', bytes(320)])
async def test_whatever_a_viewer_sends_is_an_error_and_harms_nobody(
    gateway: Gateway, bus: Bus, frame: str | bytes
) -> None:
    owner, started = await begun(gateway, START)
    viewer, other = [await watch(gateway.url, seen(started)) for _ in range(2)]
    await viewer.send(frame)
    got, closed = await heard_until_closed(viewer)
    assert (got[-1]["code"], closed) == ("order", 1002)
    await tell(bus, started["session_id"], ENDED)
    for socket in (owner, other):
        got, closed = await heard_until_closed(socket)
        logged = [message for message in got if "id" in message]  # an ack may come behind it
        assert (kinds(logged)[-1], closed) == ("session.ended", 1000)
    sound = await bus.read(keys.audio(started["session_id"]))
    assert [entry.body for entry in sound] in ([], [msgspec.json.encode(Ended(0, "failed"))]), (
        "the gateway's own"
    )
    assert not any(entry.pcm for entry in sound)


async def test_viewers_have_a_bound_of_their_own_and_are_no_sessions(redis_url: str, bus: Bus) -> None:
    gateway = await Gateway(redis_url, max_sessions=2, max_viewers=1).up()
    try:
        owner, started = await begun(gateway)
        viewer = await watch(gateway.url, seen(started))
        await viewer.recv()
        second = await watch(gateway.url, seen(started))
        got, closed = await heard_until_closed(second)
        assert (got[0]["code"], closed) == ("overloaded", 1013)
        assert got[0]["retry_after"] > 0
        another, _ = await begun(gateway)
        for socket in (owner, viewer, another):
            await socket.close()
    finally:
        await gateway.down()


async def test_who_watches_is_told_once_and_that_they_left_is_told_when_the_last_window_is_closed(
    redis_url: str, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "TELL_S", 0.2)
    gateway = await Gateway(redis_url).up()
    owner, started = await begun(gateway)
    events = keys.events(started["session_id"])
    windows = [await watch(gateway.url, seen(started)) for _ in range(2)]
    for window in windows:
        await window.recv()
        assert (await live_sessions(bus, "default"))[0].viewers
    await windows[0].close()
    await asyncio.sleep(0.8)
    told = [entry.body for entry in await bus.read(events)][1:]
    assert [json.loads(body)["type"] for body in told] == ["viewer.joined"]
    await windows[1].close()
    entries = await eventually(lambda: bus.read(events), lambda found: len(found) == 3, 15)
    assert json.loads(entries[-1].body)["type"] == "viewer.left"
    assert await bus.call("HLEN", keys.viewers(started["session_id"])) == 0
    await owner.close()
    await gateway.down()
