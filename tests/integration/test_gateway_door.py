"""Who and what the gateway turns away, and how it says so."""

import asyncio
import json

import msgspec
import pytest
from msgspec.structs import replace
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from streaming import jobs, keys, roster
from streaming.bus import Bus, BusDown
from streaming.capacity import Load
from streaming.client.client import Client
from streaming.clock import now_ms
from streaming.errors import ClientFault, Overloaded
from streaming.roster import Present
from streaming.wire.messages import SessionLag, SessionStart
from tests.gateway import POLICY, SECOND, START, Gateway, heard_until_closed

RESUME = '{"type":"session.resume","session_id":"x","resume_token":"y","last_event_id":"0-0"}'
BAD: list[tuple[str, list[str | bytes], str, int]] = [
    ("no JSON", ["{"], "bad_json", 1007),
    ("an unknown type", ['{"type":"hello"}'], "bad_message", 1007),
    ("sound before the start", [SECOND], "order", 1002),
    ("text before the start", ['{"type":"text","text":"hi"}'], "order", 1002),
    ("a second start", [START, START], "order", 1002),
    ("sound after the end", [START, '{"type":"session.end"}', SECOND], "order", 1002),
    ("half a sample", [START, b"123"], "odd_frame", 1003),
    ("a rate that does not exist", [START.replace("16000", "16001")], "bad_rate", 1003),
    ("no channels", [START.replace('"channels": 1', '"channels": 0')], "bad_channels", 1003),
    ("a frame that is too large", [START, bytes(300_000)], "frame_too_large", 1009),
    ("sound beyond the credit", [START, *[bytes(256_000)] * 3], "beyond_credit", 1008),
    (
        "an unknown session",
        ['{"type":"session.resume","session_id":"x","resume_token":"y"}'],
        "unknown_session",
        1008,
    ),
    (
        "an agent without a customer",
        [START.replace("{", '{"mode":"assist",', 1)],
        "bad_message",
        1007,
    ),
    ("a place in no alphabet of ours", [RESUME.replace("0-0", "\u0661-\u0660")], "bad_message", 1007),
    ("JSON that is too deep", ['{"type":' + "[" * 100_000], "bad_json", 1007),
    (
        "a session to watch that is none",
        ['{"type":"session.watch","session_id":""}'],
        "unknown_session",
        1008,
    ),
    (
        "what a session may do, before there is one",
        ['{"type":"suggestion.feedback","suggestion":1,"action":"accepted"}'],
        "order",
        1002,
    ),
    ("an empty opus frame", [START.replace("pcm_s16le", "opus"), b""], "bad_opus", 1003),
    ("no opus", [START.replace("pcm_s16le", "opus"), b"\xff" * 40], "bad_opus", 1003),
]


