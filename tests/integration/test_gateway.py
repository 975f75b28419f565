"""The gateway on a real Redis and real sockets, without the stages behind it: order, credit, faults, resuming."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError

from streaming import keys
from streaming.app import run_role
from streaming.bus import Bus
from streaming.client import Client, ClientPolicy
from streaming.config import Settings
from streaming.errors import ClientFault, Overloaded, ServiceFault
from streaming.events import AudioFormat, SessionEnded, SpeechStarted
from streaming.facts import Ended, Mark, Skipped, SoundEnded, Typed
from streaming.ingress.door import ServerPolicy
from streaming.session import SessionPolicy
from streaming.wire import messages as said
from tests.proxy import Proxy
from tests.stack import free_port

START = json.dumps(
    {"type": "session.start", "audio": {"encoding": "pcm_s16le", "sample_rate": 16000, "channels": 1}}
)
SECOND = bytes(32_000)
POLICY = SessionPolicy(resume_window_s=1, idle_timeout_s=2, first_message_s=1, ack_s=0.1, slow_viewer_s=2)


class Gateway:
    def __init__(self, redis_url: str, **server: Any) -> None:
        self.port = free_port()
        self.proxy = Proxy(self.port)
        self.url = f"ws://127.0.0.1:{self.port}/v1/stream"
        settings = Settings(server=ServerPolicy(port=self.port, **server), session=POLICY)
        self.task = asyncio.create_task(run_role("gateway", settings, redis_url))

    async def up(self) -> "Gateway":
        for _ in range(100):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return self
            except OSError:
                await asyncio.sleep(0.05)
        raise RuntimeError("the gateway does not come up")

    async def down(self) -> None:
        self.proxy.close()
        if not self.task.cancelling():
            self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@pytest.fixture
async def gateway(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    gateway = await Gateway(redis_url).up()
    yield gateway
    await gateway.down()


async def heard_until_closed(socket: ClientConnection) -> tuple[list[dict[str, Any]], int]:
    """What came, and the close code."""
    got: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(5):
            while True:
                got.append(json.loads(await socket.recv()))
    except ConnectionClosed:
        return got, socket.close_code or 0


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
        "what is not there yet",
        [START.replace("{", '{"record":true,', 1)],
        "unsupported",
        1008,
    ),
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


async def test_what_is_not_there_yet_is_said_and_the_session_goes_on(gateway: Gateway) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START)
        await socket.recv()
        await socket.send('{"type":"session.pause","ref":"r"}')
        told = json.loads(await socket.recv())
        assert told["code"] == "unsupported"
        assert "fatal" not in told
        await socket.send(SECOND)
        assert json.loads(await socket.recv())["type"] == "audio.ack"


async def test_a_client_that_says_nothing_is_told_what_was_expected(gateway: Gateway) -> None:
    async with connect(gateway.url) as socket:
        got, closed = await heard_until_closed(socket)
        assert closed == 1002
        assert "session.start" in got[0]["message"]


async def test_sound_stands_in_the_stream_by_its_end_whatever_its_rate(gateway: Gateway, bus: Bus) -> None:
    start = said.SessionStart(audio=AudioFormat("mulaw", 8_000, 2))
    async with Client(gateway.url, start=start) as client:
        for _ in range(50):
            await client.send(bytes(320))
        client.skip(4_000)
        client.feed(bytes(321 * 2))
        client.end()
        entries = await stored(bus, client.session_id, marks=2)
    assert sum(len(entry.pcm) for entry in entries) == (50 * 320 + 642) * 4
    ends = [int(entry.id.split("-")[0]) for entry in entries]
    assert ends == sorted(ends)
    facts = [msgspec.json.decode(entry.body, type=Mark) for entry in entries if entry.body]
    assert facts == [Skipped(8_000), Ended(50 * 320 + 8_000 + 642)]
    assert ends[-1] == 50 * 320 + 8_000 + 642


async def stored(bus: Bus, sid: str, marks: int) -> list[Any]:
    """The sound of a session once it has so many marks."""
    for _ in range(100):
        entries = await bus.read(keys.audio(sid))
        if sum(bool(entry.body) for entry in entries) >= marks:
            return entries
        await asyncio.sleep(0.05)
    raise AssertionError(f"{marks} marks did not come")


async def test_typed_text_goes_to_the_moderator_and_into_nothing_else(gateway: Gateway, bus: Bus) -> None:
    async with Client(gateway.url, start=said.SessionStart(mode="chat")) as client:
        client.text("hello there")
        client.end()
        for _ in range(100):
            heard = await bus.read(keys.heard(client.session_id))
            if len(heard) == 2:
                break
            await asyncio.sleep(0.05)
        assert [entry.body for entry in heard] == [
            msgspec.json.encode(Typed("hello there")),
            msgspec.json.encode(SoundEnded([])),
        ]
        assert len(await bus.read(keys.events(client.session_id))) == 1


async def test_a_client_cut_off_again_and_again_loses_no_sample_and_no_event(
    gateway: Gateway, bus: Bus
) -> None:
    url = f"ws://127.0.0.1:{gateway.proxy.port}"
    sound = b"".join(n.to_bytes(2, "little", signed=True) for n in range(-32_000, 32_000))
    got: list[int] = []

    async def read(client: Client) -> None:
        got.extend([m.event.at_ms async for m in client if isinstance(m.event, SpeechStarted)])

    async with Client(url) as client:
        reading = asyncio.create_task(read(client))
        for n in range(40):
            await client.send(sound[n * 3_200 : (n + 1) * 3_200])
            await bus.append(
                keys.events(client.session_id), msgspec.json.encode(SpeechStarted(0, n)), ttl_ms=60_000
            )
            if n % 8 == 5:
                await asyncio.sleep(0.1)
                assert gateway.proxy.cut() >= 1
            await asyncio.sleep(0.02)
        client.end()
        entries = await stored(bus, client.session_id, marks=1)
        ended = msgspec.json.encode(SessionEnded("client", []))
        await bus.append(keys.events(client.session_id), ended, ttl_ms=60_000)
        await asyncio.wait_for(reading, 5)
    assert client.resumes >= 4
    assert b"".join(entry.pcm for entry in entries) == sound
    assert got == list(range(40))


async def test_a_second_connection_takes_the_session_over_and_the_first_is_told(gateway: Gateway) -> None:
    async with connect(gateway.url) as first, connect(gateway.url) as second:
        await first.send(START)
        started = json.loads(await first.recv())
        await first.send(SECOND)
        await first.recv()
        resume = {key: started[key] for key in ("session_id", "resume_token")}
        await second.send(json.dumps({"type": "session.resume", **resume}))
        assert json.loads(await second.recv())["have_samples"] == 16_000
        await first.send(SECOND)
        got, closed = await heard_until_closed(first)
        assert (got[-1]["code"], closed) == ("replaced", 4409)
        replayed = json.loads(await second.recv())
        assert replayed["type"] == "session.started"
        assert "resume_token" not in replayed


async def test_a_message_sent_again_after_a_resume_is_taken_once(gateway: Gateway, bus: Bus) -> None:
    async with connect(gateway.url) as first, connect(gateway.url) as second:
        await first.send('{"type":"session.start","mode":"chat"}')
        started = json.loads(await first.recv())
        await first.send('{"type":"text","text":"once","ref":"a"}')
        await asyncio.sleep(0.2)
        resume = {key: started[key] for key in ("session_id", "resume_token")}
        await second.send(json.dumps({"type": "session.resume", **resume}))
        await second.send('{"type":"text","text":"once","ref":"a"}')
        await second.send('{"type":"text","text":"twice","ref":"b"}')
        await asyncio.sleep(0.3)
        heard = await bus.read(keys.heard(started["session_id"]))
        assert [msgspec.json.decode(entry.body, type=Typed).text for entry in heard] == ["once", "twice"]


async def test_a_session_whose_client_does_not_come_back_is_ended_as_lost(gateway: Gateway, bus: Bus) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START)
        sid = json.loads(await socket.recv())["session_id"]
        await socket.send(SECOND)
        await socket.recv()
    for _ in range(100):
        last = (await bus.read(keys.audio(sid)))[-1]
        if last.body:
            break
        await asyncio.sleep(0.1)
    assert msgspec.json.decode(last.body, type=Mark) == Ended(16_000, "lost")
    assert await bus.call("ZCARD", keys.LIVE) == 0


async def test_a_session_in_which_nothing_happens_is_ended_as_idle(gateway: Gateway, bus: Bus) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START)
        sid = json.loads(await socket.recv())["session_id"]
        entries = await stored(bus, sid, marks=1)
        assert msgspec.json.decode(entries[-1].body, type=Mark) == Ended(0, "idle")


async def test_every_key_of_a_session_has_an_end(gateway: Gateway, bus: Bus) -> None:
    async with Client(gateway.url, start=said.SessionStart(mode="chat", audio=AudioFormat())) as client:
        await client.send(SECOND)
        client.text("hi")
        await asyncio.sleep(0.3)
        names = await bus.call("KEYS", f"{{{client.session_id}}}:*")
        assert len(names) >= 5
        for name in names:
            assert 0 < await bus.call("PTTL", name) <= keys.KEPT_MS, name


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


async def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(ServiceFault, match="vivavoce serve"):
        async with Client(f"http://127.0.0.1:{free_port()}"):
            pass


async def test_a_stopping_gateway_lets_its_clients_go_with_1012(gateway: Gateway) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START)
        await socket.recv()
        gateway.task.cancel()
        _, closed = await heard_until_closed(socket)
        assert closed == 1012


async def test_a_server_that_stays_away_is_given_up_in_so_many_words(gateway: Gateway) -> None:
    policy = ClientPolicy(give_up_s=0.5)
    async with Client(f"http://127.0.0.1:{gateway.proxy.port}", policy=policy) as client:
        gateway.proxy.refusing = True
        gateway.proxy.cut()
        with pytest.raises(ServiceFault, match="has not answered"):
            async for _ in client:
                pass
