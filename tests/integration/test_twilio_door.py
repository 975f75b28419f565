"""Twilio's socket: who may come in, and what becomes of sound, keys and marks before it reaches a recogniser."""

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import numpy as np
import pytest
from twilio.request_validator import RequestValidator
from websockets.exceptions import InvalidStatus

from streaming import keys
from streaming.audio import G711
from streaming.bus import Bus
from streaming.facts import Ended, Mark, SessionConfig, Skipped
from streaming.ingress.tickets import Grant, issue
from streaming.wire.twilio.policy import TwilioPolicy
from tests.gateway import Gateway, eventually
from tests.media_stream import CALL, STOP, Sender, dtmf, mark, media, start

TOKEN, PIECE = "12345678901234567890123456789012", bytes(range(160))
PUBLIC = "wss://calls.example/v1/twilio"


@pytest.fixture
async def signed(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    """A gateway behind a proxy, for the shop's and the bank's calls."""
    policy = TwilioPolicy(tokens=(f"shop:{TOKEN}", "bank:other", f"club:{TOKEN}"), url=PUBLIC)
    gateway = await Gateway(redis_url, more={"twilio": policy}, keys=("desk:sesame",)).up()
    yield gateway
    await gateway.down()


@pytest.fixture
async def keyed(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    """A gateway that wants a key, and pauses while `*` to `#` are keyed in."""
    policy = TwilioPolicy(pause_keys="*", unpause_keys="#")
    gateway = await Gateway(redis_url, more={"twilio": policy}, keys=("desk:sesame",)).up()
    yield gateway
    await gateway.down()


async def session(bus: Bus) -> SessionConfig:
    """The one that goes on."""
    live = await eventually(lambda: bus.call("ZRANGE", keys.LIVE, 0, -1), bool)
    body = await bus.call("HGET", keys.session(live[0].decode()), "config")
    return msgspec.json.decode(body, type=SessionConfig)


async def stored(bus: Bus, sid: str) -> tuple[bytes, list[Mark]]:
    """What Redis has of its sound, and the marks in it."""
    entries = await bus.call("XRANGE", keys.audio(sid), "-", "+")
    sound = b"".join(fields[1] for _, fields in entries if fields[0] == b"pcm")
    return sound, [msgspec.json.decode(fields[1], type=Mark) for _, fields in entries if fields[0] == b"e"]


async def ended(bus: Bus, sid: str) -> tuple[bytes, list[Mark]]:
    """The same, once the sound is over."""
    return await eventually(
        lambda: stored(bus, sid), lambda has: any(isinstance(one, Ended) for one in has[1])
    )


async def refused(gateway: Gateway, **headers: str) -> int:
    """The HTTP status with which a connection is refused."""
    with pytest.raises(InvalidStatus) as wrong:
        async with Sender(gateway.url, **headers):
            pass
    assert json.loads(wrong.value.response.body)["error"]["message"]
    return wrong.value.response.status_code


async def test_what_twilios_own_library_signs_is_let_in_as_its_tenant(signed: Gateway, bus: Bus) -> None:
    for settings, algorithm in (("", "HMAC_SHA1"), ("key=webhooks_1,algorithm=HMAC_SHA256", "HMAC_SHA256")):
        made = RequestValidator(TOKEN).compute_signature(PUBLIC, {}, algorithm)
        headers = {"X_Twilio_Signature": made, "X_Twilio_Webhooks_Signature_Settings": settings}
        async with Sender(signed.url, **headers) as sender:
            await sender.say(start(tenant="club" if settings else ""), media(PIECE), STOP)
            config = await session(bus)
            assert config.tenant == ("club" if settings else "shop")
            assert config.metadata["callSid"] == CALL
        await bus.call("FLUSHALL")


async def test_without_the_signature_nobody_is_let_in_but_who_has_a_key(signed: Gateway) -> None:
    made = RequestValidator(TOKEN).compute_signature(PUBLIC, {})
    assert await refused(signed) == 401
    assert await refused(signed, X_Twilio_Signature=made[:-2] + "x=") == 401
    assert (
        await refused(signed, X_Twilio_Signature=RequestValidator("guess").compute_signature(PUBLIC, {}))
        == 401
    )
    assert await refused(signed, Authorization="Bearer guess") == 401
    async with Sender(signed.url, Authorization="Bearer sesame") as sender:
        await sender.say(start(), mark("there"))
        assert json.loads(await sender.socket.recv())["event"] == "mark"
    async with Sender(signed.url, X_Twilio_Signature=made) as sender:
        await sender.say(start(tenant="bank"))
        assert await sender.close_code() == 1008


async def test_a_url_that_no_proxy_changes_needs_no_setting(redis_url: str, bus: Bus) -> None:
    policy = TwilioPolicy(tokens=(f"shop:{TOKEN}",))
    gateway = await Gateway(redis_url, more={"twilio": policy}).up()
    try:
        url = f"wss://127.0.0.1:{gateway.port}/v1/twilio"
        made = RequestValidator(TOKEN).compute_signature(url, {})
        async with Sender(gateway.url, X_Twilio_Signature=made) as sender:
            await sender.say(start(), STOP)
            assert (await session(bus)).tenant == "shop"
        assert (
            await refused(gateway, Authorization="Bearer guess") == 401
        )  # there is no key that this could be
    finally:
        await gateway.down()


async def test_a_key_or_a_ticket_may_be_a_custom_parameter_and_is_kept_nowhere(
    keyed: Gateway, bus: Bus
) -> None:
    for proof in ({"key": "sesame"}, {"ticket": await issue(bus, Grant("desk"), 10)}):
        async with Sender(keyed.url) as sender:
            await sender.say(start(desk="7", record="no", translate="Yes", **proof), media(PIECE), STOP)
            config = await session(bus)
            assert (config.tenant, config.metadata["desk"]) == ("desk", "7")
            assert (config.record, config.translate) == (False, True)
            assert not {"key", "ticket"} & set(config.metadata)
            assert "sesame" not in str(config)
        await bus.call("ZREM", keys.LIVE, config.session_id)
    elsewhere = await issue(bus, Grant("desk", origin="https://desk.example"), 10)
    maybe = {"key": "sesame", "record": "maybe"}
    for wrong in ({}, {"key": "guess"}, {"ticket": "guess"}, {"ticket": elsewhere}, maybe):
        async with Sender(keyed.url) as sender:
            await sender.say(start(**wrong))
            assert await sender.close_code() == 1008
    assert not await bus.call("ZCARD", keys.LIVE)


async def test_every_sample_is_counted_what_was_lost_as_lost(keyed: Gateway, bus: Bus) -> None:
    async with Sender(keyed.url) as sender:
        await sender.say(start(key="sesame"))
        config = await session(bus)
        for number in [*range(50), *range(100, 150)]:
            for track in ("inbound", "outbound"):
                await sender.say(media(PIECE, track, number + 1, number * 20))
        await sender.say(STOP)
        sound, marks = await ended(bus, config.session_id)
    assert config.audio is not None
    assert config.audio.channels == 2
    gaps = [one for one in marks if isinstance(one, Skipped)]
    assert sum(one.samples for one in gaps) == 16_000
    assert {one.reason for one in gaps} == {"lost"}
    assert marks[-1] == Ended(3 * 16_000, "client")
    assert len(sound) == 2 * 2 * 2 * 16_000


async def test_while_a_number_is_keyed_in_nothing_is_kept(keyed: Gateway, bus: Bus) -> None:
    async with Sender(keyed.url) as sender:
        await sender.say(start(("inbound",), key="sesame"))
        config = await session(bus)
        spoken, hidden = b"\x20" * 160, b"\xa5" * 160
        for number in range(50):
            await sender.say(media(spoken, "inbound", number + 1, number * 20))
        await sender.say(dtmf("*"))
        for number, digit in enumerate("4917484589897107", start=50):
            await sender.say(media(hidden, "inbound", number + 1, number * 20), dtmf(digit))
        await sender.say(dtmf("#"), media(spoken, "inbound", 67, 66 * 20), STOP)
        sound, marks = await ended(bus, config.session_id)
    assert [one for one in marks if isinstance(one, Skipped)] == [Skipped(16 * 320, "paused")]
    assert len(sound) == 2 * 51 * 320
    loudest = np.frombuffer(sound, "<i2").max()  # what was said is negative, what was hidden is not
    assert loudest < G711["mulaw"][hidden[0]] / 4
    heard = await bus.call("XRANGE", keys.heard(config.session_id), "-", "+")
    told = [json.loads(fields[1]) for _, fields in heard]
    assert [one["key"] for one in told if one["type"] == "dtmf"] == ["*"]


async def test_a_call_that_breaks_off_has_said_all_that_it_sent(keyed: Gateway, bus: Bus) -> None:
    async with Sender(keyed.url) as sender:
        await sender.say(start(("inbound",), key="sesame"), media(PIECE), media(PIECE, chunk=2, at_ms=20))
        config = await session(bus)
    assert (await ended(bus, config.session_id))[1][-1] == Ended(640, "lost")


async def test_what_is_no_media_stream_is_closed_with_its_code(keyed: Gateway) -> None:
    wrong: list[tuple[Any, int]] = [
        (b"\x00\x01", 1003),
        ("{", 1007),
        (json.dumps(media(PIECE)), 1002),
        (json.dumps({"event": "start", "start": {"x": "y" * 300_000}}), 1009),
    ]
    for frame, code in wrong:
        async with Sender(keyed.url) as sender:
            await sender.socket.send(frame)
            assert await sender.close_code() == code
    async with Sender(keyed.url) as sender:  # says nothing more
        assert await sender.close_code() == 1002


async def test_a_call_that_says_nothing_for_long_is_ended(keyed: Gateway, bus: Bus) -> None:
    async with Sender(keyed.url) as sender:
        await sender.say(start(("inbound",), key="sesame"), media(PIECE))
        config = await session(bus)
        _, marks = await ended(bus, config.session_id)
        assert marks[-1] == Ended(320, "idle")