@pytest.mark.parametrize(("frames", "code", "close"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
async def test_bad_input_is_told_what_was_wrong_and_closed_with_its_code(
    gateway: Gateway, frames: list[str | bytes], code: str, close: int
) -> None:
    async with connect(gateway.url) as bystander, connect(gateway.url) as socket:
        await bystander.send(START)
        for frame in frames:
            await socket.send(frame)
        got, closed = await heard_until_closed(socket)
        assert got[-1]["type"] == "error"
        assert (got[-1]["code"], got[-1]["fatal"], closed) == (code, True, close)
        assert len(got[-1]["message"]) > 10
        await bystander.send(SECOND)
        assert json.loads(await bystander.recv())["type"] == "session.started"
        assert json.loads(await bystander.recv())["samples"] == 16_000


async def test_feedback_about_no_suggestion_is_answered_and_the_session_goes_on(gateway: Gateway) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START)
        await socket.recv()
        await socket.send('{"type":"suggestion.feedback","suggestion":1,"action":"accepted","ref":"r"}')
        told = json.loads(await socket.recv())
        assert (told["code"], told["ref"]) == ("unknown_suggestion", "r")
        assert "fatal" not in told
        await socket.send(SECOND)
        assert json.loads(await socket.recv())["type"] == "audio.ack"


async def test_turns_that_end_by_the_voice_are_refused_where_no_recogniser_can_tell(
    gateway: Gateway, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Bus) -> list[Present]:
        raise BusDown("gone")

    semantic = '"endpointing":{"semantic":true},'
    async with connect(gateway.url) as socket:
        await socket.send(START)
        await socket.recv()
        deaf = Present("asr", "a", [], now_ms())
        await bus.call("HSET", keys.WORKERS, "a", msgspec.json.encode(deaf))
        await socket.send('{"type":"session.update",' + semantic + '"ref":"r"}')
        told = json.loads(await socket.recv())
        assert (told["type"], told["code"], told["ref"]) == ("error", "unsupported", "r")
        assert "fatal" not in told
        with monkeypatch.context() as patch:
            patch.setattr(roster, "present", away)  # nobody can say now, and nobody need wait for it
            await socket.send('{"type":"session.update",' + semantic + '"ref":"s"}')
            await socket.send(SECOND)
            assert json.loads(await socket.recv())["type"] == "audio.ack"
    async with connect(gateway.url) as socket:
        await socket.send(START.replace("{", '{"ref":"t",' + semantic, 1))
        [told], closed = await heard_until_closed(socket)
        assert (told["code"], told["ref"], told["fatal"], closed) == ("unsupported", "t", True, 1008)


async def test_a_client_that_says_nothing_is_told_what_was_expected(gateway: Gateway) -> None:
    async with connect(gateway.url) as socket:
        got, closed = await heard_until_closed(socket)
        assert closed == 1002
        assert "session.start" in got[0]["message"]


async def test_a_key_is_asked_for_where_keys_are_set(redis_url: str, bus: Bus) -> None:
    gateway = await Gateway(redis_url, keys=("shop:sesame",)).up()
    try:
        for key in (None, "wrong"):
            with pytest.raises(ClientFault) as caught:
                async with Client(gateway.url, key=key):
                    pass
            assert (caught.value.code, caught.value.close) == ("unauthorized", 1008)
        async with Client(gateway.url, key="sesame") as client:
            config = await bus.call("HGET", keys.session(client.session_id), "config")
            assert json.loads(config)["tenant"] == "shop"
        async with connect(gateway.url, additional_headers={"Authorization": "Bearer sesame"}) as socket:
            await socket.send(START)
            assert json.loads(await socket.recv())["type"] == "session.started"
    finally:
        await gateway.down()


async def test_a_page_of_another_site_may_not_connect(gateway: Gateway) -> None:
    async with connect(gateway.url, origin="http://evil.example") as socket:  # pyright: ignore[reportArgumentType]
        got, closed = await heard_until_closed(socket)
        assert (got[0]["code"], closed) == ("bad_origin", 1008)
    own = f"http://127.0.0.1:{gateway.port}"
    async with connect(gateway.url, origin=own) as socket:  # pyright: ignore[reportArgumentType]
        await socket.send(START)
        assert json.loads(await socket.recv())["type"] == "session.started"


async def test_a_full_gateway_refuses_with_a_time_to_come_back(redis_url: str, bus: Bus) -> None:
    gateway = await Gateway(redis_url, max_sessions=1).up()
    try:
        async with Client(gateway.url):
            with pytest.raises(Overloaded) as caught:
                async with Client(gateway.url):
                    pass
            assert caught.value.retry_after
        await asyncio.sleep(0.3)
        async with Client(gateway.url) as again:
            assert again.session_id
    finally:
        await gateway.down()


async def test_a_reader_that_is_too_slow_is_closed_and_may_resume(gateway: Gateway, bus: Bus) -> None:
    async with connect(gateway.url, max_queue=1) as socket:
        await socket.send(START)
        sid = json.loads(await socket.recv())["session_id"]
        big = msgspec.json.encode({"type": "x", "filler": "x" * 500_000})
        for _ in range(40):
            await bus.append(keys.events(sid), big, ttl_ms=60_000)
        await asyncio.sleep(POLICY.slow_viewer_s + 3)
        with pytest.raises(ConnectionClosedError):
            while True:
                await socket.recv()


async def test_a_stopping_gateway_lets_its_clients_go_with_1012(gateway: Gateway) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START)
        await socket.recv()
        gateway.task.cancel()
        _, closed = await heard_until_closed(socket)
        assert closed == 1012


async def test_a_voice_is_refused_while_the_recognisers_are_full_and_typing_is_not(
    redis_url: str, bus: Bus
) -> None:
    async def tell(name: str, busy: float) -> None:
        told = Present("asr", name, [], now_ms(), load=Load(busy, 2, 0.3))
        await bus.call("HSET", keys.WORKERS, name, msgspec.json.encode(told))

    gateway = await Gateway(redis_url, retry_after_s=2).up()
    try:
        async with Client(gateway.url):  # no recogniser is there, and it waits for one
            await tell("a", 1.5)
            with pytest.raises(Overloaded) as caught:
                async with Client(gateway.url):
                    pass
            told = (caught.value.code, caught.value.retry_after, caught.value.close)
            assert told == ("overloaded", 2, 1013)
            assert await jobs.posted(bus, "asr") == 1
            async with Client(gateway.url, start=SessionStart(mode="chat")) as typing:
                assert typing.session_id
            await tell("b", 0.0)
            async with Client(gateway.url), Client(gateway.url), Client(gateway.url):
                assert await jobs.posted(bus, "asr") == 4
                with pytest.raises(Overloaded):
                    for _ in range(3):  # the fifth and the sixth have room, which nobody serves yet
                        await Client(gateway.url).__aenter__()
    finally:
        await gateway.down()


async def test_who_speaks_is_told_how_late_it_is_heard_and_when_that_is_over(
    redis_url: str, bus: Bus
) -> None:
    gateway = await Gateway(redis_url, replace(POLICY, lag_s=0.5)).up()
    try:
        async with Client(gateway.url) as client:
            await client.send(SECOND + SECOND)
            messages = aiter(client)
            lags: list[int] = []
            async with asyncio.timeout(10):
                while not lags or lags[-1]:
                    told = (await anext(messages)).event
                    if isinstance(told, SessionLag):
                        lags.append(told.lag_ms)
                        await bus.call("HSET", keys.stage(client.session_id, "asr"), "at", 32_000)
            assert 500 <= lags[0] <= 2_000
            assert lags[1:] == [0]
    finally:
        await gateway.down()
